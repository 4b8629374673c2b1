use std::sync::Arc;

use chrono::TimeDelta;
use sihha_domain::account::Role;
use sihha_domain::clock::Clock as _;
use sihha_domain::place::Wilaya;
use sihha_domain::secret_box::{NoSecretKey, SecretBoxError};
use sihha_domain::session::TokenError;
use sihha_domain::staff::{
    ManagementRequest, Scope, StaffCaller, StaffDetails, StaffError, StaffMember, StaffPassword, StaffRef,
    StaffRole, StaffSessionError,
};
use sihha_domain::staff_name::StaffName;
use sihha_domain::{FieldError, testing};

use super::{
    PASSWORD, authenticated, by_id, code, create, details, done, exposed, log_in, logged_in, password,
    try_create,
};
use crate::context::TestContext;

const EMAIL: &str = "leila@example.dz";

pub(super) fn at_terminal() -> StaffCaller {
    StaffCaller::at_terminal(StaffName::parse("root").expect("valid"))
}

#[test]
fn a_password_of_staff_has_twelve_characters() {
    assert!(StaffPassword::parse("اثنا عشر حرف").is_ok());
    for short in ["eleven char", "seven 7", "x"] {
        assert_eq!(StaffPassword::parse(short).err(), Some(FieldError::TooShort { min: 12 }), "{short}");
    }
    assert_eq!(StaffPassword::parse("").err(), Some(FieldError::Required));
    assert_eq!(StaffPassword::parse(&"x".repeat(129)).err(), Some(FieldError::TooLong { max: 128 }));
}

#[test]
fn a_member_is_created_with_a_second_factor_and_found() {
    let context = TestContext::new();
    context.register(EMAIL, testing::patient());
    let created = create(&context, EMAIL, StaffRole::Reviewer);
    assert_eq!(context.use_cases().read_staff.run(&by_id(&created.member)), Ok(created.member.clone()));
    let mut codes = exposed(&created);
    codes.dedup();
    assert_eq!(codes.len(), 10);
    let taken = try_create(&context, "LEILA@example.dz", StaffRole::Admin);
    assert_eq!(taken.err(), Some(StaffError::EmailTaken));
    assert_eq!(context.use_cases().list_staff.page(None, 10), Ok(vec![created.member]));
}

#[test]
fn without_a_key_no_member_is_created() {
    let mut context = TestContext::new();
    context.secret_box = Arc::new(NoSecretKey);
    let refused = try_create(&context, EMAIL, StaffRole::Admin);
    assert_eq!(refused.err(), Some(StaffError::SecretBox(SecretBoxError::NoKey)));
    assert_eq!(context.hasher.counts().0, 0);
}

#[test]
fn another_role_and_scope_hold_from_the_next_request_on() {
    let context = TestContext::new();
    let created = create(&context, EMAIL, StaffRole::Reviewer);
    let session = logged_in(&context, EMAIL);
    let wilayas = vec![Wilaya::parse("31").expect("valid")];
    let scope = Scope { wilayas, applicant_roles: vec![Role::Labo] };
    let wanted = StaffDetails { directorate: None, scope, ..details(StaffRole::Reviewer) };
    let change = &context.use_cases().change_staff;
    let changed = change.run(&at_terminal(), &by_id(&created.member), &wanted).expect("changed");
    assert_eq!((&changed.scope, &changed.directorate), (&wanted.scope, &None));
    assert_eq!(authenticated(&context, &session), Ok(changed.clone()));
    assert_eq!(changed.caller().scope, wanted.scope);
    assert_eq!(changed.caller().actor.id, Some(created.member.id));
}

#[test]
fn a_disabled_member_is_refused_with_the_next_request_until_enabled() {
    let context = TestContext::new();
    let member = create(&context, EMAIL, StaffRole::Reviewer).member;
    let session = logged_in(&context, EMAIL);
    let use_cases = context.use_cases();
    let terminal = at_terminal();
    let request = ManagementRequest::once(&terminal);
    let disabled = done(use_cases.disable_staff.run(&request, &by_id(&member)).expect("disabled"));
    assert_eq!(disabled.disabled_at, Some(context.clock.now()));
    let ended = Err(StaffSessionError::Token(TokenError::SessionEnded));
    assert_eq!(authenticated(&context, &session), ended);

    context.clock.advance(TimeDelta::seconds(30));
    let again = use_cases.disable_staff.run(&request, &by_id(&member));
    assert_eq!(again.map(done), Ok(disabled), "the first time stays");
    assert!(log_in(&context, EMAIL, PASSWORD, Some(&code(&context))).is_err());

    let enabled = done(use_cases.enable_staff.run(&request, &by_id(&member)).expect("enabled"));
    assert_eq!(enabled.disabled_at, None);
    assert_eq!(authenticated(&context, &session), ended, "its session stays revoked");
    logged_in(&context, EMAIL);
}

