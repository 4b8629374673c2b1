use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use clap::builder::BoolishValueParser;
use sihha_infra::jwt::TokenTyp;

use super::values::{duration, duration_in};
use super::{
    BlocklistOptions, ConnectionOptions, DatabaseOptions, EmailOptions, HttpOptions, LifetimeOptions,
    MailOptions, RequestLimitOptions, SecretKeyOptions, StopOptions, ThrottleOptions, TlsOptions,
};
use crate::listen::ListenAddress;

/// How to serve.
#[derive(Debug, Clone, Args)]
pub struct ServeOptions {
    /// Address and port to listen on, or unix: and the path of a Unix socket; `:8000` is every
    /// address of the machine, and port 0 takes a free one
    #[arg(
        long,
        env = "SIHHA_LISTEN",
        default_value = "127.0.0.1:8000",
        value_name = "ADDRESS:PORT|unix:PATH"
    )]
    pub listen: ListenAddress,
    /// The certificate.
    #[command(flatten)]
    pub tls: TlsOptions,
    /// Which database to use.
    #[command(flatten)]
    pub database: DatabaseOptions,
    /// File with the secret that signs tokens, at least 32 bytes. The variable `SIHHA_JWT_SECRET`
    /// may hold the secret itself. Without either, the private Postgres's data directory gets a
    /// secret at the first start
    #[arg(long, env = "SIHHA_JWT_SECRET_FILE", value_name = "FILE", help_heading = "Tokens")]
    pub jwt_secret_file: Option<PathBuf>,
    /// File with the secret that signed the tokens of the legacy Django backend. Each of its
    /// refresh tokens, up to a day old, can then be exchanged once. The variable
    /// `SIHHA_LEGACY_JWT_SECRET` may hold the secret itself
    #[arg(
        long,
        alias = "former-jwt-secret-file",
        env = "SIHHA_LEGACY_JWT_SECRET_FILE",
        value_name = "FILE",
        help_heading = "Tokens"
    )]
    pub legacy_jwt_secret_file: Option<PathBuf>,
    /// Directory of the keys that sign tokens, made by `sihha keys`; the newest signs. Without it,
    /// the JWT secret signs. A JWT secret that is given beside it still verifies tokens
    #[arg(long, env = "SIHHA_SIGNING_KEYS", value_name = "DIR", help_heading = "Tokens")]
    pub signing_keys: Option<PathBuf>,
    /// Name of this service in its tokens, the claim `iss`
    #[arg(
        long,
        env = "SIHHA_JWT_ISSUER",
        default_value = "sihha",
        value_name = "NAME",
        help_heading = "Tokens"
    )]
    pub jwt_issuer: String,
    /// Audience of access tokens, the claim `aud`; commas separate several. This service then
    /// rejects access tokens that name none of them
    #[arg(long, env = "SIHHA_AUDIENCE", value_delimiter = ',', value_parser = audience, value_name = "NAME",
          help_heading = "Tokens")]
    pub audience: Vec<String>,
    /// Type of access tokens, `typ` in their header: JWT, or at+jwt, which adds the claims that RFC
    /// 9068 requires. If there is no `--audience`, their `aud` is then this service's name
    #[arg(long, env = "SIHHA_ACCESS_TOKEN_TYP", default_value = "JWT", value_parser = access_token_typ,
          value_name = "TYPE", help_heading = "Tokens")]
    pub access_token_typ: TokenTyp,
    /// The key that encrypts stored secrets.
    #[command(flatten)]
    pub secret_key: SecretKeyOptions,
    /// Lifetimes of tokens and sessions.
    #[command(flatten)]
    pub lifetimes: LifetimeOptions,
    /// Time after its use during which a refresh token may be sent again, for a lost response or a
    /// second tab; 0s forbids it
    #[arg(long, env = "SIHHA_REFRESH_GRACE", default_value = "10s", value_parser = grace,
          value_name = "TIME", help_heading = "Tokens")]
    pub refresh_grace: Duration,
    /// What accounts need a confirmed e-mail address for.
    #[command(flatten)]
    pub email: EmailOptions,
    /// How guesses are limited.
    #[command(flatten)]
    pub throttle: ThrottleOptions,
    /// How many requests a network may send.
    #[command(flatten)]
    pub request_limits: RequestLimitOptions,
    /// Which passwords are refused.
    #[command(flatten)]
    pub blocklist: BlocklistOptions,
    /// Memory of an Argon2id hash, in KiB
    #[arg(long, env = "SIHHA_ARGON2_MEMORY_KIB", default_value_t = 19_456, value_name = "KIB",
          value_parser = clap::value_parser!(u32).range(8..=4_194_304), help_heading = "Passwords")]
    pub argon2_memory_kib: u32,
    /// Number of passes of an Argon2id hash over its memory
    #[arg(long, env = "SIHHA_ARGON2_PASSES", default_value_t = 2, value_name = "N",
          value_parser = clap::value_parser!(u32).range(1..=1000), help_heading = "Passwords")]
    pub argon2_passes: u32,
    /// Number of lanes of an Argon2id hash
    #[arg(long, env = "SIHHA_ARGON2_LANES", default_value_t = 1, value_name = "N",
          value_parser = clap::value_parser!(u32).range(1..=64), help_heading = "Passwords")]
    pub argon2_lanes: u32,
    /// Maximum number of passwords hashed simultaneously [default: one per core]
    #[arg(long, env = "SIHHA_HASH_THREADS", value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024),
          help_heading = "Capacity")]
    pub hash_threads: Option<u16>,
    /// Maximum number of logins and registrations that wait; further ones are answered 503
    /// [default: 32 per hash thread]
    #[arg(long, env = "SIHHA_HASH_QUEUE", value_name = "N", value_parser = clap::value_parser!(u16).range(1..),
          help_heading = "Capacity")]
    pub hash_queue: Option<u16>,
    /// Number of connections to the database [default: four per core]
    #[arg(long, env = "SIHHA_POOL_SIZE", value_name = "N", value_parser = clap::value_parser!(u16).range(2..=1000),
          help_heading = "Capacity")]
    pub pool_size: Option<u16>,
    /// Maximum number of accounts in one statement [default: 64 for requests, 1000 for purges]. Use 1
    /// on Citus, where a batch over several shards costs more than single statements
    #[arg(long, env = "SIHHA_BATCH_SIZE", value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1000),
          help_heading = "Capacity")]
    pub batch_size: Option<u16>,
    /// Maximum time of a request's database statement, also if the server does not respond at all
    #[arg(long, env = "SIHHA_STATEMENT_TIMEOUT", default_value = "2500ms", value_parser = duration, value_name = "TIME",
          help_heading = "Capacity")]
    pub statement_timeout: Duration,
    /// Number of threads that handle HTTP [default: one per core]
    #[arg(long, env = "SIHHA_WORKERS", value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256),
          help_heading = "Capacity")]
    pub workers: Option<u16>,
    /// How mail is sent.
    #[command(flatten)]
    pub mail: MailOptions,
    /// Serve neither the documentation page nor the OpenAPI document
    #[arg(long, env = "SIHHA_NO_DOCS", value_parser = BoolishValueParser::new())]
    pub no_docs: bool,
    /// How to stop.
    #[command(flatten)]
    pub stop: StopOptions,
    /// Trusted proxies and origins.
    #[command(flatten)]
    pub http: HttpOptions,
    /// Limits of HTTP connections.
    #[command(flatten)]
    pub connections: ConnectionOptions,
}

fn audience(text: &str) -> Result<String, String> {
    let name = text.trim();
    if name.is_empty() { Err("a name must not be empty".to_owned()) } else { Ok(name.to_owned()) }
}

fn access_token_typ(text: &str) -> Result<TokenTyp, String> {
    let is = |typ: &TokenTyp| text.eq_ignore_ascii_case(typ.as_str());
    [TokenTyp::Jwt, TokenTyp::Access].into_iter().find(is).ok_or_else(|| "must be JWT or at+jwt".to_owned())
}

/// Parses a time of at most 5 minutes: a retry comes within seconds, and a thief must not get more.
fn grace(text: &str) -> Result<Duration, String> {
    duration_in(text, Duration::ZERO..=Duration::from_mins(5))
}
