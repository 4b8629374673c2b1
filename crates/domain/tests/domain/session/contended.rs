//! Logins while the account changes repeatedly.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use sihha_domain::account::Role;
use sihha_domain::clock::Clock;
use sihha_domain::ids::ProfileId;
use sihha_domain::password::{Password, PasswordHash};
use sihha_domain::session::{ClientInfo, EndReason, LoggedIn, LoginAttempt, SessionError};
use sihha_domain::store::{Outage, Repositories, Store, StoreError, Transaction};
use sihha_domain::testing::{email, patient};

use crate::context::{PASSWORD, TestContext};

const ADDRESS: &str = "amina@example.com";

/// The context's store. Something happens each time after a login has read the credentials.
struct Contended {
    context: Arc<TestContext>,
    happens: fn(&TestContext),
    /// Maximum number of times that it happens.
    times: usize,
    asked: AtomicUsize,
}

impl Store for Contended {
    fn autocommit(&self) -> Result<Box<dyn Repositories + '_>, StoreError> {
        // Each round uses the store twice: to read, and to open the session.
        let asked = self.asked.fetch_add(1, Relaxed);
        if asked % 2 == 1 && asked / 2 < self.times {
            (self.happens)(&self.context);
        }
        self.context.store.autocommit()
    }

    fn begin(&self) -> Result<Box<dyn Transaction + '_>, StoreError> {
        self.context.store.begin()
    }

    fn ping(&self) -> Result<(), StoreError> {
        self.context.store.ping()
    }

    fn last_outage(&self) -> Option<Outage> {
        None
    }
}

/// Logs in while something `happens`, at most so many times. Returns the account and the outcome.
struct Attempt {
    context: Arc<TestContext>,
    id: ProfileId,
    outcome: Result<LoggedIn, SessionError>,
    /// The account that is logged if the login is refused.
    account: Option<ProfileId>,
    /// How many times the login used the store.
    asked: usize,
    hashed: usize,
    verified: usize,
}

fn log_in_while(
    prepare: fn(&TestContext),
    happens: fn(&TestContext),
    times: usize,
    client_has_gone: &dyn Fn() -> bool,
) -> Attempt {
    let context = Arc::new(TestContext::new());
    let id = context.register(ADDRESS, patient()).account.id;
    prepare(&context);
    let (hashed, verified) = context.hasher.counts();
    let asked = AtomicUsize::new(0);
    let store = Arc::new(Contended { context: context.clone(), happens, times, asked });
    let attempt = LoginAttempt {
        role: Some(Role::Patient),
        email: email(ADDRESS),
        password: Password::attempt(PASSWORD).expect("not empty"),
        client: ClientInfo::default(),
    };
    let outcome =
        context.use_cases_with(store.clone(), context.hasher.clone()).login.run(&attempt, client_has_gone);
    let (outcome, account) = match outcome {
        Ok(logged_in) => (Ok(logged_in), None),
        Err(refused) => (Err(refused.error), refused.account),
    };
    let (hashed_by_now, verified_by_now) = context.hasher.counts();
    let asked = store.asked.load(Relaxed);
    let (hashed, verified) = (hashed_by_now - hashed, verified_by_now - verified);
    Attempt { context, id, outcome, account, asked, hashed, verified }
}

fn nothing(_: &TestContext) {}

/// Revokes sessions, as the account's owner does from another session.
fn end_all_sessions(context: &TestContext) {
    let mut repositories = context.store.autocommit().expect("open");
    let found = repositories.passwords().find(&email(ADDRESS)).expect("readable").expect("registered");
    let now = context.clock.now();
    context.clock.advance(chrono::TimeDelta::milliseconds(1));
    let ended = repositories.sessions().revoke_all(found.id, None, now, EndReason::EndedByOwner);
    ended.expect("written");
}

#[test]
fn a_simultaneous_revocation_causes_no_second_password_check() {
    for times in [0, 1, 2] {
        let attempt = log_in_while(nothing, end_all_sessions, times, &|| false);
        attempt.outcome.expect("the password is still correct");
        assert_eq!((attempt.verified, attempt.hashed), (1, 0), "{times} times");
        assert_eq!(attempt.context.live_sessions(attempt.id), if times == 0 { 2 } else { 1 });
    }
}

#[test]
fn repeated_revocations_fail_the_login_after_three_rounds() {
    let attempt = log_in_while(nothing, end_all_sessions, usize::MAX, &|| false);
    assert!(matches!(attempt.outcome, Err(SessionError::Contended)), "{:?}", attempt.outcome);
    assert_eq!((attempt.verified, attempt.hashed, attempt.asked), (1, 0, 8));
    assert_eq!(attempt.context.live_sessions(attempt.id), 0);
    assert_eq!(attempt.account, Some(attempt.id));
}

#[test]
fn a_hash_that_this_login_upgraded_is_not_verified_again() {
    let outdated = |context: &TestContext| context.hasher.change_parameters();
    for times in [0, 1, 2] {
        let attempt = log_in_while(outdated, end_all_sessions, times, &|| false);
        attempt.outcome.expect("the password is still correct");
        assert_eq!((attempt.verified, attempt.hashed), (1, 1), "{times} times");
    }
}

/// Replaces the stored hash by another hash of the same password.
fn rehash(context: &TestContext) {
    let old = context.stored_hash(ADDRESS);
    let new = PasswordHash::new(format!("0{}", old.expose()));
    let mut repositories = context.store.autocommit().expect("open");
    let id = repositories.passwords().find(&email(ADDRESS)).expect("readable").expect("registered").id;
    assert_eq!(repositories.passwords().replace(id, &old, &new), Ok(true));
    drop(repositories);
    end_all_sessions(context);
}

#[test]
fn a_stored_hash_that_changes_repeatedly_is_verified_three_times() {
    let outcome = log_in_while(nothing, rehash, usize::MAX, &|| false);
    assert!(matches!(outcome.outcome, Err(SessionError::Contended)), "{:?}", outcome.outcome);
    assert_eq!(outcome.verified, 3);
}

#[test]
fn a_login_stops_if_its_client_has_disconnected() {
    let attempt = log_in_while(nothing, end_all_sessions, usize::MAX, &|| true);
    assert!(matches!(attempt.outcome, Err(SessionError::ClientGone)), "{:?}", attempt.outcome);
    assert_eq!((attempt.verified, attempt.asked, attempt.account), (0, 0, None));

    let rounds = Cell::new(0);
    let has_gone_in_the_second_round = || rounds.replace(rounds.get() + 1) == 1;
    let attempt = log_in_while(nothing, end_all_sessions, usize::MAX, &has_gone_in_the_second_round);
    assert!(matches!(attempt.outcome, Err(SessionError::ClientGone)), "{:?}", attempt.outcome);
    assert_eq!((attempt.verified, attempt.asked, attempt.account), (1, 4, Some(attempt.id)));
}
