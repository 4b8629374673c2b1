//! Sessions.

use std::sync::Barrier;

use chrono::{DateTime, TimeDelta, Utc};

use super::fixture::{ObservableStore, begun, change, hash, insert, live, open, opened, outcome, rotate};
use crate::account::{Account, InsertError, NewAccount, Role};
use crate::approval::{Approval, ApprovalState, Decision};
use crate::ids::{SessionId, TokenId};
use crate::reason::Reason;
use crate::session::{
    AuthenticationMethod, Caller, EndReason, EndedSession, LockedAccount, RotationOutcome, Session,
};
use crate::staff_name::StaffName;
use crate::store::Store;
use crate::testing::conformance::Case;
use crate::testing::{SequenceRandomness, doctor, hospital, labo, patient, registered};

pub(super) const CASES: &[Case<dyn ObservableStore>] = &[
    ("an_account_is_inserted_with_its_first_session_or_not_at_all", first_session),
    ("a_session_is_read_as_it_was_inserted", session_comes_back),
    ("sessions_are_ordered_by_opening_time_and_not_by_id", order),
    ("a_session_is_live_until_it_is_revoked_or_expires", session_ends),
    ("a_login_that_began_before_a_revocation_opens_no_session", insert_unless_revoked),
    ("a_session_is_adopted_once", adopt_once),
    ("locking_the_owner_of_a_session_returns_decision_and_revocation", owner_locked),
    ("ended_sessions_are_listed_with_time_and_reason", ended_sessions),
    ("each_end_reason_is_stored", every_end_reason),
    ("only_expired_and_ended_sessions_are_purged", purge),
    ("a_purge_deletes_at_most_its_limit", purge_in_batches),
    ("simultaneous_purges_count_each_session_once", purge_race),
];

fn order(store: &dyn ObservableStore) {
    let account = registered(1, "patient@example.com", patient());
    insert(store, &account).expect("inserted");
    let mut repositories = store.autocommit().expect("open");
    let mut sessions = repositories.sessions();
    // The ids increase, the opening times do not.
    let opened = [(1, 2), (2, 1), (3, 3)].map(|(number, minutes)| {
        let (session, token) = begun(&account, number);
        let session = Session { opened_at: session.opened_at + TimeDelta::minutes(minutes), ..session };
        assert_eq!(sessions.adopt(&session, &token.digest()), Ok(true));
        session.id
    });
    let listed = sessions.live(account.id, account.registered_at, 9).expect("readable");
    let ids: Vec<_> = listed.iter().map(|session| session.id).collect();
    assert_eq!(ids, [2, 0, 1].map(|index| opened[index]));
}

fn first_session(store: &dyn ObservableStore) {
    let insert = |account: &Account, number| {
        let (session, token) = begun(account, number);
        let mut repositories = store.autocommit().expect("open");
        let (hash, digest) = (hash(), token.digest());
        let first = Some((&session, &digest));
        let new = NewAccount { session: first, ..NewAccount::with_password(account, &hash) };
        let outcome = repositories.accounts().insert(&new);
        let found = repositories.sessions().live(account.id, account.registered_at, 9).expect("readable");
        (outcome, found, session)
    };
    for (number, details) in (1..).zip([patient(), doctor(), hospital(), labo()]) {
        let account = registered(number, &format!("first{number}@example.com"), details);
        let (outcome, found, session) = insert(&account, number);
        assert_eq!((outcome, found), (Ok(()), vec![session]), "{:?}", account.role());
    }
    let second = registered(5, "first1@example.com", doctor());
    let (outcome, found, _) = insert(&second, 5);
    assert_eq!((outcome, found), (Err(InsertError::Taken), vec![]));
    assert_eq!(store.autocommit().expect("readable").accounts().find(second.id), Ok(None));
}

fn caller((account, session): (&Account, SessionId)) -> Caller {
    Caller {
        profile_id: account.id,
        role: account.role(),
        session,
        scope: None,
        method: AuthenticationMethod::Password,
        authenticated_at: account.registered_at,
    }
}

fn session_comes_back(store: &dyn ObservableStore) {
    let (account, first, _) = opened(store);
    let (second, _) = open(store, &account, 2);
    assert_eq!(live(store, &account, account.registered_at), [second, first.clone()]);

    let other = registered(2, "other@example.com", patient());
    insert(store, &other).expect("inserted");
    assert_eq!(live(store, &other, other.registered_at), []);

    let (third, its_token) = open(store, &other, 3);
    let nowhere = SessionId::of_legacy(its_token, first.opened_at);
    let wanted =
        [(&account, first.id), (&account, nowhere), (&other, third.id), (&account, first.id)].map(caller);
    let mut repositories = store.autocommit().expect("open");
    let found = repositories.accounts().find_in_sessions(&wanted, first.opened_at).expect("readable");
    let owners = [Some(&account), None, Some(&other)].map(|owner| Ok(owner.cloned()));
    assert_eq!(found, [first.id, nowhere, third.id].into_iter().zip(owners).collect());
    let found = repositories.accounts().find_in_sessions(&wanted, first.expires_at).expect("readable");
    assert_eq!(found, [first.id, nowhere, third.id].map(|id| (id, Ok(None))).into(), "expired");
    let foreign = [caller((&other, first.id))];
    let found = repositories.accounts().find_in_sessions(&foreign, first.opened_at).expect("readable");
    assert_eq!(found, [(first.id, Ok(None))].into(), "the session belongs to another account");
    let none = repositories.accounts().find_in_sessions(&[], first.opened_at).expect("readable");
    assert!(none.is_empty());
}

