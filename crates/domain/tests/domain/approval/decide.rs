use chrono::TimeDelta;
use sihha_domain::account::{Account, AccountRef, Fact};
use sihha_domain::approval::{
    Application, ApplicationEventKind, Approval, ApprovalError, ApprovalState, ChangeRequest, Decision,
    DecisionKind, RejectionReason, StaffRequest, facts_of,
};
use sihha_domain::clock::Clock;
use sihha_domain::session::EndReason;
use sihha_domain::staff_name::StaffName;
use sihha_domain::store::Store;
use sihha_domain::testing::email;

use super::{application, change_request, events, history, kinds, pending_doctor, reopening};
use crate::context::{PASSWORD, TestContext, admin, approval, done, reason, rejection, request, reviewer};

fn end_reasons(context: &TestContext, account: &Account) -> Vec<String> {
    let mut repositories = context.store.autocommit().unwrap();
    let ended = repositories.sessions().ended(account.id, account.registered_at, 9).unwrap();
    ended.into_iter().map(|ended| ended.reason.as_str().to_owned()).collect()
}

#[test]
fn an_approved_account_of_each_role_may_log_in() {
    let (context, [_, waiting @ ..]) = TestContext::with_all_roles();
    for account in waiting {
        context.approve(&account);
        assert!(context.read(account.id).unwrap().is_approved());
        context.log_in(account.role(), account.profile.email.as_str(), PASSWORD).expect("logged in");
    }
}

#[test]
fn an_approval_is_stored_with_author_time_and_note() {
    let (context, account) = pending_doctor();
    let note = Some(reason("Diplôme vérifié"));
    let decision = DecisionKind::Approve { note: note.clone() };
    let decided = context.decide_on(&account, &decision).unwrap();
    let at = context.clock.now();
    let by = admin().actor;
    let approval = Approval::Approved(Decision { by: by.name.clone(), at, reason: note.clone(), code: None });
    let expected = Application {
        account: Account { approval: Some(approval), ..account.clone() },
        state: ApprovalState::Approved,
        submitted_at: account.registered_at,
        resubmitted_at: None,
        effective_at: None,
        claim: None,
        possible_duplicates: None,
    };
    assert_eq!(decided, expected);
    assert_eq!(application(&context, &account), expected);
    assert_eq!(context.read(account.id), Some(expected.account));
    let [event] = events(&context, &account).try_into().expect("one event");
    assert_eq!((event.at, event.by, event.effective_at), (at, Some(by), None));
    assert_eq!(event.kind, ApplicationEventKind::Approved { note });
}

#[test]
fn a_rejected_account_cannot_log_in_and_reason_and_code_are_stored() {
    let (context, account) = pending_doctor();
    let (code, text) = (RejectionReason::parse("card_mismatch").ok(), Some(reason("illisible")));
    for (code, text) in [(code.clone(), text.clone()), (code, None), (None, text)] {
        let (context, account) = pending_doctor();
        let decision = DecisionKind::Reject { code: code.clone(), reason: text.clone() };
        let decided = context.decide_on(&account, &decision).unwrap();
        let expected = Decision { by: admin().actor.name, at: context.clock.now(), reason: text, code };
        assert_eq!(decided.account.approval, Some(Approval::Rejected(expected)));
        assert_eq!(decided.state, ApprovalState::Rejected);
        assert_eq!(context.live_sessions(account.id), 0);
        assert_eq!(end_reasons(&context, &account), [EndReason::Rejected.as_str()]);
    }
    context.reject(&account);
    context.log_in(account.role(), account.profile.email.as_str(), PASSWORD).expect_err("rejected");
}

#[test]
fn a_request_for_corrections_leaves_the_account_waiting() {
    let (context, account) = pending_doctor();
    let (message, fields) = (reason("La carte,\nsvp"), vec![Fact::CarteId]);
    let decision = DecisionKind::RequestChanges { message: message.clone(), fields: fields.clone() };
    let decided = context.decide_on(&account, &decision).unwrap();
    let at = context.clock.now();
    let expected = ChangeRequest { at, message: message.clone(), fields: fields.clone() };
    assert_eq!(decided.account.approval, Some(Approval::ChangesRequested(expected)));
    assert_eq!(decided.state, ApprovalState::ChangesRequested);
    assert!(!decided.account.is_approved());
    assert_eq!(context.live_sessions(account.id), 1);
    let [event] = events(&context, &account).try_into().expect("one event");
    let facts = facts_of(&account);
    assert_eq!(event.kind, ApplicationEventKind::ChangesRequested { message, fields, facts });
}

#[test]
fn an_application_with_requested_corrections_can_be_approved_or_rejected() {
    for (decision, state) in
        [(approval(), ApprovalState::Approved), (rejection("faux"), ApprovalState::Rejected)]
    {
        let (context, account) = pending_doctor();
        context.decide_on(&account, &change_request()).unwrap();
        assert_eq!(context.decide_on(&account, &decision).unwrap().state, state);
    }
}

