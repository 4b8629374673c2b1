use chrono::TimeDelta;
use sihha_domain::account::Account;
use sihha_domain::approval::{Application, Approval, ApprovalError, ApprovalState, Decide, DecisionKind};
use sihha_domain::clock::Clock;
use sihha_domain::staff::StaffCaller;

use super::{application, change_request, kinds, pending_doctor, reopening};
use crate::context::{PASSWORD, TestContext, admin, approval, done, rejection, request, reviewer};

const HOLD: TimeDelta = TimeDelta::seconds(30);

fn decide(context: &TestContext, account: &Account, decision: &DecisionKind) -> Application {
    done(context.decide().run(&request(&admin(), account), decision, HOLD)).unwrap()
}

fn undo(
    context: &TestContext,
    account: &Account,
    caller: &StaffCaller,
) -> Result<Application, ApprovalError> {
    done(context.decide().undo(&request(caller, account)))
}

fn settle(context: &TestContext) -> u32 {
    context.use_cases().settle_decisions.batch().unwrap()
}

#[test]
fn a_held_decision_changes_nothing_for_the_applicant_until_its_time() {
    for (decision, state) in [
        (approval(), ApprovalState::Approved),
        (rejection("faux"), ApprovalState::Rejected),
        (change_request(), ApprovalState::ChangesRequested),
    ] {
        let (context, account) = pending_doctor();
        let decided_at = context.clock.now();
        let held = decide(&context, &account, &decision);
        assert_eq!((held.state, held.effective_at), (state, Some(decided_at + HOLD)));
        context.clock.advance(HOLD - TimeDelta::microseconds(1));
        assert_eq!(settle(&context), 0);
        assert_eq!(context.read(account.id), Some(account.clone()), "in force for the applicant");
        assert_eq!(context.live_sessions(account.id), 1);

        context.clock.advance(TimeDelta::microseconds(1));
        assert_eq!([settle(&context), settle(&context)], [1, 0]);
        let settled = application(&context, &account);
        assert_eq!((settled.state, settled.state_in_force(), settled.effective_at), (state, state, None));
        let decision = settled.account.approval.as_ref().and_then(Approval::decision);
        assert!(decision.is_none_or(|decision| decision.at == decided_at));
        assert_eq!(context.live_sessions(account.id), usize::from(state != ApprovalState::Rejected));
        assert_eq!(kinds(&context, &account).len(), 1, "the history has the decision once");
    }
}

#[test]
fn a_held_reopening_ends_sessions_only_at_its_time() {
    let (context, account) = pending_doctor();
    context.approve(&account);
    context.log_in(account.role(), account.profile.email.as_str(), PASSWORD).unwrap();
    decide(&context, &account, &reopening());
    assert_eq!(context.live_sessions(account.id), 2);
    context.clock.advance(HOLD);
    settle(&context);
    assert_eq!(context.live_sessions(account.id), 0);
    assert_eq!(application(&context, &account).account.approval, Some(Approval::Pending));
}

#[test]
fn a_decision_is_held_for_a_minute_at_most() {
    let (context, account) = pending_doctor();
    let hold = TimeDelta::hours(1);
    let decided = done(context.decide().run(&request(&admin(), &account), &approval(), hold)).unwrap();
    assert_eq!(decided.effective_at, Some(context.clock.now() + Decide::MAX_HOLD));
}

#[test]
fn the_member_who_decided_can_undo_a_held_decision() {
    let (context, account) = pending_doctor();
    decide(&context, &account, &rejection("faux"));
    let undone = undo(&context, &account, &admin()).unwrap();
    assert_eq!((undone.state, undone.effective_at), (ApprovalState::Pending, None));
    assert_eq!(undone.account, account);
    assert_eq!(kinds(&context, &account), ["rejected", "undone"]);
    context.clock.advance(HOLD);
    assert_eq!(settle(&context), 0);
    assert_eq!(context.approve(&account).state, ApprovalState::Approved, "it can be decided again");
}

#[test]
fn another_member_cannot_undo_or_replace_a_held_decision() {
    let (context, account) = pending_doctor();
    decide(&context, &account, &approval());
    let nadia = reviewer(2, "Nadia");
    let undone = undo(&context, &account, &nadia);
    let decided = context.decide().run(&request(&nadia, &account), &reopening(), TimeDelta::zero());
    for outcome in [undone, done(decided)] {
        match outcome {
            Err(ApprovalError::AlreadyDecided { state, by: Some(by), at }) => {
                let told = (state, by.as_str(), at);
                assert_eq!(told, (ApprovalState::Approved, "Leïla", context.clock.now()));
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(kinds(&context, &account), ["approved"]);
}

#[test]
fn a_decision_in_force_cannot_be_undone() {
    let (context, account) = pending_doctor();
    assert_eq!(undo(&context, &account, &admin()), Err(ApprovalError::NothingToUndo));
    context.approve(&account);
    assert_eq!(undo(&context, &account, &admin()), Err(ApprovalError::NothingToUndo));
    let (context, account) = pending_doctor();
    decide(&context, &account, &approval());
    context.clock.advance(HOLD);
    assert_eq!(undo(&context, &account, &admin()), Err(ApprovalError::NothingToUndo), "it is due");
}

#[test]
fn a_decision_that_is_due_takes_effect_with_the_next_use_of_the_application() {
    let (context, account) = pending_doctor();
    decide(&context, &account, &approval());
    context.clock.advance(HOLD);
    let reopened = context.decide_on(&account, &reopening()).unwrap();
    assert_eq!(reopened.account.approval, Some(Approval::Pending));
    assert_eq!(kinds(&context, &account), ["approved", "reopened"]);
    assert_eq!(settle(&context), 0);
}
