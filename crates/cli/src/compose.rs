//! Connects `domain`, `infra` and `api`. No other module sees all three.

use std::io;
use std::num::NonZero;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use chrono::TimeDelta;
use secrecy::SecretSlice;
use sihha_api::app::{App, ConcurrencyLimits, HttpSettings};
use sihha_api::connection::{ConnectionLimits, CoreUse};
use sihha_api::network_limits::NetworkLimits;
use sihha_api::proxies::TrustedProxies;
use sihha_api::server::{Server, ServerSettings};
use sihha_api::tls::TlsCertificate;
use sihha_domain::clock::Clock;
use sihha_domain::mail::Mailer;
use sihha_domain::password::PasswordHasher;
use sihha_domain::randomness::Randomness;
use sihha_domain::secret_box::SecretBox;
use sihha_domain::use_cases::{Ports, Settings, UseCases};
use sihha_infra::argon2::{Argon2Cost, Argon2Hasher, HasherError};
use sihha_infra::jwt::{JwtIssuer, KeyRing, KeySources, KeyStore, StaffJwtIssuer};
use sihha_infra::legacy_jwt::LegacyJwtReader;
use sihha_infra::postgres::{Database, PgStore, PoolSettings, StatementLimits};
use sihha_infra::system::processor_time;
use sihha_infra::totp::TotpCodes;

use crate::blocklist::PasswordPolicies;
use crate::config::ServeOptions;
use crate::descriptors;
use crate::listen::BoundSocket;

/// Maximum wait for a connection while the database is available. The bulkheads admit no more work
/// than there are connections, so requests wait only if the database is slow.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(2);
/// Maximum number of requests that wait for a database thread, per thread.
const DATABASE_QUEUE: usize = 256;
/// Maximum number of requests that one statement serves. Larger batches save little, and every
/// request waits for the whole batch.
const DEFAULT_BATCH_SIZE: usize = 64;

/// Minimum of the default of `--max-connections-per-address`: the devices of a hospital have one
/// address.
const MIN_PER_ADDRESS: usize = 1000;

/// What production and tests provide differently.
pub struct Dependencies {
    /// The database, with the right schema.
    pub database: Database,
    /// Sign and verify tokens.
    pub keys: Arc<KeyRing>,
    /// Encrypts stored secrets.
    pub secret_box: Arc<dyn SecretBox>,
    /// The rules for new passwords.
    pub password_policies: PasswordPolicies,
    /// Delivers mail.
    pub mailer: Arc<dyn Mailer>,
    /// Secret that signed the legacy backend's tokens.
    pub legacy_jwt_secret: Option<SecretSlice<u8>>,
    /// Source of the current time.
    pub clock: Arc<dyn Clock>,
    /// Source of ids, salts and secrets.
    pub randomness: Arc<dyn Randomness>,
    /// The certificate, if connections are encrypted.
    pub certificate: Option<Arc<TlsCertificate>>,
}

/// What `serve` runs.
pub struct Service {
    /// Answers requests.
    pub server: Server,
    /// The use cases, for the background jobs.
    pub use_cases: Arc<UseCases>,
    /// Limits of requests per network, for the background job that purges their counts.
    pub network_limits: Arc<NetworkLimits>,
}

/// Builds the service, and lets clients connect to `socket`, the result of binding its address.
///
/// # Errors
///
/// Returns an error if an option is out of range or the address is in use.
pub fn build(
    options: &ServeOptions,
    dependencies: &Dependencies,
    socket: io::Result<BoundSocket>,
) -> anyhow::Result<Service> {
    let capacity = Capacity::of(options);
    // Everything that can fail comes before the pool, because a pool that is dropped while it
    // connects logs errors.
    let certificate = dependencies.certificate.clone();
    let listener = socket.and_then(|socket| socket.listen(certificate)).with_context(|| {
        format!("cannot listen on {}; choose another address with --listen", options.listen)
    })?;
    let connections = connection_limits(options, capacity)?;
    let hasher = hasher(options, capacity, &dependencies.randomness)?;
    let ports = ports(options, dependencies, capacity, hasher.clone())?;
    let (clock, randomness) = (Arc::clone(&ports.clock), Arc::clone(&ports.randomness));
    let settings = Settings {
        lifetimes: options.lifetimes.lifetimes(),
        refresh_grace: TimeDelta::from_std(options.refresh_grace)?,
        email_policy: options.email.policy(),
        throttle: options.throttle.limit()?,
        mail_lease: options.mail.lease()?,
        purge_batch: options.batch_size.map_or(Settings::DEFAULT.purge_batch, u32::from),
    };
    let use_cases = Arc::new(UseCases::new(ports, settings));
    let limits = capacity.concurrency_limits(options);
    let rates = options.request_limits.rates(options.throttle.throttle);
    let network_limits = Arc::new(NetworkLimits::new(rates));
    let http = HttpSettings {
        trusted_proxies: TrustedProxies(options.http.trusted_proxies.clone()),
        cors_origins: options.http.cors_origins.clone(),
        network_limits: Arc::clone(&network_limits),
        security_contacts: options.http.security_contacts.clone(),
        public_url: options.mail.templates.public_url.as_ref().map(ToString::to_string),
    };
    let app = App::new(Arc::clone(&use_cases), clock, randomness, limits, http)
        .context("the system refused a thread")?;
    let settings = ServerSettings {
        workers: options.workers.map_or(capacity.cores, usize::from),
        cores: capacity.cores,
        shutdown_timeout: options.stop.shutdown_timeout.as_secs(),
        connections,
        docs: !options.no_docs,
    };
    let gauge = Arc::new(move || core_use(&hasher));
    let server = Server::listen(app, listener, gauge, settings).context("cannot start the server")?;
    Ok(Service { server, use_cases, network_limits })
}

