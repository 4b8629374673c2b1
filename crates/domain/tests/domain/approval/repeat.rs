use chrono::TimeDelta;
use sihha_domain::account::Account;
use sihha_domain::approval::{Application, ApprovalError, Outcome, QueueFilter, Repeat, StaffRequest};
use sihha_domain::clock::Clock;
use sihha_domain::idempotency::{ContentDigest, IdempotencyKey, IdempotentRequest, KeyReused};
use sihha_domain::staff::StaffCaller;

use super::{application, events, kinds, pending_doctor, reopening};
use crate::context::{TestContext, admin, approval, request, reviewer};

fn answer(application: &Application) -> String {
    format!("{} {}", application.account.id, application.state.as_str())
}

fn repeat(caller: &StaffCaller, key: &str, content: &str) -> Repeat<'static> {
    let key = IdempotencyKey::parse(key).unwrap().of_member(caller.actor.id.unwrap());
    let request = IdempotentRequest { key, content: ContentDigest::of(content.as_bytes()) };
    Repeat { request, answer: &answer }
}

fn approve(
    context: &TestContext,
    caller: &StaffCaller,
    account: &Account,
    body: &str,
) -> Result<Outcome, ApprovalError> {
    let repeat = Some(repeat(caller, "a-key", body));
    let request = StaffRequest { repeat, ..request(caller, account) };
    context.decide().run(&request, &approval(), TimeDelta::zero())
}

#[test]
fn a_repeated_decision_gets_the_first_answer_and_is_made_once() {
    let (context, account) = pending_doctor();
    let first = approve(&context, &admin(), &account, "approve");
    let Ok(Outcome::Done(decided)) = first else { panic!("{first:?}") };
    context.decide_on(&account, &reopening()).unwrap();
    assert_eq!(approve(&context, &admin(), &account, "approve"), Ok(Outcome::Repeated(answer(&decided))));
    assert_eq!(kinds(&context, &account), ["approved", "reopened"]);
}

#[test]
fn a_key_with_another_body_is_refused() {
    let (context, account) = pending_doctor();
    approve(&context, &admin(), &account, "approve").unwrap();
    assert_eq!(approve(&context, &admin(), &account, "another"), Err(KeyReused.into()));
}

#[test]
fn members_have_their_own_keys() {
    let (context, account) = pending_doctor();
    approve(&context, &admin(), &account, "approve").unwrap();
    let other = approve(&context, &reviewer(2, "Nadia"), &account, "another");
    assert!(matches!(other, Err(ApprovalError::AlreadyDecided { .. })), "{other:?}");
}

#[test]
fn a_failed_request_is_not_recorded_and_a_record_is_kept_for_a_day() {
    let (context, account) = pending_doctor();
    context.approve(&account);
    let refused = approve(&context, &admin(), &account, "approve");
    assert!(matches!(refused, Err(ApprovalError::AlreadyDecided { .. })), "{refused:?}");
    context.decide_on(&account, &reopening()).unwrap();
    let again = approve(&context, &admin(), &account, "corrected");
    assert!(matches!(again, Ok(Outcome::Done(_))), "{again:?}");

    context.decide_on(&account, &reopening()).unwrap();
    context.clock.advance(IdempotentRequest::KEPT + TimeDelta::seconds(1));
    let again = approve(&context, &admin(), &account, "a day later");
    assert!(matches!(again, Ok(Outcome::Done(_))), "{again:?}");
}

#[test]
fn parallel_repetitions_make_one_decision() {
    let (context, account) = pending_doctor();
    let outcomes: Vec<_> = std::thread::scope(|scope| {
        let runners: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| approve(&context, &admin(), &account, "approve").expect("answered")))
            .collect();
        runners.into_iter().map(|runner| runner.join().expect("no panic")).collect()
    });
    let done = outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Done(_)));
    assert_eq!(done.count(), 1, "{outcomes:?}");
    assert_eq!(events(&context, &account).len(), 1);
}

#[test]
fn a_repeated_request_for_the_next_application_gets_the_same_one() {
    let (context, [_, doctor, ..]) = TestContext::with_all_roles();
    let nadia = reviewer(2, "Nadia");
    let next = |content| {
        let repeat = repeat(&nadia, "next", content);
        context.use_cases().claim.next(&nadia, &QueueFilter::default(), Some(&repeat))
    };
    assert!(matches!(next("{}"), Ok(Some(Outcome::Done(_)))));
    let claimed = application(&context, &doctor);
    assert_eq!(next("{}"), Ok(Some(Outcome::Repeated(answer(&claimed)))));
    assert_eq!(next("another"), Err(KeyReused.into()));
}

#[test]
fn parallel_repetitions_claim_one_application() {
    let (context, _) = TestContext::with_all_roles();
    let nadia = reviewer(2, "Nadia");
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let repeat = repeat(&nadia, "next", "{}");
                let next = context.use_cases().claim.next(&nadia, &QueueFilter::default(), Some(&repeat));
                next.expect("answered").expect("an application");
            });
        }
    });
    let held = QueueFilter {
        claimed_by: nadia.actor.id.map(|id| (id, context.clock.now())),
        ..QueueFilter::default()
    };
    assert_eq!(context.use_cases().read_queue.page(&nadia, &held, None, 9).unwrap().len(), 1);
}
