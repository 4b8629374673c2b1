//! The options: each is also an environment variable, and `--help` teaches them.

mod connection;
mod database;
mod keys;
mod migrate;
mod sessions;
mod staff;
mod stop;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use chrono::TimeDelta;
use clap::{Args, Parser, Subcommand, ValueEnum};
use sihha_domain::account::Role;
use sihha_domain::session::{PerRole, SessionLifetimes};

pub use self::connection::ConnectionOptions;
pub use self::keys::{GenerateOptions, KeyStoreOptions, KeysCommand, KeysListOptions, RetireOptions};
pub use self::migrate::MigrateOptions;
pub use self::sessions::{MarkRestoredOptions, SessionsCommand};
pub use self::staff::{
    AccountOptions, AccountSelector, AccountsCommand, ApprovalsCommand, ApproveOptions, DecisionOptions,
    HistoryOptions, ListOptions, RejectOptions, StateChoice, SuspendOptions,
};
pub use self::stop::StopOptions;

const EXAMPLES: &str = "Examples:
  sihha serve                        with a private Postgres, on http://127.0.0.1:8000
  sihha approvals list               who waits for approval
  sihha approvals approve --role hospital --email contact@chu-oran.dz
  sihha accounts suspend --email contact@chu-oran.dz --reason 'Enquête en cours'
  DATABASE_URL=postgres://sihha@db/sihha sihha migrate

Every option is an environment variable as well; `sihha COMMAND --help` names it.";

/// The account service of a health platform: patients, doctors, hospitals and laboratories register and log
/// in, and staff approve the last three.
#[derive(Debug, Parser)]
#[command(name = "sihha", version, max_term_width = 100, after_help = EXAMPLES)]
pub struct Cli {
    /// How to log.
    #[command(flatten)]
    pub logging: LoggingOptions,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What `sihha` can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the API until SIGTERM or SIGINT. With no database given, run a private Postgres as well
    Serve(Box<ServeOptions>),
    /// Bring the database's schema up to date. Safe when several start at once
    Migrate(MigrateOptions),
    /// List, approve and reject doctors, hospitals and laboratories
    #[command(subcommand)]
    Approvals(ApprovalsCommand),
    /// Suspend and reinstate accounts of any role
    #[command(subcommand)]
    Accounts(AccountsCommand),
    /// Repair sessions after a restore
    #[command(subcommand)]
    Sessions(SessionsCommand),
    /// Generate, list and retire the keys that sign tokens
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Print the OpenAPI 3.1 document
    Openapi,
}

/// What is logged by default.
pub const DEFAULT_LOG: &str = "info,actix_server=warn";

/// How to log.
#[derive(Debug, Args)]
pub struct LoggingOptions {
    /// What to log, to standard error: error, warn, info, debug, trace, off, or a level by target as in `sihha=debug`
    #[arg(long, global = true, env = "SIHHA_LOG", default_value = DEFAULT_LOG, help_heading = "Logging")]
    pub log: String,
    /// How to write it: for people, as one JSON object a line, or as standard error asks for
    #[arg(long, global = true, env = "SIHHA_LOG_FORMAT", default_value = "auto", help_heading = "Logging")]
    pub log_format: LogFormat,
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Text on a terminal, JSON otherwise.
    Auto,
    /// For people.
    Text,
    /// One object a line.
    Json,
}

/// Where the accounts are kept.
#[derive(Debug, Clone, Args)]
pub struct DatabaseOptions {
    /// The Postgres to use, as a URL or as keywords of libpq. Without it, a private Postgres runs in the data
    /// directory, from the binaries installed on this machine
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_name = "URL", help_heading = "Database")]
    pub database_url: Option<String>,
    /// The schema of the database that holds the tables [default: the one that holds them already, or public]
    #[arg(long, env = "SIHHA_SCHEMA", value_name = "NAME", help_heading = "Database")]
    pub schema: Option<String>,
    /// Where the private Postgres and the JWT secret are kept [default: sihha in the user's data folder, for
    /// root /var/lib/sihha]
    #[arg(long, env = "SIHHA_DATA_DIR", value_name = "DIR", help_heading = "Database")]
    pub data_dir: Option<PathBuf>,
    /// The folder of `postgres` and `initdb` [default: the newest installed]
    #[arg(long, env = "SIHHA_POSTGRES_BIN_DIR", value_name = "DIR", help_heading = "Database")]
    pub postgres_bin_dir: Option<PathBuf>,
}

