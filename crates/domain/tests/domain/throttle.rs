//! Limits of guesses, as log-ins meet them.

use chrono::TimeDelta;
use sihha_domain::account::{AccountRef, EmailAddress};
use sihha_domain::password::Password;
use sihha_domain::session::{ClientInfo, LoggedIn, LoginAttempt, SessionError};
use sihha_domain::staff_name::StaffName;
use sihha_domain::suspension::SuspensionRequest;
use sihha_domain::testing::{self, email};
use sihha_domain::throttle::{StuffingLimit, Throttled};

use crate::context::{PASSWORD, TestContext, WRONG_PASSWORD};

const HOME: &str = "105.96.7.1";
const ELSEWHERE: &str = "41.100.3.9";

fn from(address: &str) -> ClientInfo {
    let address: std::net::IpAddr = address.parse().expect("an address");
    ClientInfo { address: Some(address.into()), user_agent: None }
}

fn log_in(
    context: &TestContext,
    name: &str,
    password: &str,
    address: &str,
) -> Result<LoggedIn, SessionError> {
    let password = Password::attempt(password).expect("not empty");
    let attempt = LoginAttempt { role: None, email: email(name), password, client: from(address) };
    context.use_cases().login.run(&attempt, &|| false).map_err(|refused| refused.error)
}

/// Returns how a wrong password is refused.
fn guess(context: &TestContext, name: &str, address: &str) -> SessionError {
    log_in(context, name, WRONG_PASSWORD, address).expect_err("refused")
}

fn throttled(seconds: i64) -> SessionError {
    SessionError::Throttled(Throttled { retry_after: TimeDelta::seconds(seconds) })
}

fn context() -> TestContext {
    let context = TestContext::new();
    context.register("amina@example.com", testing::patient());
    context
}

#[test]
fn after_five_failures_attempts_from_the_network_wait_twice_as_long_each_time() {
    for name in ["amina@example.com", "nobody@example.com"] {
        let context = context();
        for _ in 0..5 {
            assert_eq!(guess(&context, name, HOME), SessionError::WrongCredentials, "{name}");
        }
        for wait in [30, 60, 120, 240, 480, 960, 1920, 3600, 3600] {
            assert_eq!(guess(&context, name, "105.96.7.200"), throttled(wait), "{name}: the same network");
            context.clock.advance(TimeDelta::seconds(wait) - TimeDelta::microseconds(1));
            assert_eq!(guess(&context, name, HOME), throttled(1), "{name}");
            context.clock.advance(TimeDelta::microseconds(1));
            assert_eq!(guess(&context, name, HOME), SessionError::WrongCredentials, "{name}");
        }
        assert_eq!(guess(&context, name, ELSEWHERE), SessionError::WrongCredentials, "another network");
    }
}

#[test]
fn a_correct_password_does_not_get_through_a_delay_and_forgives_after_it() {
    let context = context();
    for _ in 0..5 {
        guess(&context, "amina@example.com", HOME);
    }
    let hashed = context.hasher.counts();
    let refused = log_in(&context, "amina@example.com", PASSWORD, HOME).expect_err("delayed");
    assert_eq!((refused, context.hasher.counts()), (throttled(30), hashed), "the password is not checked");
    context.clock.advance(TimeDelta::seconds(30));
    log_in(&context, "Amina@Example.com", PASSWORD, HOME).expect("the delay is over");
    for _ in 0..5 {
        assert_eq!(guess(&context, "amina@example.com", HOME), SessionError::WrongCredentials);
    }
}

#[test]
fn a_delay_ends_no_session() {
    let context = TestContext::new();
    let registered = context.register("amina@example.com", testing::patient());
    for _ in 0..6 {
        guess(&context, "amina@example.com", HOME);
    }
    assert!(context.read_own(registered.tokens.access.expose()).is_ok());
    assert!(context.refresh(registered.tokens.refresh.expose()).is_ok());
}

