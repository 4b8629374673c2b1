//! Rotation of refresh tokens.

use std::sync::Barrier;

use chrono::TimeDelta;

use super::fixture::{ObservableStore, insert, open, opened, outcome, rotate, rotate_all, use_of};
use crate::account::Role;
use crate::ids::{SessionId, TokenId};
use crate::session::{EndReason, Rotation, RotationOutcome, Session, TokenGrant};
use crate::testing::conformance::Case;
use crate::testing::{patient, registered};

pub(super) const CASES: &[Case<dyn ObservableStore>] = &[
    ("a_token_is_replaced_by_its_successor_once", rotate_once),
    ("a_rotation_shows_whether_the_address_is_confirmed", rotate_verified),
    ("a_token_repeated_in_the_grace_period_gets_the_same_result", rotate_again),
    ("a_token_reused_after_the_grace_period_revokes_its_session", reuse),
    ("without_a_grace_period_a_reuse_revokes_the_session", rotate_without_grace),
    ("a_restored_session_accepts_any_token_once", restored),
    ("the_newest_token_of_a_live_session_is_recognized", newest),
    ("each_rotation_of_a_batch_has_its_own_outcome", rotate_many),
    ("two_batches_of_the_same_rotations_replace_each_token_once", rotate_many_race),
    ("simultaneous_uses_replace_a_token_once", rotation_race),
];

fn rotate_once(store: &dyn ObservableStore) {
    let (account, session, token) = opened(store);
    let now = session.opened_at + TimeDelta::hours(1);
    let rotated = rotate(store, &session, token, now).expect("the current token is accepted");
    let wanted = TokenGrant {
        profile_id: account.id,
        role: Role::Patient,
        is_approved: true,
        is_email_verified: false,
        used_at: now,
        expires_at: now + TimeDelta::hours(24),
    };
    assert_eq!(rotated, wanted);

    let next_day = now + TimeDelta::hours(23);
    let mut rotation = use_of(&session, token.successor(), next_day);
    rotation.expires_at = session.ends_at + TimeDelta::hours(1);
    let found = rotate_all(store, &[rotation], next_day)[0];
    let RotationOutcome::Rotated(rotated) = found else { panic!("the current token is accepted: {found:?}") };
    assert_eq!(rotated.expires_at, session.ends_at, "no token outlives its session");
}

fn rotate_verified(store: &dyn ObservableStore) {
    let (account, session, token) = opened(store);
    let other = registered(2, "other@example.com", patient());
    insert(store, &other).expect("inserted");
    let (other, other_token) = open(store, &other, 2);
    let now = session.opened_at + TimeDelta::hours(1);
    let mut repositories = store.autocommit().expect("open");
    repositories.accounts().confirm_email(account.id, &account.profile.email, now).expect("confirmed");
    drop(repositories);
    let uses = [use_of(&session, token, now), use_of(&other, other_token, now)];
    let is_verified = |outcome: &RotationOutcome| match outcome {
        RotationOutcome::Rotated(grant) => grant.is_email_verified,
        other => panic!("{other:?}"),
    };
    let both: Vec<bool> = rotate_all(store, &uses, now).iter().map(is_verified).collect();
    assert_eq!(both, [true, false], "each account of a batch has its own");
    let alone = rotate(store, &session, token.successor(), now).expect("the current token is accepted");
    assert!(alone.is_email_verified);
}

fn newest(store: &dyn ObservableStore) {
    let (account, session, token) = opened(store);
    let stranger = registered(2, "other@example.com", patient());
    let now = session.opened_at + TimeDelta::hours(1);
    let is_newest = |owner, token: TokenId, at| {
        let mut repositories = store.autocommit().expect("open");
        repositories.sessions().is_newest(owner, session.id, &token.digest(), at).expect("readable")
    };
    assert!(is_newest(account.id, token, now));
    assert!(!is_newest(account.id, token.successor(), now), "a token that was not issued yet");
    assert!(!is_newest(stranger.id, token, now), "the session belongs to another account");
    assert!(!is_newest(account.id, token, session.expires_at), "the session has expired");
    assert!(rotate(store, &session, token, now).is_some());
    assert!(!is_newest(account.id, token, now), "the token was replaced");
    assert!(is_newest(account.id, token.successor(), now));

    store.autocommit().expect("open").sessions().mark_restored(now, None, now, 1).expect("written");
    assert!(is_newest(account.id, token, now), "a restored session accepts any token");
    let mut repositories = store.autocommit().expect("open");
    repositories.sessions().revoke(account.id, session.id, now, EndReason::LoggedOut).expect("written");
    drop(repositories);
    assert!(!is_newest(account.id, token, now), "the session was revoked");
}

