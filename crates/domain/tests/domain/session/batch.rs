//! Batches of refreshes and reads: each request gets its own result.

use sihha_domain::account::AccountError;
use sihha_domain::session::{Caller, SessionError, TokenError};
use sihha_domain::store::StoreError;
use sihha_domain::testing::patient;

use crate::context::{GRACE, TestContext};

#[test]
fn a_refresh_without_a_result_fails_and_does_not_revoke_the_session() {
    let context = TestContext::new();
    let [one, other] = ["amina@example.com", "karim@example.com"]
        .map(|email| context.register(email, patient()).tokens.refresh);
    context.store.omit_results_of(Some(context.claims(&one).session));
    let outcomes = context.refresh_all(&[one.expose(), other.expose()]);
    let defect = matches!(outcomes[0], Err(SessionError::Store(StoreError::Unexpected(_))));
    assert!(defect, "{:?}", outcomes[0]);
    assert!(outcomes[1].is_ok(), "{:?}", outcomes[1]);
    context.store.omit_results_of(None);
    context.refresh(one.expose()).expect("the client tries again");
}

#[test]
fn a_read_without_a_result_fails_and_does_not_look_like_an_ended_session() {
    let context = TestContext::new();
    let access = context.register("amina@example.com", patient()).tokens.access;
    let session = context.authenticate(access.expose()).unwrap().session;
    context.store.omit_results_of(Some(session));
    let outcome = context.read_own(access.expose());
    let defect = matches!(outcome, Err(AccountError::Store(StoreError::Unexpected(_))));
    assert!(defect, "{outcome:?}");
    context.store.omit_results_of(None);
    context.read_own(access.expose()).expect("readable");
}

#[test]
fn a_token_that_a_batch_contains_twice_gets_one_successor() {
    let context = TestContext::new();
    let first = context.register("amina@example.com", patient()).tokens.refresh;
    let outcomes = context.refresh_all(&[first.expose(), first.expose()]);
    let successors = outcomes.iter().map(|outcome| outcome.as_ref().unwrap().refresh.expose());
    let successors: Vec<_> = successors.collect();
    assert_eq!(successors[0], successors[1]);

    context.clock.advance(GRACE);
    let outcomes = context.refresh_all(&[first.expose(), first.expose()]);
    assert!(matches!(outcomes[0], Err(SessionError::Token(TokenError::Reused))), "{:?}", outcomes[0]);
    assert!(matches!(outcomes[1], Err(SessionError::Token(TokenError::SessionEnded))), "{:?}", outcomes[1]);
}

#[test]
fn another_token_of_a_session_that_a_batch_refreshes_is_left_for_the_next_batch() {
    let context = TestContext::new();
    let first = context.register("amina@example.com", patient()).tokens.refresh;
    let second = context.refresh(first.expose()).unwrap().refresh;
    let outcomes = context.refresh_all(&[first.expose(), second.expose()]);
    assert!(outcomes[0].is_ok(), "{:?}", outcomes[0]);
    assert!(matches!(outcomes[1], Err(SessionError::Store(StoreError::Locked))), "{:?}", outcomes[1]);
    context.refresh(second.expose()).expect("still the newest");
}

#[test]
fn a_session_gives_access_to_its_own_account_only() {
    let context = TestContext::new();
    let one = context.register("amina@example.com", patient());
    let other = context.register("karim@example.com", patient());
    let own = context.authenticate(one.tokens.access.expose()).unwrap();
    let forged = Caller { profile_id: other.account.id, ..own.clone() };
    let outcomes = context.use_cases().read_account.run(&[forged, own]);
    assert!(matches!(outcomes[0], Err(AccountError::Token(TokenError::SessionEnded))), "{:?}", outcomes[0]);
    assert_eq!(outcomes[1].as_ref().unwrap(), &one.account);
}
