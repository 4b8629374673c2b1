//! The conformance suites, run on the real adapters.

#[path = "conformance/statements.rs"]
mod statements;

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use libtest_mimic::{Arguments, Trial};
use secrecy::SecretSlice;
use sihha_domain::clock::Clock;
use sihha_domain::key::SigningKeys;
use sihha_domain::store::{Outage, Repositories, Store, StoreError, Transaction};
use sihha_domain::testing::FixedClock;
use sihha_domain::testing::conformance::{self, Hashers, Keys, ObservableStore, tests};
use sihha_infra::argon2::{Argon2Cost, Argon2Hasher};
use sihha_infra::jwt::{JwtIssuer, KeyAlgorithm, KeyRing, KeySources, KeyStore, StaffJwtIssuer, TokenTyp};
use sihha_infra::postgres::{DatabaseClock, PgStore, PoolSettings};
use sihha_infra::secret_box::ChaChaBox;
use sihha_infra::system::{SystemClock, SystemRandomness};
use sihha_tests::TestDatabase;

fn main() {
    statements::record();
    let tests = [
        tests_of_the_store(),
        tests("argon2_hasher", conformance::HASHER, |case| case(&argon2_hashers())),
        tests("jwt_issuer_with_a_secret", conformance::ISSUER, |case| case(&issuer(KeyAlgorithm::Hs256))),
        tests("jwt_issuer_with_eddsa", conformance::ISSUER, |case| case(&issuer(KeyAlgorithm::EdDsa))),
        tests("jwt_issuer_with_es256", conformance::ISSUER, |case| case(&issuer(KeyAlgorithm::Es256))),
        tests("jwt_issuer_of_rfc_9068", conformance::ISSUER, |case| {
            case(&issuer(KeyAlgorithm::Es256).with_access_typ(TokenTyp::Access));
        }),
        tests("staff_jwt_issuer_with_a_secret", conformance::STAFF_ISSUER, |case| {
            case(&StaffJwtIssuer::new("sihha", open_with(KeyAlgorithm::Hs256)));
        }),
        tests("staff_jwt_issuer_with_es256", conformance::STAFF_ISSUER, |case| {
            case(&StaffJwtIssuer::new("sihha", open_with(KeyAlgorithm::Es256)));
        }),
        tests("chacha_box", conformance::SECRET_BOX, |case| {
            case(&ChaChaBox::new(&[b'0'; 64], Arc::new(SystemRandomness)).unwrap());
        }),
        tests("key_ring_with_a_secret", conformance::KEYS, |case| case(&one_secret())),
        tests("key_ring_from_eddsa_to_es256", conformance::KEYS, |case| {
            case(&keys_in_rotation(KeyAlgorithm::EdDsa, KeyAlgorithm::Es256));
        }),
        tests("key_ring_from_a_secret_to_eddsa", conformance::KEYS, |case| {
            case(&keys_in_rotation(KeyAlgorithm::Hs256, KeyAlgorithm::EdDsa));
        }),
        tests("system_clock", conformance::CLOCK, |case| case(&SystemClock)),
        tests("database_clock", conformance::CLOCK, |case| case(&*database_clock())),
        tests("system_randomness", conformance::RANDOMNESS, |case| case(&SystemRandomness)),
    ];
    let trial = |test: conformance::Test| {
        Trial::test(test.name, move || {
            (test.run)();
            Ok(())
        })
    };
    let mut trials: Vec<Trial> = tests.into_iter().flatten().map(trial).collect();
    trials.push(Trial::test("postgres_store::every_statement_names_its_accounts", || {
        for test in tests_of_the_store() {
            (test.run)();
        }
        statements::check();
        Ok(())
    }));
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

fn tests_of_the_store() -> Vec<conformance::Test> {
    tests("postgres_store", &conformance::STORE.concat(), |case| case(&PostgresStore::new()))
}

/// A store on a separate database.
struct PostgresStore {
    // Before the database, so that its connections are closed first.
    store: PgStore,
    database: TestDatabase,
}

impl PostgresStore {
    fn new() -> Self {
        let database = TestDatabase::new();
        // Some cases have eight threads.
        let pool = PoolSettings { size: 8, acquire_timeout: Duration::from_secs(30) };
        Self { store: PgStore::new(database.open(), pool), database }
    }
}

impl Store for PostgresStore {
    fn autocommit(&self) -> Result<Box<dyn Repositories + '_>, StoreError> {
        self.store.autocommit()
    }

    fn begin(&self) -> Result<Box<dyn Transaction + '_>, StoreError> {
        self.store.begin()
    }

    fn ping(&self) -> Result<(), StoreError> {
        self.store.ping()
    }

    fn last_outage(&self) -> Option<Outage> {
        self.store.last_outage()
    }
}

