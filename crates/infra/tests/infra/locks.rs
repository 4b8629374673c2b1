//! Rows and tables that another transaction has locked: one that an operator left open, or one of
//! another instance.

use std::time::Duration;

use chrono::TimeDelta;
use diesel::PgConnection;
use diesel::connection::SimpleConnection;
use sihha_domain::account::{Account, Role};
use sihha_domain::ids::{SessionId, TokenId};
use sihha_domain::session::{
    AuthenticationMethod, Caller, ClientInfo, EndReason, Rotation, RotationOutcome, Session,
};
use sihha_domain::store::{Store, StoreError};
use sihha_domain::testing::{SequenceRandomness, patient, registered};
use sihha_infra::postgres::{PgStore, PoolSettings, StatementLimits};
use sihha_tests::TestDatabase;

use crate::store::{hash, insert};

fn store_with(database: &TestDatabase, size: u32, limits: StatementLimits) -> PgStore {
    let pool = PoolSettings { size, acquire_timeout: Duration::from_secs(30) };
    PgStore::with_limits(database.open(), pool, limits)
}

fn store(database: &TestDatabase) -> PgStore {
    store_with(database, 2, StatementLimits::REQUESTS)
}

fn account() -> Account {
    registered(1, "patient@example.com", patient())
}

/// Creates a store with [`account`], and `count` of its sessions with their first tokens.
fn with_sessions(database: &TestDatabase, count: u64) -> (PgStore, Vec<(Session, TokenId)>) {
    let store = store(database);
    insert(&store, "patient@example.com", patient());
    let now = account().registered_at;
    let open = |number| {
        let randomness = SequenceRandomness::starting_at(number);
        let session = Session {
            id: SessionId::generate(now, &randomness),
            profile_id: account().id,
            opened_at: now,
            used_at: now,
            expires_at: now + TimeDelta::hours(24),
            ends_at: now + TimeDelta::hours(24),
            client: ClientInfo::default(),
        };
        let token = TokenId::generate(&randomness);
        assert_eq!(store.autocommit().unwrap().sessions().adopt(&session, &token.digest()), Ok(true));
        (session, token)
    };
    let sessions = (1..=count).map(open).collect();
    (store, sessions)
}

/// Makes a rotation of each session. Returns the results in the order of `uses`.
fn rotate(store: &PgStore, uses: &[&(Session, TokenId)]) -> Vec<Result<RotationOutcome, StoreError>> {
    let now = account().registered_at + TimeDelta::minutes(1);
    let rotation = |(session, token): &&(Session, TokenId)| Rotation {
        profile_id: session.profile_id,
        session: session.id,
        presented: token.digest(),
        successor: token.successor().digest(),
        expires_at: now + TimeDelta::hours(1),
    };
    let rotations: Vec<_> = uses.iter().map(rotation).collect();
    let grace_since = now - TimeDelta::seconds(10);
    match store.autocommit().unwrap().sessions().rotate(&rotations, now, grace_since) {
        Ok(results) => uses.iter().map(|(session, _)| results[&session.id].clone()).collect(),
        Err(error) => vec![Err(error); uses.len()],
    }
}

/// Runs `check` while a transaction is open that has run `sql`.
fn while_open(database: &TestDatabase, sql: &str, check: impl FnOnce()) {
    let open = |pg: &mut PgConnection| {
        pg.batch_execute(&format!("BEGIN; {sql}"))?;
        check();
        pg.batch_execute("ROLLBACK")
    };
    database.run(open).unwrap();
}

fn is_rotated(outcome: &Result<RotationOutcome, StoreError>) -> bool {
    matches!(outcome, Ok(RotationOutcome::Rotated(_)))
}

#[test]
fn a_batch_skips_a_locked_session_and_refreshes_the_others() {
    let database = TestDatabase::new();
    let (store, sessions) = with_sessions(&database, 3);
    let [first, locked, third] = &sessions[..] else { panic!("three sessions") };
    let id = locked.0.id;
    while_open(&database, &format!("SELECT FROM sessions WHERE id = '{id}' FOR UPDATE"), || {
        let found = rotate(&store, &[first, locked, third]);
        assert!(is_rotated(&found[0]) && is_rotated(&found[2]), "{found:?}");
        assert_eq!(found[1], Err(StoreError::Locked), "the caller tries again");
    });
    assert!(is_rotated(&rotate(&store, &[locked])[0]), "the token is still the newest one");
}

