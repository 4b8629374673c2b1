//! The one place where domain, infra and api meet.

use std::net::TcpListener;
use std::num::NonZero;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use chrono::TimeDelta;
use secrecy::SecretSlice;
use sihha_api::app::{App, ConcurrencyLimits, UseCases};
use sihha_api::connection::{ConnectionLimits, CoreUse};
use sihha_api::server::{Server, ServerSettings};
use sihha_domain::account::{ChangeAccount, ReadAccount, Register};
use sihha_domain::clock::Clock;
use sihha_domain::key::{FindUnknownKeys, ListPublicKeys, RecordKeyUse};
use sihha_domain::password::{ChangePassword, PasswordHasher};
use sihha_domain::randomness::Randomness;
use sihha_domain::session::{
    Authenticate, LegacySessions, Login, Logout, OwnSessions, PurgeSessions, Refresh, SessionIssuer,
    SessionLifetimes, TokenIssuer, VerifyRefreshToken,
};
use sihha_domain::store::{CheckStore, Store};
use sihha_infra::argon2::{Argon2Cost, Argon2Hasher, HasherError};
use sihha_infra::jwt::{JwtIssuer, KeyRing, KeySources, KeyStore};
use sihha_infra::legacy_jwt::LegacyJwtReader;
use sihha_infra::postgres::{Database, PgStore, PoolSettings, StatementLimits};
use sihha_infra::system::processor_time;

use crate::config::ServeOptions;
use crate::descriptors;

/// Longest wait for a connection while the database is there: the bulkheads let in no more work than there
/// are connections, so only a struggling database makes anyone wait.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(2);
/// How many requests for the database may wait, for each thread that asks it.
const DATABASE_QUEUE: usize = 256;

/// What differs between production and tests.
pub struct Dependencies {
    /// Where the accounts are kept; its schema is right.
    pub database: Database,
    /// Sign tokens, and verify them.
    pub keys: Arc<KeyRing>,
    /// Signed the legacy backend's tokens.
    pub legacy_jwt_secret: Option<SecretSlice<u8>>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Makes ids, salts and secrets.
    pub randomness: Arc<dyn Randomness>,
}

/// What `serve` runs.
pub struct Service {
    /// Answers requests.
    pub server: Server,
    /// To be run beside it.
    pub background: Background,
}

/// What runs now and then, on threads of its own.
pub struct Background {
    /// Removes sessions that are over.
    pub purge: PurgeSessions,
    /// Records which keys sign.
    pub record_key_use: RecordKeyUse,
    /// Asks the database for a sign of life.
    pub check_store: CheckStore,
    /// Finds the keys whose tokens the service will not accept; for once, at the start.
    pub find_unknown_keys: FindUnknownKeys,
}

/// Builds the service, and binds its server.
///
/// # Errors
///
/// If an option is out of range, or the address taken.
pub fn build(options: &ServeOptions, dependencies: &Dependencies) -> anyhow::Result<Service> {
    let capacity = Capacity::of(options);
    // All that can be refused comes before the pool: one that is dropped while it connects complains by itself.
    let listener = TcpListener::bind(options.listen).with_context(|| {
        format!("cannot listen on {}; choose another address by --listen", options.listen)
    })?;
    let connections = connection_limits(options, capacity)?;
    let hasher = hasher(options, capacity, &dependencies.randomness)?;
    let (use_cases, background) = use_cases(options, dependencies, capacity, hasher.clone())?;
    let app = App::new(use_cases, capacity.concurrency_limits(options))
        .context("the system gives no more threads")?;
    let settings = ServerSettings {
        workers: options.workers.map_or(capacity.cores, usize::from),
        cores: capacity.cores,
        shutdown_timeout: options.stop.shutdown_timeout.as_secs(),
        connections,
    };
    let gauge = Arc::new(move || core_use(&hasher));
    let server = Server::listen(app, listener, gauge, settings).context("the server does not start")?;
    Ok(Service { server, background })
}

