//! The rotation of refresh tokens.

use std::collections::HashMap;
use std::sync::Barrier;

use chrono::{DateTime, TimeDelta, Utc};

use super::session::{open, opened};
use super::{patient, registered};
use crate::account::Role;
use crate::ids::{SessionId, TokenId};
use crate::session::{EndReason, Rotation, RotationOutcome, Session, TokenGrant};
use crate::store::{Store, StoreError};

/// The use of `token` at `now`.
fn use_of(session: &Session, token: TokenId, now: DateTime<Utc>) -> Rotation {
    Rotation {
        profile_id: session.profile_id,
        session: session.id,
        presented: token.digest(),
        successor: token.successor().digest(),
        expires_at: now + TimeDelta::hours(24),
    }
}

/// Makes rotations of different sessions at `now`, with ten seconds of grace. Repeats those that are locked.
fn rotate_all(store: &dyn Store, rotations: &[Rotation], now: DateTime<Utc>) -> Vec<RotationOutcome> {
    let grace_since = now - TimeDelta::seconds(10);
    let mut repositories = store.autocommit().expect("open");
    let mut outcomes = HashMap::new();
    let mut left = rotations.to_vec();
    while !left.is_empty() {
        let results = repositories.sessions().rotate(&left, now, grace_since).expect("answered");
        assert_eq!(results.len(), left.len(), "a result for each session");
        left.retain(|rotation| results[&rotation.session] == Err(StoreError::Locked));
        let made = results.into_iter().filter(|(_, result)| *result != Err(StoreError::Locked));
        outcomes.extend(made.map(|(session, result)| (session, result.expect("rotated"))));
        std::thread::yield_now();
    }
    rotations.iter().map(|rotation| outcomes[&rotation.session]).collect()
}

/// The use of `token` at `now`, by itself.
pub(super) fn outcome(
    store: &dyn Store,
    session: &Session,
    token: TokenId,
    now: DateTime<Utc>,
) -> RotationOutcome {
    rotate_all(store, &[use_of(session, token, now)], now).pop().expect("an outcome")
}

/// What a good use of `token` at `now` finds.
pub(super) fn rotate(
    store: &dyn Store,
    session: &Session,
    token: TokenId,
    now: DateTime<Utc>,
) -> Option<TokenGrant> {
    match outcome(store, session, token, now) {
        RotationOutcome::Rotated(rotated) => Some(rotated),
        RotationOutcome::Reused | RotationOutcome::NotLive => None,
    }
}

pub(super) fn rotate_once(store: &dyn Store) {
    let (account, session, token) = opened(store);
    let now = session.opened_at + TimeDelta::hours(1);
    let rotated = rotate(store, &session, token, now).expect("the newest token");
    let (role, is_approved, used_at, expires_at) = (Role::Patient, true, now, now + TimeDelta::hours(24));
    assert_eq!(rotated, TokenGrant { profile_id: account.id, role, is_approved, used_at, expires_at });

    let next_day = now + TimeDelta::hours(23);
    let mut rotation = use_of(&session, token.successor(), next_day);
    rotation.expires_at = session.ends_at + TimeDelta::hours(1);
    let found = rotate_all(store, &[rotation], next_day)[0];
    let RotationOutcome::Rotated(rotated) = found else { panic!("the newest token: {found:?}") };
    assert_eq!(rotated.expires_at, session.ends_at, "no token outlives its session");
}

pub(super) fn reuse(store: &dyn Store) {
    let (account, session, token) = opened(store);
    let (other, its_token) = open(store, &account, 2);
    let stranger = registered(2, "other@example.com", patient());
    let now = session.opened_at + TimeDelta::hours(1);
    let not_their_own = Session { profile_id: stranger.id, ..session.clone() };
    assert_eq!(outcome(store, &not_their_own, token, now), RotationOutcome::NotLive);
    assert!(rotate(store, &session, token, now).is_some());
    let late = now + TimeDelta::seconds(11);
    assert_eq!(outcome(store, &session, token, late), RotationOutcome::Reused, "replaced long ago");
    assert_eq!(outcome(store, &session, token.successor(), late), RotationOutcome::NotLive);
    assert!(rotate(store, &other, its_token, late).is_some(), "another session");

    let mut repositories = store.autocommit().expect("open");
    let ended = repositories.sessions().ended(account.id, session.opened_at, 9).expect("readable");
    let found: Vec<_> =
        ended.iter().map(|ended| (ended.session.id, ended.ended_at, ended.reason.clone())).collect();
    assert_eq!(found, [(session.id, late, EndReason::TokenReused.into())]);
}