fn connection_limits(options: &ServeOptions, capacity: Capacity) -> anyhow::Result<ConnectionLimits> {
    let connections = &options.connections;
    let max_connections = descriptors::max_connections(connections.max_connections, capacity.pool_size)?;
    let per_address = connections.max_connections_per_address.map(usize::try_from).transpose()?;
    Ok(ConnectionLimits {
        max_connections,
        max_connections_per_address: per_address.unwrap_or((max_connections / 4).max(MIN_PER_ADDRESS)),
        head_timeout: connections.head_timeout,
        body_timeout: connections.body_timeout,
        keep_alive_timeout: connections.keep_alive_timeout,
        response_timeout: connections.response_timeout,
    })
}

/// Reads the keys that the options name. `secret` signs, or only verifies if there is a directory
/// of keys.
///
/// # Errors
///
/// Returns an error if the secret is too short, or if the directory or one of its files is invalid.
pub fn open_keys(
    options: &ServeOptions,
    secret: Option<SecretSlice<u8>>,
    clock: Arc<dyn Clock>,
) -> anyhow::Result<Arc<KeyRing>> {
    let folder = options.signing_keys.clone().map(KeyStore::new);
    let longest_token = options.lifetimes.lifetimes().longest_token();
    Ok(Arc::new(KeyRing::open(KeySources { secret, key_store: folder, longest_token }, clock)?))
}

fn ports(
    options: &ServeOptions,
    dependencies: &Dependencies,
    capacity: Capacity,
    hasher: Arc<dyn PasswordHasher>,
) -> anyhow::Result<Ports> {
    let Dependencies {
        database,
        keys,
        secret_box,
        password_policies,
        mailer,
        legacy_jwt_secret,
        clock,
        randomness,
        ..
    } = dependencies;
    let pool = PoolSettings { size: capacity.pool_size, acquire_timeout: ACQUIRE_TIMEOUT };
    let issuer = JwtIssuer::new(&options.jwt_issuer, &options.audience, Arc::clone(keys));
    let limits = StatementLimits { statement: options.statement_timeout, ..StatementLimits::REQUESTS };
    let legacy_tokens = legacy_jwt_secret.as_ref().map(LegacyJwtReader::new).transpose();
    let legacy_tokens = legacy_tokens.context("cannot accept the legacy backend's tokens")?;
    Ok(Ports {
        store: Arc::new(PgStore::with_limits(database.clone(), pool, limits)),
        hasher,
        password_policy: password_policies.accounts.clone(),
        staff_password_policy: password_policies.staff.clone(),
        issuer: Arc::new(issuer.with_access_typ(options.access_token_typ)),
        staff_issuer: Arc::new(StaffJwtIssuer::new(&options.jwt_issuer, Arc::clone(keys))),
        one_time_codes: Arc::new(TotpCodes),
        secret_box: Arc::clone(secret_box),
        mailer: Arc::clone(mailer),
        public_keys: Arc::clone(keys) as _,
        signing_keys: Arc::clone(keys) as _,
        legacy_tokens: legacy_tokens.map(|reader| Arc::new(reader) as _),
        clock: Arc::clone(clock),
        randomness: Arc::clone(randomness),
    })
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
    // Without hashes the other values are not used; most of the time there are none.
    if jobs == 0 {
        return CoreUse::default();
    }
    CoreUse { hashes: jobs, hashing: hasher.processor_time(), all: processor_time() }
}

/// Adds the option to change.
fn no_hasher(error: HasherError) -> anyhow::Error {
    let what = match error {
        HasherError::Cost(_) => "--argon2-memory-kib must be at least 8 for each of --argon2-lanes",
        HasherError::Threads(_) => "the system allows fewer threads than --hash-threads requests",
    };
    anyhow::Error::new(error).context(what)
}

/// How much work is done simultaneously.
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

    /// Returns twice as many credentials threads as hash threads, so that no core waits for the
    /// database between two hashes.
    fn concurrency_limits(self, options: &ServeOptions) -> ConcurrencyLimits {
        let pool_size = usize::try_from(self.pool_size).unwrap_or(usize::MAX);
        // Credentials threads need few connections. Three other groups of threads share the rest.
        let share = (pool_size.saturating_sub(self.hash_threads) / 3).max(1);
        ConcurrencyLimits {
            credentials: self.hash_threads * 2,
            credentials_queue: options.hash_queue.map_or(self.hash_threads * 32, usize::from),
            database: share,
            database_queue: share * DATABASE_QUEUE,
            batched: share,
            batched_queue: share * DATABASE_QUEUE,
            batch_size: options.batch_size.map_or(DEFAULT_BATCH_SIZE, usize::from),
        }
    }
}