fn connection_limits(options: &ServeOptions, capacity: Capacity) -> anyhow::Result<ConnectionLimits> {
    let connections = &options.connections;
    Ok(ConnectionLimits {
        max_connections: descriptors::max_connections(connections.max_connections, capacity.pool_size)?,
        head_timeout: connections.head_timeout,
        body_timeout: connections.body_timeout,
        keep_alive_timeout: connections.keep_alive_timeout,
        response_timeout: connections.response_timeout,
    })
}

/// Reads the keys that the options name; `secret` is the one beside the folder, if there is one.
///
/// # Errors
///
/// If the secret is too short, or the folder or a file of it wrong.
pub fn open_keys(
    options: &ServeOptions,
    secret: Option<SecretSlice<u8>>,
    clock: Arc<dyn Clock>,
) -> anyhow::Result<Arc<KeyRing>> {
    let folder = options.signing_keys.clone().map(KeyStore::new);
    let longest_token = options.lifetimes.lifetimes().longest_token();
    Ok(Arc::new(KeyRing::open(KeySources { secret, key_store: folder, longest_token }, clock)?))
}

fn use_cases(
    options: &ServeOptions,
    dependencies: &Dependencies,
    capacity: Capacity,
    hasher: Arc<dyn PasswordHasher>,
) -> anyhow::Result<(UseCases, Background)> {
    let Dependencies { database, keys, legacy_jwt_secret, clock, randomness } = dependencies;
    let (clock, randomness) = (Arc::clone(clock), Arc::clone(randomness));
    let issuer: Arc<dyn TokenIssuer> =
        Arc::new(JwtIssuer::new(&options.jwt_issuer, &options.audience, Arc::clone(keys)));
    let pool = PoolSettings { size: capacity.pool_size, acquire_timeout: ACQUIRE_TIMEOUT };
    let limits = StatementLimits { statement: options.statement_timeout, ..StatementLimits::REQUESTS };
    let store: Arc<dyn Store> = Arc::new(PgStore::with_limits(database.clone(), pool, limits));
    let lifetimes = options.lifetimes.lifetimes();
    let sessions = Arc::new(SessionIssuer {
        issuer: Arc::clone(&issuer),
        clock: Arc::clone(&clock),
        randomness: Arc::clone(&randomness),
        lifetimes,
    });
    let legacy = legacy_sessions(legacy_jwt_secret.as_ref(), &store, lifetimes)?;
    let tokens =
        Arc::new(VerifyRefreshToken { issuer: Arc::clone(&issuer), legacy, clock: Arc::clone(&clock) });
    let background = background(&store, keys, &clock, lifetimes);
    let use_cases = UseCases {
        register: Register {
            store: Arc::clone(&store),
            hasher: Arc::clone(&hasher),
            sessions: Arc::clone(&sessions),
            clock: Arc::clone(&clock),
            randomness: Arc::clone(&randomness),
        },
        change_password: ChangePassword {
            store: Arc::clone(&store),
            hasher: Arc::clone(&hasher),
            clock: Arc::clone(&clock),
        },
        login: Login { store: Arc::clone(&store), hasher, sessions: Arc::clone(&sessions) },
        authenticate: Authenticate { issuer: Arc::clone(&issuer), clock: Arc::clone(&clock) },
        verify_refresh_token: Arc::clone(&tokens),
        refresh: Refresh {
            store: Arc::clone(&store),
            sessions,
            grace: TimeDelta::from_std(options.refresh_grace)?,
        },
        logout: Logout { store: Arc::clone(&store), tokens, clock: Arc::clone(&clock) },
        own_sessions: OwnSessions { store: Arc::clone(&store), clock: Arc::clone(&clock) },
        change_account: ChangeAccount { store: Arc::clone(&store), clock: Arc::clone(&clock) },
        read_account: ReadAccount { store: Arc::clone(&store), clock: Arc::clone(&clock) },
        list_public_keys: ListPublicKeys { keys: Arc::clone(keys) as _, clock: Arc::clone(&clock) },
        check_store: CheckStore { store },
        clock,
        randomness,
    };
    Ok((use_cases, background))
}

