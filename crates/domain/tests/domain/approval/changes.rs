//! Changes to vetted facts of an approved account.

use chrono::TimeDelta;
use sihha_domain::account::{Account, AccountRef, Fact, FactValue, PendingChanges, RoleDetails};
use sihha_domain::approval::{
    Application, ApprovalError, ApprovalState, DecisionKind, FactChange, RejectionReason,
};
use sihha_domain::clock::Clock;
use sihha_domain::identifier::{Identifier, IdentifierSystem, Identifiers};
use sihha_domain::store::Store;

use super::{application, kinds, pending_doctor, reopening};
use crate::context::{PASSWORD, TestContext, admin, approval, done, rejection, request};

fn identifiers(value: &str) -> Identifiers {
    Identifiers::on_record([Identifier::on_record(IdentifierSystem::Other, value.to_owned())])
}

/// Returns an approved doctor who wants another speciality and another identifier.
fn changed_doctor() -> (TestContext, Account) {
    let (context, account) = pending_doctor();
    let mut application = context.approve(&account);
    let before = application.account.clone();
    application.account.pending_changes = PendingChanges::on_record([
        (Fact::Specialite, Some(FactValue::Text("NEUROLOGIE".to_owned()))),
        (Fact::Identifiers, Some(FactValue::Identifiers(identifiers("new")))),
    ]);
    application.state = ApprovalState::ChangesPending;
    let mut transaction = context.store.begin().unwrap();
    let updated = transaction.accounts().update(&before, &application.account, context.clock.now());
    assert_eq!(updated, Ok(None));
    transaction.approvals().save(&application).unwrap();
    transaction.commit().unwrap();
    (context, application.account)
}

fn specialite(account: &Account) -> &str {
    let RoleDetails::Doctor(doctor) = &account.details else { panic!("not a doctor") };
    doctor.specialite.as_str()
}

/// Returns which of the old and the new identifier an account claims.
fn claimed(context: &TestContext, account: &Account) -> [bool; 2] {
    let old = Account { pending_changes: None, ..account.clone() };
    let mut new = old.clone();
    new.profile.identifiers = identifiers("new");
    let of_identifier = |account: &Account| account.claims().pop().expect("a claim");
    [old, new].map(|account| {
        let mut repositories = context.store.autocommit().unwrap();
        repositories.accounts().find_claimed(&[of_identifier(&account)]).unwrap().is_some()
    })
}

#[test]
fn wanted_values_are_shown_beside_the_vetted_ones() {
    let (context, account) = changed_doctor();
    let details = context.use_cases().read_application.run(&admin(), &AccountRef::Id(account.id)).unwrap();
    let text = |text: &str| Some(FactValue::Text(text.to_owned()));
    let change = |fact, old, new| FactChange { fact, old, new, is_requested: false };
    let of = |identifiers: &Identifiers| Some(FactValue::Identifiers(identifiers.clone()));
    assert_eq!(
        details.changes,
        [
            change(Fact::Specialite, text("CARDIOLOGIE"), text("NEUROLOGIE")),
            change(Fact::Identifiers, of(&account.profile.identifiers), of(&identifiers("new"))),
        ]
    );
    assert_eq!(claimed(&context, &account), [true, true]);
}

#[test]
fn accepted_changes_are_made_and_the_account_stays_approved() {
    let (context, account) = changed_doctor();
    context.log_in(account.role(), account.profile.email.as_str(), PASSWORD).unwrap();
    let accepted = context.approve(&account);
    assert_eq!((accepted.state, &accepted.account.pending_changes), (ApprovalState::Approved, &None));
    assert_eq!(accepted.account.approval, account.approval, "the approval is the first one");
    let stored = context.read(account.id).unwrap();
    assert_eq!(stored, accepted.account);
    assert_eq!((specialite(&stored), &stored.profile.identifiers), ("NEUROLOGIE", &identifiers("new")));
    assert_eq!(claimed(&context, &account), [false, true]);
    assert_eq!(context.live_sessions(account.id), 2);
    assert_eq!(kinds(&context, &account), ["approved", "changes_accepted"]);
}

#[test]
fn refused_changes_leave_the_account_approved_and_give_up_their_claims() {
    let (context, account) = changed_doctor();
    let decision = DecisionKind::Reject { code: RejectionReason::parse("other").ok(), reason: None };
    let refused = context.decide_on(&account, &decision).unwrap();
    assert_eq!(refused.state, ApprovalState::Approved);
    let unchanged = Account { pending_changes: None, ..account.clone() };
    assert_eq!(refused.account, unchanged);
    assert_eq!(context.read(account.id), Some(unchanged));
    assert_eq!(claimed(&context, &account), [true, false]);
    assert_eq!(context.live_sessions(account.id), 1);
    assert_eq!(kinds(&context, &account), ["approved", "changes_refused"]);
}

#[test]
fn a_held_acceptance_makes_the_changes_at_its_time() {
    let (context, account) = changed_doctor();
    let hold = TimeDelta::seconds(30);
    let decided: Application =
        done(context.decide().run(&request(&admin(), &account), &approval(), hold)).unwrap();
    assert_eq!((decided.state, &decided.account), (ApprovalState::Approved, &account));
    assert_eq!(context.read(account.id).as_ref(), Some(&account));
    context.clock.advance(hold);
    context.use_cases().settle_decisions.batch().unwrap();
    assert_eq!(specialite(&context.read(account.id).unwrap()), "NEUROLOGIE");
    assert_eq!(application(&context, &account).state, ApprovalState::Approved);
}

#[test]
fn an_undone_acceptance_leaves_the_changes_waiting() {
    let (context, account) = changed_doctor();
    let caller = admin();
    let request = request(&caller, &account);
    context.decide().run(&request, &rejection("non"), TimeDelta::seconds(30)).unwrap();
    let undone = done(context.decide().undo(&request)).unwrap();
    assert_eq!((undone.state, undone.account), (ApprovalState::ChangesPending, account));
}

#[test]
fn an_account_with_waiting_changes_is_not_reopened() {
    let (context, account) = changed_doctor();
    let refused = context.decide_on(&account, &reopening());
    let state = ApprovalState::ChangesPending;
    assert!(matches!(refused, Err(ApprovalError::AlreadyDecided { state: told, .. }) if told == state));
}
