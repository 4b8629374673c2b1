use chrono::TimeDelta;
use sihha_domain::account::{Account, Role};
use sihha_domain::approval::{
    Application, ApplicationClaim, ApplicationEventKind, ApprovalError, ApprovalState, Claim, QueueFilter,
};
use sihha_domain::clock::Clock;
use sihha_domain::staff::{Scope, StaffCaller};
use sihha_domain::staff_name::StaffName;

use super::{application, change_request, events, history, pending_doctor};
use crate::context::{TestContext, approval, done, request, reviewer};

fn claim(
    context: &TestContext,
    account: &Account,
    caller: &StaffCaller,
) -> Result<Application, ApprovalError> {
    done(context.use_cases().claim.run(&request(caller, account), false))
}

fn take_over(context: &TestContext, account: &Account, caller: &StaffCaller) -> Application {
    done(context.use_cases().claim.run(&request(caller, account), true)).unwrap()
}

fn release(
    context: &TestContext,
    account: &Account,
    caller: &StaffCaller,
) -> Result<Application, ApprovalError> {
    done(context.use_cases().claim.release(&request(caller, account)))
}

#[test]
fn a_claim_lasts_a_quarter_of_an_hour_and_can_be_extended() {
    let (context, account) = pending_doctor();
    let nadia = reviewer(2, "Nadia");
    let expected =
        || Some(ApplicationClaim { by: nadia.actor.clone(), until: context.clock.now() + Claim::LEASE });
    assert_eq!(claim(&context, &account, &nadia).unwrap().claim, expected());
    context.clock.advance(TimeDelta::minutes(10));
    assert_eq!(claim(&context, &account, &nadia).unwrap().claim, expected());
    assert_eq!(application(&context, &account).claim, expected());
    assert_eq!(events(&context, &account), [], "claims are no events");
}

#[test]
fn an_application_that_another_member_holds_can_be_neither_claimed_nor_decided_nor_released() {
    let (context, account) = pending_doctor();
    let (nadia, karim) = (reviewer(2, "Nadia"), reviewer(3, "Karim"));
    claim(&context, &account, &nadia).unwrap();
    let until = context.clock.now() + Claim::LEASE;
    context.clock.advance(Claim::LEASE - TimeDelta::microseconds(1));
    let decided = context.decide().run(&request(&karim, &account), &approval(), TimeDelta::zero());
    let refused = Err(ApprovalError::ClaimedByOther { by: nadia.actor.clone(), until });
    assert_eq!(done(decided), refused);
    assert_eq!(claim(&context, &account, &karim), refused);
    assert_eq!(release(&context, &account, &karim), refused);

    context.clock.advance(TimeDelta::microseconds(1));
    let claimed = claim(&context, &account, &karim).unwrap();
    assert_eq!(claimed.claim.map(|claim| claim.by), Some(karim.actor), "the first claim has expired");
    assert_eq!(events(&context, &account), [], "nothing was taken over");
}

#[test]
fn a_claim_can_be_taken_over_which_the_history_keeps() {
    let (context, account) = pending_doctor();
    let (nadia, karim) = (reviewer(2, "Nadia"), reviewer(3, "Karim"));
    take_over(&context, &account, &nadia);
    take_over(&context, &account, &nadia);
    assert_eq!(events(&context, &account), [], "nobody else held it");
    let taken = take_over(&context, &account, &karim);
    assert_eq!(taken.claim.map(|claim| claim.by), Some(karim.actor));
    let [event] = events(&context, &account).try_into().expect("one event");
    assert_eq!(event.kind, ApplicationEventKind::TakenOver { from: "Nadia".to_owned() });
    assert_eq!(history(&context, &account), [("taken_over", Some("Karim".to_owned()))]);
}

