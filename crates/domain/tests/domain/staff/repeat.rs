//! Requests about members of staff that are repeated.

use std::sync::Arc;

use chrono::TimeDelta;
use sihha_domain::clock::Clock as _;
use sihha_domain::idempotency::{
    ContentDigest, IdempotencyKey, IdempotentRequest, KeyReused, Outcome, Repeat,
};
use sihha_domain::secret_box::NoSecretKey;
use sihha_domain::staff::{
    CreatedStaff, ManagementRequest, NewStaff, RecoveryCode, SecondFactor, StaffCaller, StaffError,
    StaffMember, StaffRole,
};
use sihha_domain::testing::email;

use super::{PASSWORD, by_id, create, details, done, password};
use crate::context::TestContext;

const EMAIL: &str = "leila@example.dz";

fn caller(context: &TestContext) -> StaffCaller {
    create(context, "admin@example.dz", StaffRole::Admin).member.caller()
}

fn request<'a, T>(
    caller: &'a StaffCaller,
    content: &str,
    answer: &'a dyn Fn(&T) -> String,
) -> ManagementRequest<'a, T> {
    let key = IdempotencyKey::parse("a-key").expect("valid");
    let request = IdempotentRequest { key, content: ContentDigest::of(content.as_bytes()) };
    ManagementRequest { caller, repeat: Some(Repeat { request, answer }) }
}

fn codes(second_factor: &SecondFactor) -> String {
    second_factor.recovery_codes.iter().map(RecoveryCode::expose).collect()
}

fn try_create(
    context: &TestContext,
    caller: &StaffCaller,
    body: &str,
    text: &str,
) -> Result<Outcome<CreatedStaff>, StaffError> {
    let answer = |created: &CreatedStaff| codes(&created.second_factor);
    let new =
        NewStaff { email: email(EMAIL), details: details(StaffRole::Reviewer), password: password(text) };
    context.use_cases().create_staff.run(&request(caller, body, &answer), &new)
}

#[track_caller]
fn assert_repeated<T>(outcome: Result<Outcome<T>, StaffError>, expected: &str) {
    match outcome.expect("no error") {
        Outcome::Repeated(answer) => assert_eq!(answer, expected),
        Outcome::Done(_) => panic!("done again"),
    }
}

#[test]
fn a_repeated_creation_gets_the_first_answer_for_a_day() {
    let context = TestContext::new();
    let caller = caller(&context);
    let created = done(try_create(&context, &caller, "new", PASSWORD).expect("created"));
    context.clock.advance(TimeDelta::hours(24));
    let repeated = try_create(&context, &caller, "new", PASSWORD);
    assert_repeated(repeated, &codes(&created.second_factor));
    context.clock.advance(TimeDelta::seconds(1));
    let late = try_create(&context, &caller, "new", PASSWORD);
    assert_eq!(late.err(), Some(StaffError::EmailTaken));
}

#[test]
fn another_body_or_password_with_the_same_key_is_refused() {
    let context = TestContext::new();
    let caller = caller(&context);
    done(try_create(&context, &caller, "new", PASSWORD).expect("created"));
    for (content, text) in [("another", PASSWORD), ("new", "another long password")] {
        let reused = try_create(&context, &caller, content, text);
        assert_eq!(reused.err(), Some(KeyReused.into()), "{content}, {text}");
    }
}

#[test]
fn members_have_their_own_keys() {
    let context = TestContext::new();
    let caller = caller(&context);
    let other = create(&context, "other@example.dz", StaffRole::Admin).member.caller();
    done(try_create(&context, &caller, "new", PASSWORD).expect("created"));
    let second = try_create(&context, &other, "new", PASSWORD);
    assert_eq!(second.err(), Some(StaffError::EmailTaken));
}

#[test]
fn a_repeated_reset_makes_no_other_second_factor() {
    let context = TestContext::new();
    let caller = caller(&context);
    let member = by_id(&create(&context, EMAIL, StaffRole::Reviewer).member);
    let answer = |(_, factor): &(StaffMember, SecondFactor)| codes(factor);
    let reset = || context.use_cases().reset_second_factor.run(&request(&caller, "reset", &answer), &member);
    let (_, factor) = done(reset().expect("reset"));
    assert_repeated(reset(), &codes(&factor));
}

#[test]
fn a_request_without_secrets_is_repeated_without_a_key_of_the_service() {
    let mut context = TestContext::new();
    let caller = caller(&context);
    let member = by_id(&create(&context, EMAIL, StaffRole::Reviewer).member);
    context.secret_box = Arc::new(NoSecretKey);
    let answer = |member: &StaffMember| format!("{:?}", member.disabled_at);
    let use_cases = context.use_cases();
    let disable = || use_cases.disable_staff.run(&request(&caller, "disable", &answer), &member);
    done(disable().expect("disabled"));
    use_cases.enable_staff.run(&ManagementRequest::once(&caller), &member).expect("enabled");
    assert_repeated(disable(), &format!("{:?}", Some(context.clock.now())));
    assert!(use_cases.read_staff.run(&member).expect("found").is_enabled(), "not disabled again");
}