#[test]
fn a_reopened_application_waits_again() {
    let (context, account) = pending_doctor();
    context.approve(&account);
    context.log_in(account.role(), account.profile.email.as_str(), PASSWORD).expect("logged in");
    let reopened = context.decide_on(&account, &reopening()).unwrap();
    assert_eq!(
        (reopened.state, reopened.account.approval),
        (ApprovalState::Pending, Some(Approval::Pending))
    );
    assert_eq!(context.live_sessions(account.id), 0);
    assert_eq!(end_reasons(&context, &account), [EndReason::Reopened.as_str(); 2]);
    context.log_in(account.role(), account.profile.email.as_str(), PASSWORD).expect_err("it waits");

    context.reject(&account);
    let reopened = context.decide_on(&account, &reopening()).unwrap();
    assert_eq!(reopened.state, ApprovalState::Pending);
    assert_eq!(kinds(&context, &account), ["approved", "reopened", "rejected", "reopened"]);
}

/// Asserts that `decision` of Mourad is refused and changes nothing.
#[track_caller]
fn assert_refused(
    context: &TestContext,
    account: &Account,
    decision: &DecisionKind,
    (state, by): (ApprovalState, Option<&str>),
) {
    let before = (application(context, account), events(context, account));
    let at = before.1.last().map_or(account.registered_at, |event| event.at);
    context.clock.advance(TimeDelta::days(1));
    let mourad = reviewer(2, "مراد");
    let outcome = context.decide().run(&request(&mourad, account), decision, TimeDelta::zero());
    match outcome {
        Err(ApprovalError::AlreadyDecided { state: told, by: author, at: since }) => {
            let author = author.as_ref().map(StaffName::as_str);
            assert_eq!((told, author, since), (state, by, at));
        }
        other => panic!("{decision:?}: {other:?}"),
    }
    assert_eq!((application(context, account), events(context, account)), before);
}

#[test]
fn a_decision_that_the_state_does_not_allow_is_refused_with_who_and_when() {
    let (context, account) = pending_doctor();
    assert_refused(&context, &account, &reopening(), (ApprovalState::Pending, None));
    context.decide_on(&account, &change_request()).unwrap();
    for decision in [reopening(), change_request()] {
        let current = (ApprovalState::ChangesRequested, Some("Leïla"));
        assert_refused(&context, &account, &decision, current);
    }
    context.approve(&account);
    for decision in [approval(), rejection("faux"), change_request()] {
        assert_refused(&context, &account, &decision, (ApprovalState::Approved, Some("Leïla")));
    }
    context.decide_on(&account, &reopening()).unwrap();
    context.reject(&account);
    for decision in [approval(), rejection("faux"), change_request()] {
        assert_refused(&context, &account, &decision, (ApprovalState::Rejected, Some("Leïla")));
    }
}

#[test]
fn one_of_two_simultaneous_decisions_stands() {
    let (context, account) = pending_doctor();
    let outcomes: Vec<_> = std::thread::scope(|scope| {
        let decide = |number, decision: DecisionKind| {
            let (context, account) = (&context, &account);
            scope.spawn(move || {
                let caller = reviewer(number, "Leïla");
                context.decide().run(&request(&caller, account), &decision, TimeDelta::zero())
            })
        };
        let runners = [decide(1, approval()), decide(2, rejection("faux"))];
        runners.into_iter().map(|runner| runner.join().expect("no panic")).collect()
    });
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
    let refused = |outcome: &&Result<_, _>| matches!(outcome, Err(ApprovalError::AlreadyDecided { .. }));
    assert_eq!(outcomes.iter().filter(refused).count(), 1, "{outcomes:?}");
    assert_eq!(events(&context, &account).len(), 1);
}

#[test]
fn the_history_names_who_acted() {
    let (context, account) = pending_doctor();
    let nadia = reviewer(2, "Nadia");
    done(context.decide().run(&request(&nadia, &account), &approval(), TimeDelta::zero())).unwrap();
    context.decide_on(&account, &reopening()).unwrap();
    let by = |name: &str| Some(name.to_owned());
    assert_eq!(history(&context, &account), [("approved", by("Nadia")), ("reopened", by("Leïla"))]);
}

#[test]
fn an_application_is_found_by_its_email_regardless_of_case() {
    let (context, account) = pending_doctor();
    let (caller, named) = (admin(), AccountRef::Email(email("AMINA@EXAMPLE.com")));
    let request = StaffRequest { caller: &caller, account: named, repeat: None };
    context.decide().run(&request, &approval(), TimeDelta::zero()).unwrap();
    assert!(context.read(account.id).unwrap().is_approved());
}

#[test]
fn a_decision_affects_only_one_account() {
    let (context, [patient, doctor, hospital, labo]) = TestContext::with_all_roles();
    context.approve(&hospital);
    for other in [patient, doctor, labo] {
        assert_eq!(context.read(other.id).unwrap(), other);
    }
}

#[test]
fn an_unknown_account_and_a_patient_have_no_application() {
    let (context, [patient, ..]) = TestContext::with_all_roles();
    let caller = admin();
    for account in [AccountRef::Id(patient.id), AccountRef::Email(email("nobody@example.com"))] {
        for decision in [approval(), rejection("none"), reopening(), change_request()] {
            let request = StaffRequest { caller: &caller, account: account.clone(), repeat: None };
            let outcome = context.decide().run(&request, &decision, TimeDelta::zero());
            assert_eq!(outcome, Err(ApprovalError::UnknownApplication));
        }
    }
    assert_eq!(context.read(patient.id).unwrap(), patient);
}
