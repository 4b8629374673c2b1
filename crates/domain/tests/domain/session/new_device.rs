//! The notice of a login from a new device.

use std::net::IpAddr;

use chrono::TimeDelta;
use sihha_domain::mail::{OutgoingMail, Template};
use sihha_domain::session::{ClientInfo, LoginAttempt, UserAgent};
use sihha_domain::testing::{email, patient};

use crate::context::{PASSWORD, TestContext, WRONG_PASSWORD, registration};

const FIREFOX: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:141.0) Gecko/20100101 Firefox/141.0";
const HOME: (&str, &str) = (FIREFOX, "41.100.1.2");
const APP: (&str, &str) = ("Sihha-Android/2.1", "41.100.1.2");

fn client((agent, address): (&str, &str)) -> ClientInfo {
    let address: IpAddr = address.parse().expect("an address");
    ClientInfo { address: Some(address.into()), user_agent: UserAgent::from_header(agent) }
}

/// Returns a context with Amina's account, which was registered at home.
fn context() -> TestContext {
    let context = TestContext::new();
    let wanted = registration("amina@example.com", patient());
    context.use_cases().register.run(wanted, client(HOME), None).expect("registered");
    assert_eq!(context.mail().len(), 1, "the mail that confirms the address");
    context
}

/// Logs in, and returns the notices of new devices.
fn log_in(context: &TestContext, from: (&str, &str)) -> Vec<OutgoingMail> {
    attempt(context, from, PASSWORD);
    let mails = context.mail();
    assert!(mails.iter().all(|mail| mail.content.template() == Template::NewDevice), "{mails:?}");
    mails
}

fn attempt(context: &TestContext, from: (&str, &str), password: &str) {
    let password = sihha_domain::password::Password::attempt(password).expect("not empty");
    let attempt =
        LoginAttempt { role: None, email: email("amina@example.com"), password, client: client(from) };
    drop(context.use_cases().login.run(&attempt, &|| false));
}

#[test]
fn a_login_from_a_new_device_has_a_notice_and_the_next_one_does_not() {
    let context = context();
    assert!(log_in(&context, HOME).is_empty(), "the device of the registration");
    context.clock.advance(TimeDelta::hours(5));
    let notices = log_in(&context, APP);
    let [notice] = notices.as_slice() else { panic!("{notices:?}") };
    assert_eq!(notice.to.as_str(), "amina@example.com");
    let params = notice.content.params();
    assert_eq!(params["device"], "Sihha-Android");
    assert_eq!(params["address"], "41.100.1.2");
    assert_eq!(params["at"], "2026-11-23T14:30:00Z");
    assert!(log_in(&context, APP).is_empty());
    assert!(log_in(&context, HOME).is_empty());
}

#[test]
fn a_device_is_known_for_90_days_after_its_last_use() {
    let context = context();
    for days in [89, 89] {
        context.clock.advance(TimeDelta::days(days));
        assert!(log_in(&context, HOME).is_empty());
    }
    context.clock.advance(TimeDelta::days(91));
    context.use_cases().purge_mail.batch().expect("purged");
    assert_eq!(log_in(&context, HOME).len(), 1, "also if no other device was used meanwhile");
}

#[test]
fn a_wrong_password_makes_no_device_known() {
    let context = context();
    attempt(&context, APP, WRONG_PASSWORD);
    assert!(context.mail().is_empty());
    assert_eq!(log_in(&context, APP).len(), 1);
}

#[test]
fn the_first_login_to_an_account_that_is_older_than_the_list_has_no_notice() {
    let context = TestContext::new();
    let imported = registration("amina@example.com", patient());
    context.use_cases().import_accounts.run(imported).expect("imported");
    assert!(log_in(&context, HOME).is_empty());
    assert_eq!(log_in(&context, APP).len(), 1);
}