/// How to serve.
#[derive(Debug, Clone, Args)]
pub struct ServeOptions {
    /// Address and port to listen on; port 0 takes a free one
    #[arg(long, env = "SIHHA_LISTEN", default_value = "127.0.0.1:8000", value_name = "ADDRESS:PORT")]
    pub listen: SocketAddr,
    /// Where the accounts are kept.
    #[command(flatten)]
    pub database: DatabaseOptions,
    /// A file with the secret that signs tokens, of at least 32 bytes; the variable `SIHHA_JWT_SECRET` may hold
    /// the secret itself. Without either, the private Postgres's data directory gets one at first start
    #[arg(long, env = "SIHHA_JWT_SECRET_FILE", value_name = "FILE", help_heading = "Tokens")]
    pub jwt_secret_file: Option<PathBuf>,
    /// A file with the secret that signed the legacy Django backend's tokens. Its refresh tokens, up to a day old, are
    /// then exchanged for our own, each once; the variable `SIHHA_LEGACY_JWT_SECRET` may hold the secret itself
    #[arg(
        long,
        alias = "former-jwt-secret-file",
        env = "SIHHA_LEGACY_JWT_SECRET_FILE",
        value_name = "FILE",
        help_heading = "Tokens"
    )]
    pub legacy_jwt_secret_file: Option<PathBuf>,
    /// A folder of keys, EdDSA and ES256 (.pem) or secrets (.secret), the newest of which signs tokens: see `sihha keys`.
    /// Without it the secret signs; with it, that goes on verifying while it is given
    #[arg(long, env = "SIHHA_SIGNING_KEYS", value_name = "DIR", help_heading = "Tokens")]
    pub signing_keys: Option<PathBuf>,
    /// The name of this service in its tokens, `iss`
    #[arg(
        long,
        env = "SIHHA_JWT_ISSUER",
        default_value = "sihha",
        value_name = "NAME",
        help_heading = "Tokens"
    )]
    pub jwt_issuer: String,
    /// Whom access tokens are for, `aud`; several are separated by commas. This service then takes no access token that
    /// names none of them
    #[arg(long, env = "SIHHA_AUDIENCE", value_delimiter = ',', value_parser = audience, value_name = "NAME",
          help_heading = "Tokens")]
    pub audience: Vec<String>,
    /// How long tokens live.
    #[command(flatten)]
    pub lifetimes: LifetimeOptions,
    /// How long after its use a refresh token may be sent again, for a lost answer or two tabs; 0s forbids it
    #[arg(long, env = "SIHHA_REFRESH_GRACE", default_value = "10s", value_parser = grace,
          value_name = "TIME", help_heading = "Tokens")]
    pub refresh_grace: Duration,
    /// Memory of an Argon2id hash, in KiB
    #[arg(long, env = "SIHHA_ARGON2_MEMORY_KIB", default_value_t = 19_456, value_name = "KIB",
          value_parser = clap::value_parser!(u32).range(8..=4_194_304), help_heading = "Passwords")]
    pub argon2_memory_kib: u32,
    /// Passes of an Argon2id hash over its memory
    #[arg(long, env = "SIHHA_ARGON2_PASSES", default_value_t = 2, value_name = "N",
          value_parser = clap::value_parser!(u32).range(1..=1000), help_heading = "Passwords")]
    pub argon2_passes: u32,
    /// Lanes of an Argon2id hash
    #[arg(long, env = "SIHHA_ARGON2_LANES", default_value_t = 1, value_name = "N",
          value_parser = clap::value_parser!(u32).range(1..=64), help_heading = "Passwords")]
    pub argon2_lanes: u32,
    /// How many passwords are hashed at a time [default: one for each core]
    #[arg(long, env = "SIHHA_HASH_THREADS", value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024),
          help_heading = "Capacity")]
    pub hash_threads: Option<u16>,
    /// How many more logins and registrations may wait; past that they are refused with 503
    /// [default: 32 for each hash thread]
    #[arg(long, env = "SIHHA_HASH_QUEUE", value_name = "N", value_parser = clap::value_parser!(u16).range(1..),
          help_heading = "Capacity")]
    pub hash_queue: Option<u16>,
    /// Connections to the database [default: four for each core]
    #[arg(long, env = "SIHHA_POOL_SIZE", value_name = "N", value_parser = clap::value_parser!(u16).range(2..=1000),
          help_heading = "Capacity")]
    pub pool_size: Option<u16>,
    /// How long a statement of a request may take in the database, also if that does not answer at all
    #[arg(long, env = "SIHHA_STATEMENT_TIMEOUT", default_value = "3s", value_parser = lifetime, value_name = "TIME",
          help_heading = "Capacity")]
    pub statement_timeout: Duration,
    /// Threads that speak HTTP [default: one for each core]
    #[arg(long, env = "SIHHA_WORKERS", value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256),
          help_heading = "Capacity")]
    pub workers: Option<u16>,
    /// How to stop.
    #[command(flatten)]
    pub stop: StopOptions,
    /// Limits of HTTP connections.
    #[command(flatten)]
    pub connections: ConnectionOptions,
}