impl ObservableStore for PostgresStore {
    fn wait_until_blocked(&self) {
        self.database.wait_until_blocked();
    }
}

fn argon2_hashers() -> Hashers {
    let hasher = |memory_kib| {
        let cost = Argon2Cost { memory_kib, passes: 1, lanes: 1 };
        Box::new(Argon2Hasher::new(cost, 2, Arc::new(SystemRandomness)).unwrap())
    };
    Hashers { current: hasher(32), previous: hasher(64) }
}

fn now() -> DateTime<Utc> {
    FixedClock::at("2026-11-23T09:30:00Z").now()
}

const LONGEST_TOKEN: TimeDelta = TimeDelta::hours(24);

fn open(secret: Option<&str>, key_store: Option<KeyStore>) -> Arc<KeyRing> {
    let secret = secret.map(|secret| SecretSlice::from(secret.as_bytes().to_vec()));
    let sources = KeySources { secret, key_store, longest_token: LONGEST_TOKEN };
    Arc::new(KeyRing::open(sources, Arc::new(FixedClock::at("2026-11-23T09:30:00Z"))).unwrap())
}

/// Returns a ring with one key.
fn open_with(algorithm: KeyAlgorithm) -> Arc<KeyRing> {
    let folder = tempfile::tempdir().unwrap();
    let store = KeyStore::new(folder.path().to_owned());
    store.generate(algorithm, None, now(), &SystemRandomness).unwrap();
    open(None, Some(store))
}

fn issuer(algorithm: KeyAlgorithm) -> JwtIssuer {
    JwtIssuer::new("sihha", &[], open_with(algorithm))
}

fn one_secret() -> Keys {
    let ring = open(Some("0123456789abcdef0123456789abcdef"), None);
    let secrets = ring.signers(now(), now());
    keys(&ring, secrets)
}

/// Returns a key that signs, and a later key that is only published for the next day.
fn keys_in_rotation(first: KeyAlgorithm, second: KeyAlgorithm) -> Keys {
    let folder = tempfile::tempdir().unwrap();
    let store = KeyStore::new(folder.path().to_owned());
    let generate = |algorithm| store.generate(algorithm, None, now(), &SystemRandomness).unwrap().id;
    let (first_id, _) = (generate(first), generate(second));
    let ring = open(None, Some(store));
    let secrets = if first == KeyAlgorithm::Hs256 { vec![first_id] } else { Vec::new() };
    keys(&ring, secrets)
}

fn keys(ring: &Arc<KeyRing>, secrets: Vec<String>) -> Keys {
    Keys { public: ring.clone(), signing: ring.clone(), secrets, now: now(), longest_token: LONGEST_TOKEN }
}

/// Returns the clock of a database after its time was queried.
fn database_clock() -> Arc<DatabaseClock> {
    let test_database = TestDatabase::new();
    let database = test_database.open();
    let clock = database.clock();
    let pool = PoolSettings { size: 1, acquire_timeout: Duration::from_secs(30) };
    PgStore::new(database, pool).ping().unwrap();
    clock
}