fn session_ends(store: &dyn ObservableStore) {
    let (account, session, token) = opened(store);
    let (other, _) = open(store, &account, 2);
    let (third, _) = open(store, &account, 3);
    let now = session.opened_at + TimeDelta::minutes(1);
    let end = |id| {
        let mut repositories = store.autocommit().expect("open");
        repositories.sessions().revoke(account.id, id, now, EndReason::LoggedOut).expect("written")
    };
    assert!(end(session.id));
    assert!(!end(session.id), "the session has already ended");
    assert_eq!(outcome(store, &session, token, now), RotationOutcome::NotLive);
    assert_eq!(live(store, &account, now), [third, other.clone()]);

    let mut repositories = store.autocommit().expect("open");
    let all = repositories.sessions().revoke_all(account.id, Some(other.id), now, EndReason::PasswordChanged);
    assert_eq!(all, Ok(1));
    drop(repositories);
    assert_eq!(live(store, &account, now), std::slice::from_ref(&other));
    assert_eq!(live(store, &account, other.expires_at), [], "the session has expired");
}

fn ended_sessions(store: &dyn ObservableStore) {
    let (account, first, _) = opened(store);
    let (second, _) = open(store, &account, 2);
    open(store, &account, 3);
    let at = |minutes| first.opened_at + TimeDelta::minutes(minutes);
    let end = |id, minutes, reason| {
        let mut repositories = store.autocommit().expect("open");
        assert_eq!(repositories.sessions().revoke(account.id, id, at(minutes), reason), Ok(true));
    };
    end(second.id, 1, EndReason::TokenReused);
    end(first.id, 2, EndReason::LoggedOut);
    let ended = |owner: &Account, minutes, limit| {
        store.autocommit().expect("open").sessions().ended(owner.id, at(minutes), limit).expect("readable")
    };
    let last = EndedSession { session: first.clone(), ended_at: at(2), reason: EndReason::LoggedOut.into() };
    let before = EndedSession { session: second, ended_at: at(1), reason: EndReason::TokenReused.into() };
    assert_eq!(ended(&account, 1, 100), [last.clone(), before]);
    assert_eq!(ended(&account, 2, 100), std::slice::from_ref(&last), "the other session ended earlier");
    assert_eq!(ended(&account, 1, 1), [last]);

    let other = registered(2, "other@example.com", patient());
    insert(store, &other).expect("inserted");
    assert_eq!(ended(&other, 0, 100), []);
}

fn every_end_reason(store: &dyn ObservableStore) {
    let (account, session, _) = opened(store);
    for (number, reason) in (2..).zip(EndReason::ALL.iter().copied()) {
        let (session, _) = open(store, &account, number);
        let mut repositories = store.autocommit().expect("open");
        let ended = repositories.sessions().revoke(account.id, session.id, session.opened_at, reason);
        assert_eq!(ended, Ok(true));
        let ended = repositories.sessions().ended(account.id, session.opened_at, 100).expect("readable");
        assert!(ended.iter().any(|ended| ended.session.id == session.id && ended.reason == reason));
    }
    assert_eq!(live(store, &account, session.opened_at), [session]);
}

fn revoke_all(store: &dyn Store, account: &Account, at: DateTime<Utc>) {
    let mut store = store.autocommit().expect("open");
    store.sessions().revoke_all(account.id, None, at, EndReason::PasswordChanged).expect("written");
}

fn insert_unless_revoked(store: &dyn ObservableStore) {
    let (account, session, token) = opened(store);
    let now = session.opened_at;
    let open = |number, not_before| {
        let id = SessionId::generate(now, &SequenceRandomness::starting_at(number));
        let mut store = store.autocommit().expect("open");
        let session = Session { id, ..session.clone() };
        store.sessions().insert_unless_revoked(&session, &token.digest(), not_before).expect("written")
    };
    let known = || {
        let found = store.autocommit().expect("open").passwords().find(&account.profile.email);
        found.expect("readable").expect("registered").sessions_not_before
    };
    assert_eq!(known(), None);
    assert!(open(2, None));
    assert_eq!(live(store, &account, now).len(), 2);
    for minutes in [1, 2] {
        let (before, at) = (known(), now + TimeDelta::minutes(minutes));
        revoke_all(store, &account, at);
        assert!(!open(3, before), "sessions were revoked after the login began");
        assert_eq!(known(), Some(at));
        assert_eq!(live(store, &account, at), []);
    }
    assert!(open(4, known()));
    assert_eq!(live(store, &account, now).len(), 1);
}