/// How long tokens live.
#[derive(Debug, Clone, Args)]
pub struct LifetimeOptions {
    /// How long an access token lives
    #[arg(long, env = "SIHHA_ACCESS_LIFETIME", default_value = "5m", value_parser = time_delta,
          value_name = "TIME", help_heading = "Tokens")]
    pub access_lifetime: TimeDelta,
    /// How long a refresh token lives, and so how long a session may stay idle: one time for all, or one for each
    /// role as in the next option
    #[arg(long, env = "SIHHA_REFRESH_LIFETIME", default_value = "24h", value_parser = role_times,
          value_name = "TIMES", help_heading = "Tokens")]
    pub refresh_lifetime: PerRole<TimeDelta>,
    /// How long a session lives in all, however often it is refreshed
    #[arg(long, env = "SIHHA_SESSION_LIFETIME", default_value = "user=30d,doctor=24h,hospital=24h,labo=24h",
          value_parser = role_times, value_name = "TIMES", help_heading = "Tokens")]
    pub session_lifetime: PerRole<TimeDelta>,
}

impl LifetimeOptions {
    /// The lifetimes as the domain has them.
    #[must_use]
    pub const fn lifetimes(&self) -> SessionLifetimes {
        SessionLifetimes {
            access: self.access_lifetime,
            idle: self.refresh_lifetime,
            absolute: self.session_lifetime,
        }
    }
}

fn lifetime(text: &str) -> Result<Duration, String> {
    let time =
        humantime::parse_duration(text).map_err(|error| format!("{error}; write it as 5m, 24h or 30d"))?;
    // Whole seconds, because tokens count in them; a century, because dates must be able to hold it.
    let seconds = time.as_secs();
    if (1..=3_155_760_000).contains(&seconds) { Ok(time) } else { Err("must be 1s to 100y".to_owned()) }
}

fn audience(text: &str) -> Result<String, String> {
    let name = text.trim();
    if name.is_empty() { Err("a name must not be empty".to_owned()) } else { Ok(name.to_owned()) }
}

/// A retry comes within seconds; a thief must not be given minutes.
fn grace(text: &str) -> Result<Duration, String> {
    let time = humantime::parse_duration(text).map_err(|error| format!("{error}; write it as 10s"))?;
    if time <= Duration::from_mins(5) { Ok(time) } else { Err("must be at most 5m".to_owned()) }
}

/// `24h` for every role, or `user=30d,doctor=24h,hospital=24h,labo=24h` with each role once.
fn role_times(text: &str) -> Result<PerRole<TimeDelta>, String> {
    if !text.contains('=') {
        return Ok(PerRole::same(time_delta(text)?));
    }
    let mut times = [None; 4];
    for part in text.split(',') {
        let (role, time) = part.split_once('=').ok_or("write it as 24h, or as user=30d,doctor=24h,…")?;
        let index = Role::ALL.iter().position(|known| known.as_str() == role.trim());
        let slot = index.map(|index| &mut times[index]).ok_or_else(|| format!("there is no role {role}"))?;
        if slot.replace(time_delta(time.trim())?).is_some() {
            return Err(format!("{role} is there twice"));
        }
    }
    match times {
        [Some(patient), Some(doctor), Some(hospital), Some(labo)] => {
            Ok(PerRole { patient, doctor, hospital, labo })
        }
        _ => Err("a role is missing: user, doctor, hospital and labo each need a time".to_owned()),
    }
}

fn time_delta(text: &str) -> Result<TimeDelta, String> {
    TimeDelta::from_std(lifetime(text)?).map_err(|error| error.to_string())
}
