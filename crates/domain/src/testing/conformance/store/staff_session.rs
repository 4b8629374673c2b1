//! The sessions of staff.

use std::sync::Barrier;

use chrono::TimeDelta;

use super::fixture::ObservableStore;
use super::staff::{insert, member, now, with};
use crate::ids::{SessionId, StaffId, TokenId};
use crate::session::ClientInfo;
use crate::staff::{
    StaffEndReason, StaffMember, StaffRole, StaffRotation, StaffRotationOutcome, StaffSession,
};
use crate::store::Store;
use crate::testing::SequenceRandomness;
use crate::testing::conformance::Case;

pub(super) const CASES: &[Case<dyn ObservableStore>] = &[
    ("a_staff_session_names_its_member_while_it_is_live", live),
    ("a_refresh_token_of_staff_is_replaced_once", rotate),
    ("a_reused_refresh_token_of_staff_revokes_the_session", reuse),
    ("simultaneous_uses_of_a_staff_token_get_the_same_successor", simultaneous_uses),
    ("all_sessions_of_a_member_are_revoked_together", revoke_all),
    ("old_staff_sessions_are_purged_in_batches", purge),
];

const HOUR: TimeDelta = TimeDelta::hours(1);

fn opened(store: &dyn Store, staff_id: StaffId, number: u64) -> (StaffSession, TokenId) {
    let randomness = SequenceRandomness::starting_at(number);
    let session = StaffSession {
        id: SessionId::generate(now(), &randomness),
        staff_id,
        opened_at: now(),
        used_at: now(),
        expires_at: now() + HOUR,
        ends_at: now() + HOUR * 12,
        client: ClientInfo::default(),
    };
    let token = TokenId::generate(&randomness);
    store.autocommit().expect("open").staff_sessions().insert(&session, &token.digest()).expect("written");
    (session, token)
}

fn insert_member(store: &dyn Store) -> StaffMember {
    let reviewer = member(1, "leila@example.dz", StaffRole::Reviewer);
    assert!(insert(store, &reviewer));
    reviewer
}

/// Returns the member of the session some time after it was opened.
fn member_of(store: &dyn Store, session: &StaffSession, after: TimeDelta) -> Option<StaffMember> {
    let mut repositories = store.autocommit().expect("open");
    let found = repositories.staff_sessions().member(session.staff_id, session.id, session.opened_at + after);
    found.expect("readable")
}

/// Uses `token` some time after the session was opened, with a grace period of ten seconds.
fn use_token(
    store: &dyn Store,
    session: &StaffSession,
    token: TokenId,
    after: TimeDelta,
) -> StaffRotationOutcome {
    let at = session.opened_at + after;
    let rotation = StaffRotation {
        staff_id: session.staff_id,
        session: session.id,
        presented: token.digest(),
        successor: token.successor().digest(),
        expires_at: at + HOUR,
    };
    let mut repositories = store.autocommit().expect("open");
    let outcome = repositories.staff_sessions().rotate(&rotation, at, at - TimeDelta::seconds(10));
    outcome.expect("written")
}

fn live(store: &dyn ObservableStore) {
    let reviewer = insert_member(store);
    let other = member(2, "karim@example.dz", StaffRole::Admin);
    assert!(insert(store, &other));
    let (session, _) = opened(store, reviewer.id, 1);
    let moment = TimeDelta::microseconds(1);
    assert_eq!(member_of(store, &session, TimeDelta::zero()), Some(reviewer.clone()));
    assert_eq!(member_of(store, &session, HOUR - moment), Some(reviewer.clone()));
    assert_eq!(member_of(store, &session, HOUR), None, "it has expired");
    let of_other = StaffSession { staff_id: other.id, ..session.clone() };
    assert_eq!(member_of(store, &of_other, moment), None, "it is another member's");

    let disabled = StaffMember { disabled_at: Some(now()), ..reviewer };
    with(store, |staff| staff.update(&disabled)).expect("written");
    assert_eq!(member_of(store, &session, moment), Some(disabled), "the row is read each time");

    let revoke = |session: &StaffSession| {
        let mut repositories = store.autocommit().expect("open");
        let mut sessions = repositories.staff_sessions();
        sessions.revoke(session.staff_id, session.id, now(), StaffEndReason::LoggedOut).expect("written")
    };
    assert!(!revoke(&of_other));
    assert!(revoke(&session));
    assert!(!revoke(&session), "it was revoked before");
    assert_eq!(member_of(store, &session, moment), None);
}

