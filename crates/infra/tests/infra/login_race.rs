//! A login that is simultaneous with a change that revokes the account's sessions, in two real
//! transactions.

use chrono::TimeDelta;
use sihha_domain::account::{Account, AccountRef};
use sihha_domain::approval::{Approval, Decision};
use sihha_domain::ids::{RecordId, SessionId, TokenId};
use sihha_domain::password::PasswordHash;
use sihha_domain::reason::Reason;
use sihha_domain::session::{ClientInfo, EndReason, Session};
use sihha_domain::staff_name::StaffName;
use sihha_domain::store::{Repositories, Store, Transaction};
use sihha_domain::suspension::Suspension;
use sihha_domain::testing::{SequenceRandomness, doctor, registered};
use sihha_infra::postgres::PgStore;
use sihha_tests::TestDatabase;

use crate::store::{hash, insert, store};

fn new_hash() -> PasswordHash {
    PasswordHash::new("$argon2id$v=19$m=16,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2g".to_owned())
}

/// Opens a session as a login does whose password was correct before the change. Returns whether it
/// was opened.
fn open_session(repositories: &mut dyn Repositories, account: &Account) -> bool {
    let now = account.registered_at;
    let randomness = SequenceRandomness::default();
    let session = Session {
        id: SessionId::generate(now, &randomness),
        profile_id: account.id,
        opened_at: now,
        used_at: now,
        expires_at: now + TimeDelta::hours(24),
        ends_at: now + TimeDelta::hours(24),
        client: ClientInfo::default(),
    };
    let token = TokenId::generate(&randomness);
    repositories.sessions().insert_unless_revoked(&session, &token.digest(), None).unwrap()
}

/// A change that revokes an account's sessions: its reason, how it locks the account, and what it
/// writes.
type Change = (EndReason, fn(&mut dyn Transaction, &Account), fn(&mut dyn Transaction, &Account));

const CHANGES: [Change; 3] = [
    (
        EndReason::PasswordChanged,
        |transaction, account| transaction.accounts().lock(account.id).unwrap(),
        |transaction, account| {
            assert!(transaction.passwords().replace(account.id, &hash(), &new_hash()).unwrap());
        },
    ),
    (
        EndReason::Rejected,
        |transaction, account| {
            transaction.approvals().lock(&AccountRef::Id(account.id)).unwrap().unwrap();
        },
        |transaction, account| {
            let rejected = Approval::Rejected(decision(account));
            record(transaction, account, rejected);
        },
    ),
    (
        EndReason::Suspended,
        |transaction, account| {
            transaction.suspensions().lock(&AccountRef::Id(account.id)).unwrap().unwrap();
        },
        |transaction, account| {
            let Decision { by, at, reason, .. } = decision(account);
            let record = RecordId::generate(at, &SequenceRandomness::default());
            let suspension = Suspension { at, by, reason: reason.unwrap(), reinstatement: None };
            transaction.suspensions().add(account.id, record, &suspension).unwrap();
        },
    ),
];

fn decision(account: &Account) -> Decision {
    let by = StaffName::parse("Leïla").unwrap();
    Decision { by, at: account.registered_at, reason: Reason::parse("vérifié").ok(), code: None }
}

/// Puts a decision in force.
fn record(repositories: &mut dyn Repositories, account: &Account, decided: Approval) {
    let named = AccountRef::Id(account.id);
    let mut application = repositories.approvals().find(&named).unwrap().unwrap();
    application.state = decided.state();
    application.account.approval = Some(decided);
    repositories.approvals().save(&application).unwrap();
}

/// Creates a database with the account of a doctor who may log in.
fn with_account() -> (TestDatabase, PgStore, Account) {
    let database = TestDatabase::new();
    let store = store(&database);
    insert(&store, "doctor@example.com", doctor());
    let account = registered(1, "doctor@example.com", doctor());
    let approved = Approval::Approved(decision(&account));
    record(&mut *store.autocommit().unwrap(), &account, approved);
    (database, store, account)
}

#[test]
fn a_login_waits_for_the_change_and_opens_no_session() {
    for (reason, lock, write) in CHANGES {
        let (database, store, account) = with_account();
        let mut change = store.begin().unwrap();
        lock(&mut *change, &account);
        std::thread::scope(|scope| {
            let login = scope.spawn(|| open_session(&mut *store.autocommit().unwrap(), &account));
            database.wait_until_blocked();
            write(&mut *change, &account);
            change.sessions().revoke_all(account.id, None, account.registered_at, reason).unwrap();
            change.commit().unwrap();
            assert!(!login.join().unwrap(), "{reason:?}");
        });
    }
}

#[test]
fn a_change_waits_for_the_login_and_revokes_its_session() {
    for (reason, lock, write) in CHANGES {
        let (database, store, account) = with_account();
        let mut login = store.begin().unwrap();
        assert!(open_session(&mut *login, &account));
        std::thread::scope(|scope| {
            let revoked = scope.spawn(|| {
                let mut change = store.begin().unwrap();
                lock(&mut *change, &account);
                write(&mut *change, &account);
                let revoked = change.sessions().revoke_all(account.id, None, account.registered_at, reason);
                change.commit().unwrap();
                revoked.unwrap()
            });
            database.wait_until_blocked();
            login.commit().unwrap();
            assert_eq!(revoked.join().unwrap(), 1, "{reason:?}");
        });
    }
}
