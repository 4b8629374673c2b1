//! Data and calls that the cases share.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};

use chrono::{DateTime, TimeDelta, Utc};

use crate::account::{Account, AccountRef, InsertError, NewAccount};
use crate::approval::{Application, ApplicationEvent, ApplicationEventKind};
use crate::clock::Clock;
use crate::ids::{ProfileId, RecordId, SessionId, StaffId, TokenId};
use crate::password::PasswordHash;
use crate::session::{ClientInfo, Rotation, RotationOutcome, Session, TokenGrant, UserAgent};
use crate::staff::Actor;
use crate::staff_name::StaffName;
use crate::store::{Store, StoreError};
use crate::testing::{FixedClock, SequenceRandomness, doctor, hospital, labo, patient, registered};

/// A store that shows a test when a transaction waits.
pub trait ObservableStore: Store {
    /// Blocks until a transaction of another thread waits for a lock.
    ///
    /// # Panics
    ///
    /// If none waits within 30 seconds.
    fn wait_until_blocked(&self);
}

pub(super) fn hash() -> PasswordHash {
    PasswordHash::new("$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2g".to_owned())
}

pub(super) fn insert(store: &dyn Store, account: &Account) -> Result<(), InsertError> {
    let mut transaction = store.begin()?;
    transaction.accounts().insert(&NewAccount::with_password(account, &hash()))?;
    Ok(transaction.commit()?)
}

pub(super) fn insert_all(store: &dyn Store) -> [Account; 4] {
    let accounts = [
        registered(1, "patient@example.com", patient()),
        registered(2, "Doctor@example.com", doctor()),
        registered(3, "hospital@example.com", hospital()),
        registered(4, "labo@example.com", labo()),
    ];
    for account in &accounts {
        insert(store, account).expect("inserted");
    }
    accounts
}

/// Returns a member of staff.
pub(super) fn member(number: u64) -> Actor {
    let name = |text: &str| StaffName::parse(text).expect("valid");
    let now = FixedClock::at("2026-11-23T09:30:00Z").now();
    Actor {
        id: Some(StaffId::generate(now, &SequenceRandomness::starting_at(number))),
        name: name(&format!("Leïla {number}")),
        directorate: number.is_multiple_of(2).then(|| name("DSP d'Oran")),
    }
}

/// Returns the application of the account.
pub(super) fn application(store: &dyn Store, id: ProfileId) -> Application {
    let found = store.autocommit().expect("open").approvals().find(&AccountRef::Id(id));
    found.expect("readable").expect("found")
}

/// Saves the application of the account after `edit`. Returns it.
pub(super) fn change(store: &dyn Store, id: ProfileId, edit: impl FnOnce(&mut Application)) -> Application {
    let mut transaction = store.begin().expect("begun");
    let found = transaction.approvals().lock(&AccountRef::Id(id)).expect("readable");
    let mut application = found.expect("found");
    edit(&mut application);
    application.account.submitted_at = application.last_submitted_at();
    transaction.approvals().save(&application).expect("saved");
    transaction.commit().expect("committed");
    application
}

/// Returns an event that is not held.
pub(super) fn event(at: DateTime<Utc>, by: Option<Actor>, kind: ApplicationEventKind) -> ApplicationEvent {
    let id = RecordId::generate(at, &SequenceRandomness::default());
    ApplicationEvent { id, at, by, effective_at: None, kind }
}

/// Inserts a patient's account with one session. Returns both, and the session's first refresh
/// token.
pub(super) fn opened(store: &dyn Store) -> (Account, Session, TokenId) {
    let account = registered(1, "patient@example.com", patient());
    insert(store, &account).expect("inserted");
    let (session, token) = open(store, &account, 1);
    (account, session, token)
}

pub(super) fn open(store: &dyn Store, account: &Account, number: u64) -> (Session, TokenId) {
    let (session, token) = begun(account, number);
    let mut repositories = store.autocommit().expect("open");
    repositories.sessions().adopt(&session, &token.digest()).expect("inserted");
    (session, token)
}

/// Returns a session of `account` that is not stored yet, and its first refresh token.
pub(super) fn begun(account: &Account, number: u64) -> (Session, TokenId) {
    let randomness = SequenceRandomness::starting_at(number);
    let now = account.registered_at;
    let session = Session {
        id: SessionId::generate(now, &randomness),
        profile_id: account.id,
        opened_at: now,
        used_at: now,
        expires_at: now + TimeDelta::hours(24),
        ends_at: now + TimeDelta::days(30),
        client: ClientInfo {
            address: Some(IpAddr::V6(Ipv6Addr::LOCALHOST).into()),
            user_agent: UserAgent::from_header("Mozilla/5.0 (متصفح)"),
        },
    };
    (session, TokenId::generate(&randomness))
}

/// Returns the live sessions of `account`, newest first.
pub(super) fn live(store: &dyn Store, account: &Account, now: DateTime<Utc>) -> Vec<Session> {
    store.autocommit().expect("open").sessions().live(account.id, now, 1000).expect("readable")
}

/// Returns the rotation of `token` at `now`.
pub(super) fn use_of(session: &Session, token: TokenId, now: DateTime<Utc>) -> Rotation {
    Rotation {
        profile_id: session.profile_id,
        session: session.id,
        presented: token.digest(),
        successor: token.successor().digest(),
        expires_at: now + TimeDelta::hours(24),
    }
}

/// Rotates different sessions at `now`, with a grace period of ten seconds. Retries locked
/// sessions.
pub(super) fn rotate_all(
    store: &dyn Store,
    rotations: &[Rotation],
    now: DateTime<Utc>,
) -> Vec<RotationOutcome> {
    let grace_since = now - TimeDelta::seconds(10);
    let mut repositories = store.autocommit().expect("open");
    let mut outcomes = HashMap::new();
    let mut left = rotations.to_vec();
    while !left.is_empty() {
        let results = repositories.sessions().rotate(&left, now, grace_since).expect("rotated");
        assert_eq!(results.len(), left.len(), "each session has a result");
        left.retain(|rotation| results[&rotation.session] == Err(StoreError::Locked));
        let done = results.into_iter().filter(|(_, result)| *result != Err(StoreError::Locked));
        outcomes.extend(done.map(|(session, result)| (session, result.expect("rotated"))));
        std::thread::yield_now();
    }
    rotations.iter().map(|rotation| outcomes[&rotation.session]).collect()
}

/// Rotates one token at `now`.
pub(super) fn outcome(
    store: &dyn Store,
    session: &Session,
    token: TokenId,
    now: DateTime<Utc>,
) -> RotationOutcome {
    rotate_all(store, &[use_of(session, token, now)], now).pop().expect("an outcome")
}

/// Rotates one token at `now`. Returns the grant, or `None` if the token is refused.
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
