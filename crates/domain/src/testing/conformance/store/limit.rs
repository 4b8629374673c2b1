//! The maximum number of sessions of an account, and revocation by its owner.

use std::sync::Barrier;

use chrono::{DateTime, TimeDelta, Utc};

use super::fixture::{ObservableStore, begun, insert, live, open, opened};
use crate::account::Account;
use crate::ids::SessionId;
use crate::session::{EndReason, Session};
use crate::store::Store;
use crate::testing::conformance::Case;
use crate::testing::{SequenceRandomness, patient, registered};

pub(super) const CASES: &[Case<dyn ObservableStore>] = &[
    ("a_live_session_is_found_by_owner_and_id", find_live),
    ("a_session_is_revoked_from_a_live_session_of_the_same_account", revoke_as),
    ("a_login_revokes_the_oldest_sessions_beyond_the_maximum", oldest_end),
    ("a_login_deletes_the_oldest_ended_sessions_beyond_the_maximum", ended_beyond_maximum),
    ("simultaneous_logins_leave_the_maximum_of_sessions", oldest_end_race),
];

fn find_live(store: &dyn ObservableStore) {
    let (account, session, _) = opened(store);
    let (second, _) = open(store, &account, 2);
    let find = |owner: &Account, id, now| {
        store.autocommit().expect("open").sessions().find_live(owner.id, id, now).expect("readable")
    };
    let now = session.opened_at;
    assert_eq!(find(&account, session.id, now), Some(session.clone()));
    assert_eq!(find(&account, session.id, session.expires_at), None, "the session has expired");
    let other = registered(2, "other@example.com", patient());
    assert_eq!(find(&other, session.id, now), None, "the session belongs to another account");
    let newest = store.autocommit().expect("open").sessions().live(account.id, now, 1).expect("readable");
    assert_eq!(newest, [second]);
}

fn revoke_as(store: &dyn ObservableStore) {
    let (account, session, _) = opened(store);
    let [second, third] = [2, 3].map(|number| open(store, &account, number).0);
    let other = registered(2, "other@example.com", patient());
    insert(store, &other).expect("inserted");
    let (theirs, _) = open(store, &other, 4);
    let now = session.opened_at + TimeDelta::minutes(1);
    let end = |caller: &Session, id| {
        let mut repositories = store.autocommit().expect("open");
        repositories.sessions().revoke_as(account.id, caller.id, id, now).expect("written")
    };
    assert!(!end(&session, theirs.id), "the session belongs to another account");
    assert!(!end(&theirs, session.id), "the caller's session belongs to another account");
    assert!(end(&session, second.id));
    assert!(!end(&session, second.id), "the session has already ended");
    assert!(!end(&second, third.id), "the caller's session has ended");
    assert_eq!(live(store, &account, now), [third.clone(), session.clone()]);
    assert!(end(&session, session.id), "a caller may revoke its own session");
    assert_eq!(live(store, &account, now), [third]);
    assert_eq!(live(store, &other, now), [theirs]);
    let ended = store.autocommit().expect("open").sessions().ended(account.id, now, 9).expect("readable");
    assert!(ended.iter().all(|ended| ended.reason == EndReason::EndedByOwner && ended.ended_at == now));
}

const MAX: usize = Session::MAX_PER_ACCOUNT as usize;

/// Adds a session and revokes the oldest beyond the maximum, as a login does.
fn log_in(store: &dyn Store, account: &Account, number: u64, at: DateTime<Utc>) -> Session {
    let (session, token) = begun(account, number);
    let session =
        Session { id: SessionId::generate(at, &SequenceRandomness::starting_at(number)), ..session };
    let mut repositories = store.autocommit().expect("open");
    let inserted = repositories.sessions().insert_unless_revoked(&session, &token.digest(), None);
    assert_eq!(inserted, Ok(true));
    repositories.sessions().revoke_oldest(account.id, session.id, at).expect("revoked");
    session
}

fn oldest_end(store: &dyn ObservableStore) {
    let (account, first, _) = opened(store);
    let other = registered(2, "other@example.com", patient());
    insert(store, &other).expect("inserted");
    let (theirs, _) = open(store, &other, 9000);
    let at = |minutes| first.opened_at + TimeDelta::minutes(minutes);
    // Sessions from a time without a maximum.
    let before: Vec<_> = (2..=120).map(|number| open(store, &account, number).0).collect();
    assert_eq!(live(store, &account, at(1)).len(), 120);
    let newest = log_in(store, &account, 200, at(1));
    let kept = live(store, &account, at(1));
    assert_eq!((kept.len(), &kept[0]), (MAX, &newest));
    let expected: Vec<_> = before.iter().rev().take(MAX - 1).collect();
    assert_eq!(kept[1..].iter().collect::<Vec<_>>(), expected, "the newest are kept");
    let ended =
        store.autocommit().expect("open").sessions().ended(account.id, at(0), 1000).expect("readable");
    assert_eq!(ended.len(), 21);
    assert!(ended.iter().all(|one| one.reason == EndReason::TooManySessions && one.ended_at == at(1)));

    // A session of an instance whose clock is slow sorts before all others. A login keeps its own
    // session nevertheless.
    let late = log_in(store, &account, 201, at(-60));
    let kept = live(store, &account, at(2));
    assert_eq!((kept.len(), &kept[MAX - 1]), (MAX, &late));
    assert_eq!(live(store, &other, at(2)), [theirs]);
}

fn ended_beyond_maximum(store: &dyn ObservableStore) {
    let (account, first, _) = opened(store);
    let at = |seconds| first.opened_at + TimeDelta::seconds(seconds);
    for number in 2..=131 {
        let (session, _) = open(store, &account, number);
        let mut repositories = store.autocommit().expect("open");
        let moment = at(i64::try_from(number).expect("small"));
        let ended = repositories.sessions().revoke(account.id, session.id, moment, EndReason::LoggedOut);
        assert_eq!(ended, Ok(true));
    }
    log_in(store, &account, 200, at(200));
    let ended =
        store.autocommit().expect("open").sessions().ended(account.id, at(0), 1000).expect("readable");
    assert_eq!(ended.len(), MAX);
    assert_eq!((ended[0].ended_at, ended[MAX - 1].ended_at), (at(131), at(32)), "the last to end are kept");
    assert_eq!(live(store, &account, at(200)).len(), 2);
}

fn oldest_end_race(store: &dyn ObservableStore) {
    let (account, first, _) = opened(store);
    (2..=100).for_each(|number| drop(open(store, &account, number)));
    let at = first.opened_at + TimeDelta::minutes(1);
    let start = Barrier::new(8);
    std::thread::scope(|scope| {
        for runner in 0..8 {
            let (start, account) = (&start, &account);
            scope.spawn(move || {
                start.wait();
                (0..5).for_each(|number| drop(log_in(store, account, 1000 + runner * 100 + number, at)));
            });
        }
    });
    assert_eq!(live(store, &account, at).len(), MAX);
}