fn reuse(store: &dyn ObservableStore) {
    let (account, session, token) = opened(store);
    let (other, its_token) = open(store, &account, 2);
    let stranger = registered(2, "other@example.com", patient());
    let now = session.opened_at + TimeDelta::hours(1);
    let not_their_own = Session { profile_id: stranger.id, ..session.clone() };
    assert_eq!(outcome(store, &not_their_own, token, now), RotationOutcome::NotLive);
    assert!(rotate(store, &session, token, now).is_some());
    let late = now + TimeDelta::seconds(11);
    assert_eq!(
        outcome(store, &session, token, late),
        RotationOutcome::Reused,
        "the token was replaced 11 seconds ago"
    );
    assert_eq!(outcome(store, &session, token.successor(), late), RotationOutcome::NotLive);
    assert!(rotate(store, &other, its_token, late).is_some(), "the other session is not affected");

    let mut repositories = store.autocommit().expect("open");
    let ended = repositories.sessions().ended(account.id, session.opened_at, 9).expect("readable");
    let found: Vec<_> =
        ended.iter().map(|ended| (ended.session.id, ended.ended_at, ended.reason.clone())).collect();
    assert_eq!(found, [(session.id, late, EndReason::TokenReused.into())]);
}

fn restored(store: &dyn ObservableStore) {
    let (account, session, token) = opened(store);
    let (newer, its_token) = open(store, &account, 2);
    let now = session.opened_at + TimeDelta::hours(1);
    let mark = |moment, after| {
        store.autocommit().expect("open").sessions().mark_restored(moment, after, now, 1).expect("written")
    };
    let all = now + TimeDelta::hours(1);
    assert_eq!(mark(session.opened_at, None), [], "both sessions were opened later");
    assert_eq!(mark(all, None), [(account.id, session.id.min(newer.id))]);
    assert_eq!(
        mark(all, Some((account.id, session.id.min(newer.id)))),
        [(account.id, session.id.max(newer.id))]
    );
    assert_eq!(mark(all, Some((account.id, session.id.max(newer.id)))), []);

    // The client has a token that the store does not know.
    let unknown = token.successor().successor();
    assert!(rotate(store, &session, unknown, now).is_some());
    assert!(
        rotate(store, &session, unknown, now + TimeDelta::seconds(9)).is_some(),
        "the token is repeated in the grace period"
    );
    assert!(rotate(store, &session, unknown.successor(), now).is_some(), "the successor is accepted");
    assert_eq!(
        outcome(store, &session, token, now),
        RotationOutcome::Reused,
        "any token is accepted only once"
    );
    assert!(rotate(store, &newer, its_token, now).is_some(), "the current token removes the mark as well");
    assert_eq!(outcome(store, &newer, its_token.successor().successor(), now), RotationOutcome::Reused);
}

fn rotate_again(store: &dyn ObservableStore) {
    let (_, session, token) = opened(store);
    let now = session.opened_at + TimeDelta::hours(1);
    let first = rotate(store, &session, token, now);
    let again = rotate(store, &session, token, now + TimeDelta::seconds(9));
    assert!(first.is_some());
    assert_eq!(again, first);
    let later = now + TimeDelta::seconds(9);
    assert!(
        rotate(store, &session, token.successor(), later).is_some(),
        "the successor is still the current token"
    );
}

fn rotate_many(store: &dyn ObservableStore) {
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
    assert_eq!(again, [found[1], RotationOutcome::Reused], "each rotation has its own outcome");
    assert_eq!(rotate_all(store, &[], now), []);
    assert!(rotate(store, &first, token.successor(), now).is_some());
    assert_eq!(outcome(store, &second, other.successor(), now), RotationOutcome::NotLive);
}

/// Checks that no token can be used twice without a grace period.
fn rotate_without_grace(store: &dyn ObservableStore) {
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

/// Runs the same batch on two instances simultaneously, in opposite orders.
fn rotate_many_race(store: &dyn ObservableStore) {
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

fn rotation_race(store: &dyn ObservableStore) {
    let (_, session, token) = opened(store);
    let now = session.opened_at + TimeDelta::hours(1);
    let start = Barrier::new(8);
    let found: Vec<_> = std::thread::scope(|scope| {
        let runners: Vec<_> = (0..8)
            .map(|number| {
                // Each instance has its own clock.
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
    assert!(found.iter().all(|one| *one == found[0]), "all have the same outcome: {found:?}");
}
