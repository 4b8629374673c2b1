//! The ports for batch tools and short commands: one connection, no tokens.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use sihha_domain::mail::NoMailer;
use sihha_domain::password::{
    Blocklist, HashError, Password, PasswordHash, PasswordHasher, PasswordPolicy, VerifyOutcome,
};
use sihha_domain::secret_box::NoSecretKey;
use sihha_domain::session::NoTokens;
use sihha_domain::use_cases::Ports;

use crate::argon2::{Argon2Cost, Argon2Hasher};
use crate::blocklist::PasswordBlocklist;
use crate::postgres::{
    ConnectError, Database, InvalidConnInfo, LocateError, PgStore, PoolSettings, RightsError, SchemaError,
    check_rights, check_schema, locate,
};
use crate::system::SystemRandomness;
use crate::totp::TotpCodes;

/// Maximum time that a tool waits for its connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);

/// Why a tool cannot use the database.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The URL is not a Postgres URL.
    #[error(transparent)]
    Url(#[from] InvalidConnInfo),
    /// There is no connection, or the server refuses a query.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The database has no schema that can be used.
    #[error(transparent)]
    Locate(#[from] LocateError),
    /// The database role lacks rights.
    #[error(transparent)]
    Rights(#[from] RightsError),
    /// The schema is not the schema of this release.
    #[error(transparent)]
    Schema(#[from] SchemaError),
}

/// Opens the migrated database at `url`, and returns the ports for a tool.
///
/// ```no_run
/// use sihha_domain::use_cases::{Settings, UseCases};
///
/// let ports = sihha_infra::tools::open("postgres://sihha@db.example/sihha")?;
/// let use_cases = UseCases::new(ports, Settings::DEFAULT);
/// println!("{} accounts", use_cases.list_accounts.iter().count());
/// # Ok::<(), sihha_infra::tools::OpenError>(())
/// ```
///
/// # Errors
///
/// Returns an error if the database cannot be reached, or its schema is not the schema of this
/// release.
pub fn open(url: &str) -> Result<Ports, OpenError> {
    let database = locate(Database::parse(url)?, None)?;
    check_rights(&database)?;
    check_schema(&database)?;
    Ok(ports(&database))
}

/// Returns the ports for a tool that uses `database`, whose schema has been checked. Common passwords
/// are refused.
#[must_use]
pub fn ports(database: &Database) -> Ports {
    let pool = PoolSettings { size: 1, acquire_timeout: ACQUIRE_TIMEOUT };
    let blocklist: Option<Arc<dyn Blocklist>> = Some(Arc::new(PasswordBlocklist::common()));
    let password_policy = PasswordPolicy { blocklist };
    Ports {
        store: Arc::new(PgStore::new(database.clone(), pool)),
        hasher: Arc::new(LazyHasher::default()),
        staff_password_policy: password_policy.clone(),
        password_policy,
        issuer: Arc::new(NoTokens),
        staff_issuer: Arc::new(NoTokens),
        one_time_codes: Arc::new(TotpCodes),
        secret_box: Arc::new(NoSecretKey),
        mailer: Arc::new(NoMailer),
        public_keys: Arc::new(NoTokens),
        signing_keys: Arc::new(NoTokens),
        legacy_tokens: None,
        clock: database.clock(),
        randomness: Arc::new(SystemRandomness),
    }
}

/// A hasher that starts at its first use. Most commands hash nothing, and its start takes as long
/// as a hash.
#[derive(Default)]
struct LazyHasher(OnceLock<Result<Argon2Hasher, HashError>>);

impl LazyHasher {
    fn get(&self) -> Result<&Argon2Hasher, HashError> {
        let start = || {
            let hasher = Argon2Hasher::new(Argon2Cost::default(), 1, Arc::new(SystemRandomness));
            hasher.map_err(|error| HashError(error.to_string()))
        };
        self.0.get_or_init(start).as_ref().map_err(Clone::clone)
    }
}

impl PasswordHasher for LazyHasher {
    fn hash(&self, password: &Password) -> Result<PasswordHash, HashError> {
        self.get()?.hash(password)
    }

    fn verify(&self, password: &Password, hash: Option<&PasswordHash>) -> Result<VerifyOutcome, HashError> {
        self.get()?.verify(password, hash)
    }
}