fn adopt_once(store: &dyn ObservableStore) {
    let (account, session, token) = opened(store);
    let (now, other) = (session.opened_at + TimeDelta::hours(1), token.successor());
    let adopt = |session: &Session, token: TokenId| {
        let mut transaction = store.begin().expect("begun");
        let adopted = transaction.sessions().adopt(session, &token.digest()).expect("written");
        transaction.commit().expect("committed");
        adopted
    };
    assert!(!adopt(&session, other));
    let id = SessionId::of_legacy(other, session.opened_at);
    assert!(adopt(&Session { id, ..session.clone() }, other));
    assert_eq!(live(store, &account, now).len(), 2);
    assert!(rotate(store, &Session { id, ..session.clone() }, other, now).is_some());
    assert!(rotate(store, &session, token, now).is_some(), "the existing session is kept");
}

fn owner_locked(store: &dyn ObservableStore) {
    let account = registered(1, "doctor@example.com", doctor());
    let lock = || store.begin().expect("begun").sessions().lock_owner(account.id).expect("readable");
    assert_eq!(lock(), None, "there is no account");
    insert(store, &account).expect("inserted");
    let role = Role::Doctor;
    assert_eq!(
        lock(),
        Some(LockedAccount { role, is_rejected: false, is_suspended: false, not_before: None })
    );

    let at = account.registered_at;
    let reason = Reason::parse("the diploma cannot be read").ok();
    let by = StaffName::parse("Leïla").expect("valid");
    let rejected = Approval::Rejected(Decision { by, at, reason, code: None });
    change(store, account.id, |application| {
        (application.state, application.account.approval) = (ApprovalState::Rejected, Some(rejected));
    });
    let mut transaction = store.begin().expect("begun");
    transaction.sessions().revoke_all(account.id, None, at, EndReason::Rejected).expect("written");
    transaction.commit().expect("committed");
    assert_eq!(
        lock(),
        Some(LockedAccount { role, is_rejected: true, is_suspended: false, not_before: Some(at) })
    );
}

/// Purges at most `limit` expired and `limit` ended sessions. Returns how many of each were
/// deleted.
fn remove(store: &dyn Store, now: DateTime<Utc>, limit: u32) -> (u32, u32) {
    let mut repositories = store.autocommit().expect("open");
    let mut sessions = repositories.sessions();
    let expired = sessions.purge_expired(now, limit).expect("deleted");
    (expired, sessions.purge_ended(now - Session::KEPT_AFTER_END, limit).expect("deleted"))
}

fn purge(store: &dyn ObservableStore) {
    let (account, session, token) = opened(store);
    let (ended, _) = open(store, &account, 2);
    let (idle, _) = open(store, &account, 3);
    let now = session.opened_at + TimeDelta::hours(23);
    rotate(store, &session, token, now).expect("the current token is accepted");
    let mut repositories = store.autocommit().expect("open");
    let end = repositories.sessions().revoke(account.id, ended.id, now, EndReason::LoggedOut);
    drop(repositories);
    assert_eq!(end, Ok(true));

    assert_eq!(remove(store, idle.expires_at - TimeDelta::seconds(1), 10), (0, 0), "no session has expired");
    let next_day = idle.expires_at + TimeDelta::hours(24);
    // The session that was used expires an hour later, so it is still within its day of expiry.
    let used_at = now + TimeDelta::hours(23);
    let used_again =
        rotate(store, &session, token.successor(), used_at).expect("the current token is accepted");
    assert_eq!(remove(store, next_day, 10), (1, 0), "the idle session");
    assert_eq!(
        live(store, &account, used_at),
        std::slice::from_ref(&Session { used_at, expires_at: used_again.expires_at, ..session })
    );
    assert_eq!(
        remove(store, now + Session::KEPT_AFTER_END, 10),
        (1, 0),
        "the session that was used, long after its expiry"
    );
    assert_eq!(remove(store, now + Session::KEPT_AFTER_END + TimeDelta::seconds(1), 10), (0, 1));
}

fn purge_in_batches(store: &dyn ObservableStore) {
    let (account, session, _) = opened(store);
    (2..=5).for_each(|number| drop(open(store, &account, number)));
    let long_after = session.ends_at + TimeDelta::days(1);
    let batches = [(); 4].map(|()| remove(store, long_after, 2).0);
    assert_eq!(batches, [2, 2, 1, 0]);
}

fn purge_race(store: &dyn ObservableStore) {
    let (account, session, _) = opened(store);
    (2..=40).for_each(|number| drop(open(store, &account, number)));
    let long_after = session.ends_at + TimeDelta::days(1);
    let start = Barrier::new(4);
    let removed: u32 = std::thread::scope(|scope| {
        let runners: Vec<_> = (0..4)
            .map(|_| {
                let start = &start;
                scope.spawn(move || {
                    start.wait();
                    std::iter::repeat_with(|| remove(store, long_after, 3).0)
                        .take_while(|count| *count > 0)
                        .sum::<u32>()
                })
            })
            .collect();
        runners.into_iter().map(|runner| runner.join().expect("no panic")).sum()
    });
    // A thread stops early if the others have locked all remaining sessions.
    assert_eq!(removed + remove(store, long_after, 40).0, 40);
}