fn rotate(store: &dyn ObservableStore) {
    let (session, token) = opened(store, insert_member(store).id, 1);
    let rotated = |after: TimeDelta, expires_after: TimeDelta| StaffRotationOutcome::Rotated {
        used_at: session.opened_at + after,
        expires_at: session.opened_at + expires_after,
    };
    let minutes = TimeDelta::minutes;
    assert_eq!(use_token(store, &session, token, minutes(30)), rotated(minutes(30), minutes(90)));
    let in_grace = minutes(30) + TimeDelta::seconds(9);
    assert_eq!(use_token(store, &session, token, in_grace), rotated(minutes(30), minutes(90)));
    let mut newest = token.successor();
    for half_hours in 2..24 {
        let after = minutes(30) * half_hours;
        let expires = (after + HOUR).min(HOUR * 12);
        assert_eq!(use_token(store, &session, newest, after), rotated(after, expires));
        newest = newest.successor();
    }
    assert_eq!(use_token(store, &session, newest, HOUR * 12), StaffRotationOutcome::NotLive);
}

fn reuse(store: &dyn ObservableStore) {
    let reviewer = insert_member(store);
    let seconds = TimeDelta::seconds;
    let (session, token) = opened(store, reviewer.id, 1);
    let (other, _) = opened(store, reviewer.id, 2);
    assert!(matches!(use_token(store, &session, token, seconds(1)), StaffRotationOutcome::Rotated { .. }));
    assert_eq!(use_token(store, &session, token, seconds(11)), StaffRotationOutcome::Reused);
    assert_eq!(use_token(store, &session, token.successor(), seconds(12)), StaffRotationOutcome::NotLive);
    assert_eq!(member_of(store, &session, seconds(12)), None);
    assert_eq!(member_of(store, &other, seconds(12)), Some(reviewer), "another session goes on");
}

fn simultaneous_uses(store: &dyn ObservableStore) {
    let (session, token) = opened(store, insert_member(store).id, 1);
    let start = Barrier::new(8);
    let outcomes: Vec<_> = std::thread::scope(|scope| {
        let run = || {
            start.wait();
            use_token(store, &session, token, TimeDelta::minutes(1))
        };
        let runners: Vec<_> = (0..8).map(|_| scope.spawn(run)).collect();
        runners.into_iter().map(|runner| runner.join().expect("no panic")).collect()
    });
    let used_at = session.opened_at + TimeDelta::minutes(1);
    assert_eq!(outcomes, [StaffRotationOutcome::Rotated { used_at, expires_at: used_at + HOUR }; 8]);
}

fn revoke_all(store: &dyn ObservableStore) {
    let reviewer = insert_member(store);
    let other = member(2, "karim@example.dz", StaffRole::Admin);
    assert!(insert(store, &other));
    let sessions = [1, 2].map(|number| opened(store, reviewer.id, number).0);
    let (others, _) = opened(store, other.id, 3);
    let revoke = || {
        let mut repositories = store.autocommit().expect("open");
        repositories.staff_sessions().revoke_all(reviewer.id, now(), StaffEndReason::Disabled)
    };
    assert_eq!(revoke(), Ok(2));
    assert_eq!(revoke(), Ok(0));
    for session in &sessions {
        assert_eq!(member_of(store, session, TimeDelta::seconds(1)), None);
    }
    assert_eq!(member_of(store, &others, TimeDelta::seconds(1)), Some(other));
}

fn purge(store: &dyn ObservableStore) {
    let reviewer = insert_member(store);
    let [first, ..] = [1, 2, 3].map(|number| opened(store, reviewer.id, number).0);
    let purge = |after: TimeDelta, limit| {
        let mut repositories = store.autocommit().expect("open");
        repositories.staff_sessions().purge(now() + after, limit).expect("written")
    };
    assert_eq!(purge(HOUR, 10), 0, "they expire at that moment, not before");
    assert_eq!(member_of(store, &first, TimeDelta::zero()), Some(reviewer));
    assert_eq!(purge(HOUR * 2, 2), 2);
    assert_eq!(purge(HOUR * 2, 2), 1);
    assert_eq!(purge(HOUR * 2, 2), 0);
}