fn background(
    store: &Arc<dyn Store>,
    keys: &Arc<KeyRing>,
    clock: &Arc<dyn Clock>,
    lifetimes: SessionLifetimes,
) -> Background {
    Background {
        purge: PurgeSessions { store: Arc::clone(store), clock: Arc::clone(clock) },
        check_store: CheckStore { store: Arc::clone(store) },
        record_key_use: RecordKeyUse {
            store: Arc::clone(store),
            keys: Arc::clone(keys) as _,
            clock: Arc::clone(clock),
            longest_token: lifetimes.longest_token(),
        },
        find_unknown_keys: FindUnknownKeys {
            store: Arc::clone(store),
            keys: Arc::clone(keys) as _,
            clock: Arc::clone(clock),
        },
    }
}

fn hasher(
    options: &ServeOptions,
    capacity: Capacity,
    randomness: &Arc<dyn Randomness>,
) -> anyhow::Result<Arc<Argon2Hasher>> {
    let cost = Argon2Cost {
        memory_kib: options.argon2_memory_kib,
        passes: options.argon2_passes,
        lanes: options.argon2_lanes,
    };
    let hasher = Argon2Hasher::new(cost, capacity.hash_threads, Arc::clone(randomness)).map_err(no_hasher)?;
    Ok(Arc::new(hasher))
}

fn core_use(hasher: &Argon2Hasher) -> CoreUse {
    let jobs = hasher.jobs();
    // Most of the time nothing is hashed, and nobody wants to know the rest.
    if jobs == 0 {
        return CoreUse::default();
    }
    CoreUse { hashes: jobs, hashing: hasher.processor_time(), all: processor_time() }
}

/// Says which option to change.
fn no_hasher(error: HasherError) -> anyhow::Error {
    let what = match error {
        HasherError::Cost(_) => "--argon2-memory-kib must be at least 8 for each of --argon2-lanes",
        HasherError::Threads(_) => "the system gives fewer threads than --hash-threads asks for",
    };
    anyhow::Error::new(error).context(what)
}

fn legacy_sessions(
    secret: Option<&SecretSlice<u8>>,
    store: &Arc<dyn Store>,
    lifetimes: SessionLifetimes,
) -> anyhow::Result<Option<LegacySessions>> {
    let Some(secret) = secret else { return Ok(None) };
    let reader = LegacyJwtReader::new(secret).context("the legacy backend's tokens cannot be taken")?;
    Ok(Some(LegacySessions { reader: Arc::new(reader), store: Arc::clone(store), lifetimes }))
}

/// How much is done at a time.
#[derive(Clone, Copy)]
pub(crate) struct Capacity {
    cores: usize,
    hash_threads: usize,
    pub(crate) pool_size: u32,
}

impl Capacity {
    pub(crate) fn of(options: &ServeOptions) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        let default_pool_size = u32::try_from(cores * 4).unwrap_or(u32::MAX);
        Self {
            cores,
            hash_threads: options.hash_threads.map_or(cores, usize::from),
            pool_size: options.pool_size.map_or(default_pool_size, u32::from),
        }
    }

    /// Twice as many threads as hashes at a time, so that no core waits for the database between two hashes.
    fn concurrency_limits(self, options: &ServeOptions) -> ConcurrencyLimits {
        let pool_size = usize::try_from(self.pool_size).unwrap_or(usize::MAX);
        // Those who hash ask little; the others share what is left in three.
        let share = (pool_size.saturating_sub(self.hash_threads) / 3).max(1);
        ConcurrencyLimits {
            credentials: self.hash_threads * 2,
            credentials_queue: options.hash_queue.map_or(self.hash_threads * 32, usize::from),
            database: share,
            database_queue: share * DATABASE_QUEUE,
            batched: share,
            batched_queue: share * DATABASE_QUEUE,
        }
    }
}