#[test]
fn a_decision_or_a_release_ends_a_claim() {
    let (context, account) = pending_doctor();
    let nadia = reviewer(2, "Nadia");
    assert_eq!(release(&context, &account, &nadia).unwrap().claim, None, "there was none");
    claim(&context, &account, &nadia).unwrap();
    assert_eq!(release(&context, &account, &nadia).unwrap().claim, None);
    claim(&context, &account, &nadia).unwrap();
    let hold = TimeDelta::seconds(10);
    let decided = done(context.decide().run(&request(&nadia, &account), &approval(), hold)).unwrap();
    assert_eq!(decided.claim, None);
}

#[test]
fn a_person_at_the_terminal_claims_nothing_and_respects_claims() {
    let (context, account) = pending_doctor();
    let terminal = StaffCaller::at_terminal(StaffName::parse("root").unwrap());
    assert_eq!(claim(&context, &account, &terminal).unwrap().claim, None);
    claim(&context, &account, &reviewer(2, "Nadia")).unwrap();
    let decided = context.decide().run(&request(&terminal, &account), &approval(), TimeDelta::zero());
    assert!(matches!(decided, Err(ApprovalError::ClaimedByOther { .. })), "{decided:?}");
}

fn next(context: &TestContext, caller: &StaffCaller, filter: &QueueFilter) -> Option<Account> {
    let next = context.use_cases().claim.next(caller, filter, None).unwrap();
    let next = next.map(|outcome| done(Ok(outcome)).unwrap())?;
    assert_eq!(next.claim.map(|claim| claim.by), Some(caller.actor.clone()));
    Some(next.account)
}

#[test]
fn the_next_application_is_the_oldest_one_that_nobody_holds() {
    let (context, [_, doctor, hospital, labo]) = TestContext::with_all_roles();
    let all = QueueFilter::default();
    let (nadia, karim) = (reviewer(2, "Nadia"), reviewer(3, "Karim"));
    assert_eq!(next(&context, &nadia, &all), Some(doctor.clone()));
    assert_eq!(next(&context, &karim, &all), Some(hospital));
    assert_eq!(next(&context, &nadia, &all), Some(labo));
    assert_eq!(next(&context, &karim, &all), None);
    context.clock.advance(Claim::LEASE);
    assert_eq!(next(&context, &karim, &all), Some(doctor), "the claims have expired");
}

#[test]
fn the_next_application_waits_for_a_decision_and_matches_filter_and_scope() {
    let (context, [_, doctor, hospital, labo]) = TestContext::with_all_roles();
    context.approve(&doctor);
    context.decide_on(&hospital, &change_request()).unwrap();
    let nadia = reviewer(2, "Nadia");
    let in_states =
        |states: &[ApprovalState]| QueueFilter { states: states.to_vec(), ..QueueFilter::default() };
    let requested = in_states(&[ApprovalState::ChangesRequested]);
    assert_eq!(next(&context, &nadia, &requested).map(|account| account.id), Some(hospital.id));
    let scope = Scope { applicant_roles: vec![Role::Doctor], ..Scope::default() };
    let of_doctors = StaffCaller { scope, ..reviewer(3, "Karim") };
    assert_eq!(next(&context, &of_doctors, &QueueFilter::default()), None);
    let labos = QueueFilter { roles: vec![Role::Labo], ..QueueFilter::default() };
    assert_eq!(next(&context, &of_doctors, &labos), None, "outside of the scope");
    assert_eq!(next(&context, &nadia, &QueueFilter::default()), Some(labo));
    assert_eq!(next(&context, &nadia, &QueueFilter::default()), None);
}

#[test]
fn simultaneous_requests_for_the_next_application_get_different_ones() {
    let (context, _) = TestContext::with_all_roles();
    let mut ids: Vec<_> = std::thread::scope(|scope| {
        let runners: Vec<_> = (1..=3)
            .map(|number| {
                let context = &context;
                scope.spawn(move || next(context, &reviewer(number, "Nadia"), &QueueFilter::default()))
            })
            .collect();
        runners.into_iter().filter_map(|runner| runner.join().expect("no panic")).map(|it| it.id).collect()
    });
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 3);
}