#[test]
fn a_refresh_of_a_locked_session_does_not_look_like_a_stolen_token() {
    let database = TestDatabase::new();
    let (store, sessions) = with_sessions(&database, 1);
    let (session, token) = &sessions[0];
    assert!(is_rotated(&rotate(&store, &[&sessions[0]])[0]));
    while_open(
        &database,
        &format!("UPDATE sessions SET address = '::1' WHERE id = '{}'", session.id),
        || {
            let next = (session.clone(), token.successor());
            assert_eq!(rotate(&store, &[&next]), [Err(StoreError::Locked)]);
        },
    );
    let now = account().registered_at + TimeDelta::minutes(1);
    let live = store.autocommit().unwrap().sessions().find_live(session.profile_id, session.id, now);
    assert!(live.unwrap().is_some());
}

#[test]
fn a_request_waits_only_briefly_for_a_locked_row_or_table() {
    let database = TestDatabase::new();
    let (store, sessions) = with_sessions(&database, 1);
    let (session, token) = &sessions[0];
    let (id, now) = (account().id, session.opened_at);
    let next = SessionId::generate(now, &SequenceRandomness::starting_at(99));
    while_open(&database, "SELECT FROM profiles FOR UPDATE", || {
        let mut repositories = store.autocommit().unwrap();
        let session = Session { id: next, ..session.clone() };
        let inserted = repositories.sessions().insert_unless_revoked(&session, &token.digest(), None);
        assert_eq!(inserted, Err(StoreError::Locked));
        drop(repositories);
        let mut transaction = store.begin().unwrap();
        let locked = transaction.accounts().lock_in_session(id, sessions[0].0.id, now);
        assert_eq!(locked, Err(StoreError::Locked));
    });
    while_open(&database, "SELECT FROM passwords FOR UPDATE", || {
        let replaced = store.autocommit().unwrap().passwords().replace(id, &hash(), &hash());
        assert_eq!(replaced, Err(StoreError::Locked));
    });
    while_open(&database, "LOCK TABLE sessions", || {
        assert_eq!(rotate(&store, &[&sessions[0]]), [Err(StoreError::Locked)]);
        let caller = Caller {
            profile_id: id,
            role: Role::Patient,
            session: session.id,
            scope: None,
            method: AuthenticationMethod::Password,
            authenticated_at: now,
        };
        let found = store.autocommit().unwrap().accounts().find_in_sessions(&[caller], now);
        assert_eq!(found, Err(StoreError::Locked));
    });
    assert!(is_rotated(&rotate(&store, &[&sessions[0]])[0]), "the connections still work");
}

#[test]
fn the_oldest_sessions_are_revoked_except_locked_ones() {
    let database = TestDatabase::new();
    let (store, sessions) = with_sessions(&database, 103);
    let (oldest, newest) = (&sessions[0].0, &sessions[102].0);
    let live = || {
        let mut repositories = store.autocommit().unwrap();
        let mut sessions = repositories.sessions();
        assert_eq!(sessions.revoke_oldest(newest.profile_id, newest.id, newest.opened_at), Ok(()));
        sessions.live(newest.profile_id, newest.opened_at, 1000).unwrap().len()
    };
    while_open(&database, &format!("SELECT FROM sessions WHERE id = '{}' FOR UPDATE", oldest.id), || {
        assert_eq!(live(), 101);
    });
    assert_eq!(live(), 100);
    let ended = store.autocommit().unwrap().sessions().ended(newest.profile_id, newest.opened_at, 9).unwrap();
    assert!(ended.iter().all(|ended| ended.reason == EndReason::TooManySessions));
}

#[test]
fn the_readiness_check_works_while_every_connection_waits() {
    let database = TestDatabase::new();
    let store = store_with(&database, 1, StatementLimits::REQUESTS);
    insert(&store, "patient@example.com", patient());
    while_open(&database, "LOCK TABLE profiles, sessions", || {
        let _busy = store.begin().unwrap();
        assert_eq!(store.ping(), Ok(()));
        assert_eq!(store.ping(), Ok(()));
    });
}

#[test]
fn a_statement_that_takes_too_long_makes_the_store_unavailable() {
    let database = TestDatabase::new();
    let limits = StatementLimits { statement: Duration::from_millis(50), ..StatementLimits::COMMANDS };
    let store = store_with(&database, 1, limits);
    insert(&store, "patient@example.com", patient());
    let slow = "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql \
                AS 'BEGIN PERFORM pg_sleep(60); RETURN NEW; END'; \
                CREATE TRIGGER slow BEFORE UPDATE ON passwords FOR EACH ROW EXECUTE FUNCTION slow()";
    database.run(|pg| pg.batch_execute(slow)).unwrap();
    let replaced = store.autocommit().unwrap().passwords().replace(account().id, &hash(), &hash());
    assert!(matches!(replaced, Err(StoreError::Unavailable(_))), "{replaced:?}");
}
