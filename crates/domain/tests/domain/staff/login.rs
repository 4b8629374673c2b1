use std::sync::Arc;

use chrono::TimeDelta;
use sihha_domain::clock::Clock as _;
use sihha_domain::secret_box::{NoSecretKey, SecretBoxError};
use sihha_domain::staff::{ManagementRequest, StaffMember, StaffRef, StaffRole, StaffSessionError};
use sihha_domain::testing::{PlainCodes, PlainSecretBox, email};

use super::manage::at_terminal;
use super::{PASSWORD, attempt, authenticated, by_id, code, create, exposed, log_in, logged_in, password};
use crate::context::{Meanwhile, TestContext};

const EMAIL: &str = "Leila@example.dz";

fn with_member() -> TestContext {
    let context = TestContext::new();
    create(&context, EMAIL, StaffRole::Reviewer);
    context
}

#[test]
fn a_member_logs_in_with_password_and_code() {
    let context = TestContext::new();
    let created = create(&context, EMAIL, StaffRole::Reviewer);
    let logged_in = logged_in(&context, "LEILA@example.dz");
    let expected = StaffMember { last_login_at: Some(context.clock.now()), ..created.member };
    assert_eq!(logged_in.member, expected);
    assert_eq!(authenticated(&context, &logged_in), Ok(expected));
}

#[test]
fn every_wrong_credential_is_refused_alike_after_one_hash() {
    let context = with_member();
    let now = code(&context);
    let admin = create(&context, "karim@example.dz", StaffRole::Admin).member;
    let terminal = at_terminal();
    context
        .use_cases()
        .disable_staff
        .run(&ManagementRequest::once(&terminal), &by_id(&admin))
        .expect("disabled");
    let (_, before) = context.hasher.counts();
    for (address, password, otp) in [
        (EMAIL, "another password", Some(now.as_str())),
        (EMAIL, "another password", None),
        ("nobody@example.dz", PASSWORD, Some(now.as_str())),
        ("karim@example.dz", PASSWORD, Some(now.as_str())),
    ] {
        let refused = log_in(&context, address, password, otp);
        assert_eq!(refused.err(), Some(StaffSessionError::WrongCredentials), "{address} {password}");
    }
    assert_eq!(context.hasher.counts().1, before + 4);
    logged_in(&context, EMAIL);
}

#[test]
fn an_account_is_no_member_of_staff() {
    let (context, [patient, ..]) = TestContext::with_all_roles();
    let address = patient.profile.email.as_str();
    let refused = log_in(&context, address, crate::context::PASSWORD, Some(&code(&context)));
    assert_eq!(refused.err(), Some(StaffSessionError::WrongCredentials));
}

#[test]
fn a_right_password_needs_a_code() {
    let now = with_member().clock.now();
    let (earlier, later) = (now - TimeDelta::seconds(60), now + TimeDelta::seconds(60));
    let (earlier, later) = (PlainCodes::at(earlier), PlainCodes::at(later));
    for otp in [None, Some(""), Some("000000"), Some("12345"), Some("codes!"), Some(&earlier), Some(&later)] {
        let context = with_member();
        let refused = log_in(&context, EMAIL, PASSWORD, otp);
        assert_eq!(refused.err(), Some(StaffSessionError::OtpRequired), "{otp:?}");
        let code = code(&context);
        let spaced = format!(" {} {} ", &code[..3], &code[3..]);
        assert!(log_in(&context, EMAIL, PASSWORD, Some(&spaced)).is_ok(), "nothing was used up");
    }
}

#[test]
fn a_code_is_accepted_once_and_no_earlier_one_after_it() {
    let context = with_member();
    let now = context.clock.now();
    let (earlier, later) = (now - TimeDelta::seconds(30), now + TimeDelta::seconds(30));
    for (at, is_accepted) in [(now, true), (now, false), (earlier, false), (later, true), (now, false)] {
        let outcome = log_in(&context, EMAIL, PASSWORD, Some(&PlainCodes::at(at)));
        assert_eq!(outcome.is_ok(), is_accepted, "{at}");
    }
}