#[test]
fn a_hundred_failures_stop_the_account_everywhere_until_an_admin_lifts_it() {
    let context = context();
    for network in 0..20 {
        for _ in 0..5 {
            let refused = guess(&context, "amina@example.com", &format!("105.96.{network}.1"));
            assert_eq!(refused, SessionError::WrongCredentials);
        }
    }
    context.clock.advance(TimeDelta::days(1));
    let refused = log_in(&context, "amina@example.com", PASSWORD, ELSEWHERE).expect_err("stopped");
    assert_eq!(refused, throttled(3600));
    let account = AccountRef::Email(email("amina@example.com"));
    let request = SuspensionRequest::once(account, StaffName::parse("Nadia Cherif").expect("a name"));
    context.use_cases().lift_throttle.run(&request).expect("lifted");
    log_in(&context, "amina@example.com", PASSWORD, ELSEWHERE).expect("open again");
}

#[test]
fn a_success_starts_the_count_of_consecutive_failures_again() {
    let context = context();
    for network in 0..19 {
        for _ in 0..5 {
            guess(&context, "amina@example.com", &format!("105.96.{network}.1"));
        }
    }
    log_in(&context, "amina@example.com", PASSWORD, ELSEWHERE).expect("open");
    for network in 20..39 {
        for _ in 0..5 {
            guess(&context, "amina@example.com", &format!("105.96.{network}.1"));
        }
    }
    log_in(&context, "amina@example.com", PASSWORD, ELSEWHERE).expect("95 failures since");
}

#[test]
fn a_network_that_fails_on_many_accounts_is_refused_for_all() {
    let context = context();
    let name = |number: u32| format!("patient{number}@example.com");
    for number in 0..StuffingLimit::DEFAULT.accounts {
        assert_eq!(guess(&context, &name(number), HOME), SessionError::WrongCredentials);
    }
    assert_eq!(guess(&context, "other@example.com", HOME), throttled(600));
    let refused = log_in(&context, "amina@example.com", PASSWORD, HOME).expect_err("refused");
    assert_eq!(refused, throttled(600));
    log_in(&context, "amina@example.com", PASSWORD, ELSEWHERE).expect("another network");
    context.clock.advance(StuffingLimit::DEFAULT.within);
    log_in(&context, "amina@example.com", PASSWORD, HOME).expect("over");
}

#[test]
fn mistyped_passwords_do_not_count_against_a_network_after_a_correct_one() {
    let context = TestContext::new();
    let names: Vec<_> = (0..40).map(|number| format!("patient{number}@example.com")).collect();
    for name in &names {
        context.register(name, testing::patient());
        guess(&context, name, HOME);
        log_in(&context, name, PASSWORD, HOME).expect("the correct password");
    }
}

#[test]
fn a_clock_that_was_ahead_locks_nobody_out_and_lets_nobody_guess() {
    let context = context();
    let day = TimeDelta::days(1);
    context.clock.advance(day);
    for number in 0..StuffingLimit::DEFAULT.accounts {
        guess(&context, &format!("patient{number}@example.com"), HOME);
    }
    for _ in 0..5 {
        guess(&context, "amina@example.com", ELSEWHERE);
    }
    assert_eq!(guess(&context, "amina@example.com", ELSEWHERE), throttled(30));
    context.clock.advance(-day);
    // The failures still count: one more is admitted, and then the delay has the right time.
    assert_eq!(guess(&context, "amina@example.com", ELSEWHERE), SessionError::WrongCredentials);
    assert_eq!(guess(&context, "amina@example.com", ELSEWHERE), throttled(60));
    log_in(&context, "amina@example.com", PASSWORD, HOME).expect("the network is not refused");
    context.clock.advance(day);
    log_in(&context, "amina@example.com", PASSWORD, ELSEWHERE).expect("the delay is over");
}

#[test]
fn old_counts_are_purged_and_a_stop_is_not() {
    let context = context();
    let stopped: EmailAddress = email("stopped@example.com");
    for network in 0..20 {
        for _ in 0..5 {
            guess(&context, stopped.as_str(), &format!("105.96.{network}.1"));
        }
    }
    guess(&context, "amina@example.com", HOME);
    context.clock.advance(TimeDelta::days(31));
    while context.use_cases().purge_throttles.batch().expect("purged") > 0 {}
    assert_eq!(guess(&context, stopped.as_str(), ELSEWHERE), throttled(3600));
}
