//! The options of the commands. Settings are environment variables as well; arguments of a single
//! command are not.

mod accounts;
mod approvals;
mod blocklist;
mod connections;
mod database;
mod email;
mod http;
mod keys;
mod legacy_tokens;
mod lifetimes;
mod logging;
mod mail;
mod migrate;
mod request_limits;
mod secret_key;
mod serve;
mod sessions;
mod staff;
mod stopping;
mod throttle;
mod tls;
mod values;

use clap::builder::BoolishValueParser;
use clap::{CommandFactory, Parser, Subcommand};

pub use self::accounts::{
    AccountOptions, AccountSelector, AccountsCommand, BrowseOptions, DuplicatesOptions, FilterOptions,
    SearchOptions, ShowOptions, SuspendOptions,
};
pub use self::approvals::{
    ApprovalsCommand, ApproveOptions, DecisionOptions, HistoryOptions, ListOptions, RejectOptions,
    ReopenOptions, RequestChangesOptions,
};
pub use self::blocklist::{BlocklistChoice, BlocklistCommand, BlocklistOptions, BuildBlocklistOptions};
pub use self::connections::ConnectionOptions;
pub use self::database::DatabaseOptions;
pub(crate) use self::database::is_database_given;
pub use self::email::EmailOptions;
pub use self::http::HttpOptions;
pub use self::keys::{
    GenerateOptions, KeyStoreOptions, KeysCommand, KeysListOptions, RetireOptions, RotateNowOptions,
};
pub use self::legacy_tokens::{BlockOptions, LegacyTokensCommand};
pub use self::lifetimes::LifetimeOptions;
pub use self::logging::{DEFAULT_LOG, LogFormat, LoggingOptions};
pub use self::mail::{
    ListMailOptions, MailCommand, MailFolderOptions, MailOptions, MailTemplateOptions, PreviewMailOptions,
    RetryMailOptions, ShowMailOptions, TestMailOptions,
};
pub use self::migrate::MigrateOptions;
pub use self::request_limits::{RequestLimit, RequestLimitOptions};
pub use self::secret_key::SecretKeyOptions;
pub use self::serve::ServeOptions;
pub use self::sessions::{MarkRestoredOptions, SessionsCommand};
pub use self::staff::{
    CreateStaffOptions, ListStaffOptions, PasswordOptions, ResetPasswordOptions, ResetSecondFactorOptions,
    StaffCommand, StaffOptions,
};
pub use self::stopping::StopOptions;
pub use self::throttle::{ThrottleMode, ThrottleOptions};
pub use self::tls::TlsOptions;

const EXAMPLES: &str = "Examples:
  sihha serve                        Serve on http://127.0.0.1:8000, with a private Postgres
  sihha staff create --email leila@dsp-oran.dz --name Leïla --role admin
  sihha approvals list               List the accounts that wait for approval
  sihha approvals approve --role hospital --email contact@chu-oran.dz
  sihha accounts search 'Abd el Kader Haddad' --role doctor
  sihha accounts suspend --email contact@chu-oran.dz --reason 'Enquête en cours'
  DATABASE_URL=postgres://sihha@db/sihha sihha migrate

Settings are environment variables as well; `sihha COMMAND --help` names them.";

/// The account service of a health platform. Patients, doctors, hospitals and laboratories register
/// and log in; staff approve the last three.
#[derive(Debug, Parser)]
#[command(name = "sihha", version = env!("SIHHA_VERSION"), max_term_width = 100, after_help = EXAMPLES)]
pub struct Cli {
    /// How to log.
    #[command(flatten)]
    pub logging: LoggingOptions,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// A command of `sihha`.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the API until SIGTERM or SIGINT. Runs a private Postgres if no database is given
    Serve(Box<ServeOptions>),
    /// Bring the database's schema up to date. Several may run simultaneously
    Migrate(MigrateOptions),
    /// List, approve and reject doctors, hospitals and laboratories
    #[command(subcommand)]
    Approvals(ApprovalsCommand),
    /// Find, list, show, suspend and reinstate accounts of any role
    #[command(subcommand)]
    Accounts(AccountsCommand),
    /// Create and manage staff, who review applications over HTTP
    #[command(subcommand)]
    Staff(StaffCommand),
    /// Repair sessions after a restore from a backup
    #[command(subcommand)]
    Sessions(SessionsCommand),
    /// Carry over the blacklist of the legacy Django backend
    #[command(subcommand)]
    LegacyTokens(LegacyTokensCommand),
    /// List and repair outgoing mail, and try how it is sent
    #[command(subcommand)]
    Mail(MailCommand),
    /// Generate, list and retire the keys that sign tokens
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Prepare lists of passwords that nobody may choose
    #[command(subcommand)]
    Blocklist(BlocklistCommand),
    /// Print the OpenAPI 3.1 document
    Openapi,
}

/// Returns the command line.
pub(crate) fn command() -> clap::Command {
    with_lenient_values(Cli::command())
}

/// Takes a value that begins with a hyphen for a value, as one `kid` in 64 and many a reason do. A
/// boolean variable has the values `1`, `0`, `true`, `false`, `yes` and `no`.
fn with_lenient_values(command: clap::Command) -> clap::Command {
    let lenient = |argument: clap::Arg| {
        if argument.get_action().takes_values() {
            argument.allow_hyphen_values(true)
        } else {
            argument.value_parser(BoolishValueParser::new())
        }
    };
    command.mut_args(lenient).mut_subcommands(with_lenient_values)
}