pub(super) fn restored(store: &dyn Store) {
    let (account, session, token) = opened(store);
    let (newer, its_token) = open(store, &account, 2);
    let now = session.opened_at + TimeDelta::hours(1);
    let mark = |moment, after| {
        store.autocommit().expect("open").sessions().mark_restored(moment, after, now, 1).expect("written")
    };
    let all = now + TimeDelta::hours(1);
    assert_eq!(mark(session.opened_at, None), [], "opened later");
    assert_eq!(mark(all, None), [session.id.min(newer.id)]);
    assert_eq!(mark(all, Some(session.id.min(newer.id))), [session.id.max(newer.id)]);
    assert_eq!(mark(all, Some(session.id.max(newer.id))), []);

    // The client holds a token that the store does not know.
    let unknown = token.successor().successor();
    assert!(rotate(store, &session, unknown, now).is_some());
    assert!(rotate(store, &session, unknown, now + TimeDelta::seconds(9)).is_some(), "repeated");
    assert!(rotate(store, &session, unknown.successor(), now).is_some(), "its successor");
    assert_eq!(outcome(store, &session, token, now), RotationOutcome::Reused, "once");
    assert!(rotate(store, &newer, its_token, now).is_some(), "the newest token removes the mark as well");
    assert_eq!(outcome(store, &newer, its_token.successor().successor(), now), RotationOutcome::Reused);
}

pub(super) fn rotate_again(store: &dyn Store) {
    let (_, session, token) = opened(store);
    let now = session.opened_at + TimeDelta::hours(1);
    let first = rotate(store, &session, token, now);
    let again = rotate(store, &session, token, now + TimeDelta::seconds(9));
    assert!(first.is_some());
    assert_eq!(again, first);
    let later = now + TimeDelta::seconds(9);
    assert!(rotate(store, &session, token.successor(), later).is_some(), "it is still the newest");
}

pub(super) fn rotate_many(store: &dyn Store) {
    let (account, first, token) = opened(store);
    let (second, other) = open(store, &account, 2);
    let now = first.opened_at + TimeDelta::hours(1);
    let nowhere = Session { id: SessionId::of_legacy(token, now), ..first.clone() };
    let uses = [use_of(&second, other, now), use_of(&first, token, now), use_of(&nowhere, token, now)];
    let found = rotate_all(store, &uses, now);
    let is_rotated: Vec<_> = found.iter().map(|one| matches!(one, RotationOutcome::Rotated(_))).collect();
    assert_eq!(is_rotated, [true, true, false], "{found:?}");
    assert_eq!(found[2], RotationOutcome::NotLive);
    let again = rotate_all(store, &[use_of(&first, token, now), use_of(&second, token, now)], now);
    assert_eq!(again, [found[1], RotationOutcome::Reused], "each as if it were alone");
    assert_eq!(rotate_all(store, &[], now), []);
    assert!(rotate(store, &first, token.successor(), now).is_some());
    assert_eq!(outcome(store, &second, other.successor(), now), RotationOutcome::NotLive);
}

/// Without a grace period, no token can be used twice.
pub(super) fn rotate_without_grace(store: &dyn Store) {
    let (_, session, token) = opened(store);
    let now = session.opened_at + TimeDelta::hours(1);
    let rotate = || {
        let mut repositories = store.autocommit().expect("open");
        let results = repositories.sessions().rotate(&[use_of(&session, token, now)], now, now);
        results.expect("answered")[&session.id].clone()
    };
    assert!(matches!(rotate(), Ok(RotationOutcome::Rotated(_))));
    assert_eq!(rotate(), Ok(RotationOutcome::Reused));
}

/// Two instances take up the same uses at once, in opposite orders.
pub(super) fn rotate_many_race(store: &dyn Store) {
    let (account, first, token) = opened(store);
    let others = (2..20).map(|number| open(store, &account, number));
    let all: Vec<_> = std::iter::once((first.clone(), token)).chain(others).collect();
    let now = first.opened_at + TimeDelta::hours(1);
    let uses: Vec<_> = all.iter().map(|(session, token)| use_of(session, *token, now)).collect();
    let start = Barrier::new(2);
    let run = |uses: Vec<Rotation>| {
        start.wait();
        rotate_all(store, &uses, now)
    };
    let (one, mut other) = std::thread::scope(|scope| {
        let one = scope.spawn(|| run(uses.clone()));
        let other = scope.spawn(|| run(uses.iter().rev().copied().collect()));
        (one.join().expect("no panic"), other.join().expect("no panic"))
    });
    other.reverse();
    assert!(one.iter().all(|one| matches!(one, RotationOutcome::Rotated(_))), "{one:?}");
    assert_eq!(one, other);
}

pub(super) fn rotation_race(store: &dyn Store) {
    let (_, session, token) = opened(store);
    let now = session.opened_at + TimeDelta::hours(1);
    let start = Barrier::new(8);
    let found: Vec<_> = std::thread::scope(|scope| {
        let runners: Vec<_> = (0..8)
            .map(|number| {
                // Each instance has a clock of its own.
                let now = now + TimeDelta::milliseconds(number);
                let (start, session) = (&start, &session);
                scope.spawn(move || {
                    start.wait();
                    rotate(store, session, token, now)
                })
            })
            .collect();
        runners.into_iter().map(|runner| runner.join().expect("no panic")).collect()
    });
    assert!(found[0].is_some());
    assert!(found.iter().all(|one| *one == found[0]), "all find what the first use found: {found:?}");
}
