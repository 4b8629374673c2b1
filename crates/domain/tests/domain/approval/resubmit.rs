use chrono::TimeDelta;
use sihha_domain::account::Account;
use sihha_domain::approval::{Application, Approval, ApprovalError, ApprovalState};
use sihha_domain::clock::Clock;
use sihha_domain::session::{Caller, TokenError};
use sihha_domain::testing::{doctor, patient};

use super::{application, change_request, history, kinds};
use crate::context::{TestContext, admin, approval, done, request};

/// Returns a doctor whose application waits, as the caller of a live session.
fn applicant() -> (TestContext, Account, Caller) {
    let context = TestContext::new();
    let registered = context.register("amina@example.com", doctor());
    let caller = context.authenticate(registered.tokens.access.expose()).unwrap();
    context.clock.advance(TimeDelta::hours(2));
    (context, registered.account, caller)
}

fn resubmit(context: &TestContext, caller: &Caller) -> Result<Application, ApprovalError> {
    context.use_cases().resubmit.run(caller)
}

#[test]
fn a_corrected_application_waits_again() {
    let (context, account, caller) = applicant();
    context.decide_on(&account, &change_request()).unwrap();
    context.use_cases().count_duplicates.batch().unwrap();
    context.clock.advance(TimeDelta::hours(1));
    let sent = resubmit(&context, &caller).unwrap();
    let expected = Application {
        account: Account { submitted_at: context.clock.now(), ..account.clone() },
        state: ApprovalState::Pending,
        submitted_at: account.registered_at,
        resubmitted_at: Some(context.clock.now()),
        effective_at: None,
        claim: None,
        possible_duplicates: None,
    };
    assert_eq!(sent, expected);
    assert_eq!(application(&context, &account), expected);
    let by = |name: &str| Some(name.to_owned());
    assert_eq!(history(&context, &account), [("changes_requested", by("Leïla")), ("resubmitted", None)]);
}

#[test]
fn a_waiting_application_stays_as_it_is_and_an_approved_one_is_refused() {
    let (context, account, caller) = applicant();
    let before = application(&context, &account);
    assert_eq!(resubmit(&context, &caller), Ok(before));
    assert_eq!(kinds(&context, &account), <[&str; 0]>::default());
    context.approve(&account);
    let refused = resubmit(&context, &caller);
    assert!(
        matches!(refused, Err(ApprovalError::AlreadyDecided { state: ApprovalState::Approved, .. })),
        "{refused:?}"
    );
}

#[test]
fn a_resubmission_undoes_a_held_decision() {
    let (context, account, caller) = applicant();
    context.decide_on(&account, &change_request()).unwrap();
    let hold = TimeDelta::seconds(30);
    done(context.decide().run(&request(&admin(), &account), &approval(), hold)).unwrap();
    let sent = resubmit(&context, &caller).unwrap();
    assert_eq!((sent.state, sent.effective_at), (ApprovalState::Pending, None));
    assert_eq!(kinds(&context, &account), ["changes_requested", "approved", "undone", "resubmitted"]);
    context.clock.advance(hold);
    assert_eq!(context.use_cases().settle_decisions.batch(), Ok(0));
    assert_eq!(context.read(account.id).unwrap().approval, Some(Approval::Pending));
}

#[test]
fn only_an_applicant_in_a_live_session_resubmits() {
    let (context, account, caller) = applicant();
    context.reject(&account);
    assert_eq!(resubmit(&context, &caller), Err(TokenError::SessionEnded.into()));
    let registered = context.register("patient@example.com", patient());
    let patient = context.authenticate(registered.tokens.access.expose()).unwrap();
    assert_eq!(resubmit(&context, &patient), Err(ApprovalError::UnknownApplication));
}