#[test]
fn over_http_one_enabled_admin_remains() {
    let context = TestContext::new();
    let [first, second] =
        ["1@example.dz", "2@example.dz"].map(|address| create(&context, address, StaffRole::Admin).member);
    create(&context, "3@example.dz", StaffRole::Reviewer);
    let use_cases = context.use_cases();
    let disable = |caller: &StaffCaller, member: &StaffMember| {
        use_cases.disable_staff.run(&ManagementRequest::once(caller), &by_id(member)).map(|_| ())
    };
    let demote = |caller: &StaffCaller, member: &StaffMember| {
        use_cases.change_staff.run(caller, &by_id(member), &details(StaffRole::Reviewer)).map(|_| ())
    };
    assert_eq!(disable(&first.caller(), &second), Ok(()));
    assert_eq!(disable(&first.caller(), &first), Err(StaffError::LastAdmin));
    assert_eq!(demote(&first.caller(), &first), Err(StaffError::LastAdmin));
    let enabled = use_cases.enable_staff.run(&ManagementRequest::once(&first.caller()), &by_id(&second));
    enabled.expect("enabled");
    assert_eq!(demote(&second.caller(), &first), Ok(()));
    assert_eq!(disable(&second.caller(), &second), Err(StaffError::LastAdmin));
    assert_eq!(disable(&at_terminal(), &second), Ok(()), "the terminal may");
}

#[test]
fn a_reset_of_password_or_second_factor_ends_sessions() {
    let context = TestContext::new();
    let created = create(&context, EMAIL, StaffRole::Admin);
    let member = by_id(&created.member);
    let session = logged_in(&context, EMAIL);
    let new = "another long password";
    let terminal = at_terminal();
    let request = ManagementRequest::once(&terminal);
    context.use_cases().reset_staff_password.run(&request, &member, &password(new)).expect("reset");
    let ended = Err(StaffSessionError::Token(TokenError::SessionEnded));
    assert_eq!(authenticated(&context, &session), ended);
    context.clock.advance(TimeDelta::seconds(30));
    assert!(log_in(&context, EMAIL, PASSWORD, Some(&code(&context))).is_err());
    let session = log_in(&context, EMAIL, new, Some(&code(&context))).expect("logged in");

    let request = ManagementRequest::once(&terminal);
    let reset = context.use_cases().reset_second_factor.run(&request, &member);
    let (_, second_factor) = done(reset.expect("reset"));
    assert_eq!(authenticated(&context, &session), ended);
    let refused = log_in(&context, EMAIL, new, Some(exposed(&created)[0]));
    assert_eq!(refused.err(), Some(StaffSessionError::OtpRequired), "old codes are gone");
    assert!(log_in(&context, EMAIL, new, Some(second_factor.recovery_codes[0].expose())).is_ok());
}

#[test]
fn an_unknown_member_is_reported() {
    let context = TestContext::new();
    let unknown = StaffRef::Email(testing::email(EMAIL));
    let use_cases = context.use_cases();
    let expected = Some(StaffError::UnknownMember);
    assert_eq!(use_cases.read_staff.run(&unknown).err(), expected);
    let terminal = at_terminal();
    let request = ManagementRequest::once(&terminal);
    assert_eq!(use_cases.disable_staff.run(&request, &unknown).err(), expected);
    assert_eq!(use_cases.enable_staff.run(&request, &unknown).err(), expected);
    assert_eq!(use_cases.reset_staff_password.run(&request, &unknown, &password(PASSWORD)).err(), expected);
    let reset = use_cases.reset_second_factor.run(&ManagementRequest::once(&terminal), &unknown);
    assert_eq!(reset.err(), expected);
    let change = use_cases.change_staff.run(&at_terminal(), &unknown, &details(StaffRole::Admin));
    assert_eq!(change.err(), expected);
}