#[test]
fn of_simultaneous_logins_with_one_code_one_gets_in() {
    let context = with_member();
    let code = code(&context);
    let logged_in = std::thread::scope(|scope| {
        let run = || log_in(&context, EMAIL, PASSWORD, Some(&code));
        let runners: Vec<_> = (0..4).map(|_| scope.spawn(run)).collect();
        let outcomes = runners.into_iter().map(|runner| runner.join().expect("no panic"));
        outcomes.flatten().count()
    });
    assert_eq!(logged_in, 1);
}

#[test]
fn a_recovery_code_is_accepted_once_however_it_is_typed() {
    let context = TestContext::new();
    let created = create(&context, EMAIL, StaffRole::Admin);
    let codes = exposed(&created);
    let first = codes[0].to_lowercase().replace('-', " ");
    assert!(log_in(&context, EMAIL, PASSWORD, Some(&first)).is_ok());
    for used in [first.as_str(), codes[0]] {
        let refused = log_in(&context, EMAIL, PASSWORD, Some(used));
        assert_eq!(refused.err(), Some(StaffSessionError::OtpRequired));
    }
    assert!(log_in(&context, EMAIL, PASSWORD, Some(&codes[9].replace('-', ""))).is_ok());
    let other = create(&context, "karim@example.dz", StaffRole::Admin);
    let refused = log_in(&context, EMAIL, PASSWORD, Some(exposed(&other)[0]));
    assert_eq!(refused.err(), Some(StaffSessionError::OtpRequired), "it is another member's");
}

#[test]
fn an_outdated_hash_is_replaced_at_login() {
    let context = with_member();
    context.hasher.change_parameters();
    let (before, _) = context.hasher.counts();
    logged_in(&context, EMAIL);
    context.clock.advance(TimeDelta::seconds(30));
    logged_in(&context, EMAIL);
    assert_eq!(context.hasher.counts().0, before + 1);
}

#[test]
fn a_password_that_is_reset_during_a_login_opens_no_session() {
    let context = with_member();
    let hasher = Meanwhile::checking(context, |context| {
        let leila = StaffRef::Email(email(EMAIL));
        let new = password("another long password");
        let terminal = at_terminal();
        let request = ManagementRequest::once(&terminal);
        context.use_cases().reset_staff_password.run(&request, &leila, &new).expect("reset");
    });
    let context = &hasher.context;
    let use_cases = context.use_cases_with(context.store.clone(), hasher.clone());
    let refused = use_cases.staff_login.run(&attempt(EMAIL, PASSWORD, Some(&code(context))), &|| false);
    assert_eq!(refused.map_err(|refused| refused.error).err(), Some(StaffSessionError::WrongCredentials));
}

#[test]
fn without_a_key_only_recovery_codes_work() {
    let mut context = TestContext::new();
    let created = create(&context, EMAIL, StaffRole::Admin);
    context.secret_box = Arc::new(NoSecretKey);
    let refused = log_in(&context, EMAIL, PASSWORD, Some(&code(&context)));
    assert_eq!(refused.err(), Some(StaffSessionError::SecretBox(SecretBoxError::NoKey)));
    let refused = log_in(&context, EMAIL, "another password", Some(&code(&context)));
    assert_eq!(refused.err(), Some(StaffSessionError::WrongCredentials), "only a right password tells");
    assert!(log_in(&context, EMAIL, PASSWORD, Some(exposed(&created)[0])).is_ok());
    context.secret_box = Arc::new(PlainSecretBox::default());
    logged_in(&context, EMAIL);
}

#[test]
fn who_knows_the_password_cannot_guess_codes() {
    let context = with_member();
    for otp in [None, Some("000000"), None, Some("000001"), Some("000002")] {
        let refused = log_in(&context, EMAIL, PASSWORD, otp).err();
        assert_eq!(refused, Some(StaffSessionError::OtpRequired), "{otp:?}");
    }
    for otp in [None, Some(&*code(&context))] {
        let refused = log_in(&context, EMAIL, PASSWORD, otp).err();
        assert!(matches!(refused, Some(StaffSessionError::Throttled(_))), "{refused:?}");
    }
}
