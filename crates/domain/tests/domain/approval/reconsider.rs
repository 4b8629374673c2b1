use chrono::TimeDelta;
use sihha_domain::account::{Account, AccountRef};
use sihha_domain::approval::{Approval, ApprovalError, ApprovalState, Decision, DecisionKind};
use sihha_domain::clock::Clock;
use sihha_domain::staff::StaffCaller;
use sihha_domain::staff_name::StaffName;
use sihha_domain::store::Store;

use super::{application, change_request, events, history, kinds, pending_doctor, reopening};
use crate::context::{TestContext, admin, approval, done, rejection, request, reviewer};

fn reconsider(
    context: &TestContext,
    account: &Account,
    decision: &DecisionKind,
) -> Result<ApprovalState, ApprovalError> {
    let caller = StaffCaller::at_terminal(StaffName::parse("مراد").unwrap());
    let decided = done(context.decide().reconsider(&request(&caller, account), decision));
    decided.map(|application| application.state)
}

#[test]
fn a_reconsidered_decision_replaces_the_opposite_one() {
    let (context, account) = pending_doctor();
    context.approve(&account);
    assert_eq!(reconsider(&context, &account, &rejection("faux")), Ok(ApprovalState::Rejected));
    assert_eq!(context.live_sessions(account.id), 0);
    assert_eq!(reconsider(&context, &account, &approval()), Ok(ApprovalState::Approved));
    assert!(context.read(account.id).unwrap().is_approved());
    let by = |name: &str| Some(name.to_owned());
    assert_eq!(
        history(&context, &account),
        [("approved", by("Leïla")), ("rejected", by("مراد")), ("approved", by("مراد"))]
    );
}

#[test]
fn a_decision_of_the_previous_release_is_in_the_history_and_the_next_decision_keeps_it() {
    let (context, account) = pending_doctor();
    let by = StaffName::parse("Karim").unwrap();
    let decision = Decision { by, at: context.clock.now(), reason: None, code: None };
    let mut application = application(&context, &account);
    application.state = ApprovalState::Approved;
    application.account.approval = Some(Approval::Approved(decision));
    context.store.autocommit().unwrap().approvals().save(&application).unwrap();
    let read = || {
        let use_cases = context.use_cases();
        let (_, events) = use_cases.read_application.history(&admin(), &AccountRef::Id(account.id)).unwrap();
        let shown = use_cases.show_account.run(&AccountRef::Id(account.id)).unwrap().unwrap();
        assert_eq!(shown.events, events);
        events
    };
    let [event] = read().try_into().expect("one event");
    assert_eq!((event.at, event.kind.state()), (context.clock.now(), Some(ApprovalState::Approved)));

    context.clock.advance(TimeDelta::days(1));
    reconsider(&context, &account, &rejection("faux")).unwrap();
    let by = |name: &str| Some(name.to_owned());
    assert_eq!(history(&context, &account), [("approved", by("Karim")), ("rejected", by("مراد"))]);
    assert_eq!(read()[0], event);
}

#[test]
fn a_pending_application_may_be_decided_as_usual() {
    let (context, account) = pending_doctor();
    assert_eq!(reconsider(&context, &account, &approval()), Ok(ApprovalState::Approved));
}

#[test]
fn the_same_decision_again_changes_nothing() {
    let (context, account) = pending_doctor();
    context.approve(&account);
    let before = (application(&context, &account), events(&context, &account));
    for decision in [approval(), change_request()] {
        let outcome = reconsider(&context, &account, &decision);
        assert!(matches!(outcome, Err(ApprovalError::AlreadyDecided { .. })), "{outcome:?}");
    }
    assert_eq!((application(&context, &account), events(&context, &account)), before);
    assert_eq!(reconsider(&context, &account, &reopening()), Ok(ApprovalState::Pending));
}

#[test]
fn a_claim_and_a_held_decision_of_others_are_no_obstacles() {
    let (context, account) = pending_doctor();
    let nadia = reviewer(2, "Nadia");
    let claim = context.use_cases().claim;
    done(claim.run(&request(&nadia, &account), false)).unwrap();
    assert_eq!(reconsider(&context, &account, &rejection("faux")), Ok(ApprovalState::Rejected));
    assert_eq!(application(&context, &account).claim, None);

    let (context, account) = pending_doctor();
    let hold = TimeDelta::seconds(30);
    done(context.decide().run(&request(&nadia, &account), &approval(), hold)).unwrap();
    assert_eq!(reconsider(&context, &account, &rejection("faux")), Ok(ApprovalState::Rejected));
    assert_eq!(kinds(&context, &account), ["approved", "undone", "rejected"]);
    context.clock.advance(hold);
    assert_eq!(context.use_cases().settle_decisions.batch(), Ok(0));
    assert_eq!(application(&context, &account).state_in_force(), ApprovalState::Rejected);
}
