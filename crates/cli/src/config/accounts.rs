use clap::{Args, Subcommand};
use sihha_domain::account::{AccountRef, EmailAddress, Role};
use sihha_domain::ids::ProfileId;
use sihha_domain::place::Wilaya;
use sihha_domain::reason::Reason;
use sihha_domain::search::{AccountState, SearchFilter};
use sihha_domain::staff_name::StaffName;

use super::DatabaseOptions;

/// A command about accounts.
#[derive(Debug, Subcommand)]
pub enum AccountsCommand {
    /// Find accounts by names in any spelling, or by e-mail, telephone, card or id; best first
    Search(SearchOptions),
    /// List accounts, in the order of their ids
    List(BrowseOptions),
    /// Show one account, its suspensions and the history of its application
    Show(ShowOptions),
    /// Report accounts that may belong to the same person or organisation, and why
    Duplicates(DuplicatesOptions),
    /// Prevent an account from logging in, and revoke its sessions
    Suspend(SuspendOptions),
    /// Let a suspended account log in again
    Reinstate(AccountOptions),
    /// Forget the failed log-ins of an account, so that its owner need not wait
    LiftThrottle(AccountOptions),
}

/// Which accounts, and how to print them.
#[derive(Debug, Args)]
pub struct FilterOptions {
    /// Only this role: user, doctor, hospital or labo
    #[arg(long, value_parser = role)]
    pub role: Option<Role>,
    /// Only accounts in this state.
    #[arg(long, value_parser = state, help = format!("Only this state: {}", states()))]
    pub state: Option<AccountState>,
    /// Only this wilaya, by its code, such as 31
    #[arg(long, value_name = "CODE", value_parser = wilaya)]
    pub wilaya: Option<Wilaya>,
    /// Print a JSON array, for scripts
    #[arg(long)]
    pub json: bool,
}

impl FilterOptions {
    /// Returns the filter.
    #[must_use]
    pub fn filter(&self) -> SearchFilter {
        SearchFilter {
            roles: self.role.into_iter().collect(),
            state: self.state,
            wilayas: self.wilaya.iter().cloned().collect(),
        }
    }
}

/// What to search for.
#[derive(Debug, Args)]
pub struct SearchOptions {
    /// Names in any order and spelling, in Latin or Arabic script; or the beginning of an e-mail, a
    /// card number or another identifier, a telephone number, or an id
    pub query: String,
    /// Which accounts, and how to print them.
    #[command(flatten)]
    pub filter: FilterOptions,
    /// Maximum number of accounts to find
    #[arg(long, default_value_t = 10, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100))]
    pub limit: u32,
    /// Which database to use.
    #[command(flatten)]
    pub database: DatabaseOptions,
}

/// Which accounts to list.
#[derive(Debug, Args)]
pub struct BrowseOptions {
    /// Which accounts, and how to print them.
    #[command(flatten)]
    pub filter: FilterOptions,
    /// Maximum number of accounts to list
    #[arg(long, default_value_t = 100, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub limit: u32,
    /// Id of the last account of the page before
    #[arg(long, value_name = "UUID", value_parser = id)]
    pub after: Option<ProfileId>,
    /// Which database to use.
    #[command(flatten)]
    pub database: DatabaseOptions,
}

/// Which account to show.
#[derive(Debug, Args)]
pub struct ShowOptions {
    /// Id or e-mail of the account
    #[arg(value_name = "ID|EMAIL", value_parser = id_or_email)]
    pub account: AccountRef,
    /// Print a JSON object, for scripts
    #[arg(long)]
    pub json: bool,
    /// Which database to use.
    #[command(flatten)]
    pub database: DatabaseOptions,
}

/// Which accounts to compare with all others.
#[derive(Debug, Args)]
pub struct DuplicatesOptions {
    /// Only this account, by its id or e-mail [default: all accounts, which takes an hour for a
    /// million]
    #[arg(long, value_name = "ID|EMAIL", value_parser = id_or_email)]
    pub account: Option<AccountRef>,
    /// Print a JSON array, for scripts
    #[arg(long)]
    pub json: bool,
    /// Which database to use.
    #[command(flatten)]
    pub database: DatabaseOptions,
}

/// Which account, by exactly one of the two options.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct AccountSelector {
    /// E-mail of the account (case-insensitive)
    #[arg(long, value_parser = email)]
    pub email: Option<EmailAddress>,
    /// Id of the account, as `sihha approvals list` shows it
    #[arg(long, value_name = "UUID", value_parser = id)]
    pub id: Option<ProfileId>,
}

impl AccountSelector {
    /// Returns the reference to the account.
    ///
    /// # Panics
    ///
    /// If neither option is set, which no command line can cause.
    #[must_use]
    pub fn account(&self) -> AccountRef {
        let by_email = self.email.clone().map(AccountRef::Email);
        by_email.or_else(|| self.id.map(AccountRef::Id)).expect("clap requires one of the two")
    }
}

/// Which account, and who decides.
#[derive(Debug, Args)]
pub struct AccountOptions {
    /// Which account.
    #[command(flatten)]
    pub account: AccountSelector,
    /// Name of the person who decides [default: the user who runs this command]
    #[arg(long, value_name = "NAME", value_parser = decider)]
    pub by: Option<StaffName>,
    /// Which database to use.
    #[command(flatten)]
    pub database: DatabaseOptions,
}

/// How to suspend an account.
#[derive(Debug, Args)]
pub struct SuspendOptions {
    /// Which account, and who decides.
    #[command(flatten)]
    pub account: AccountOptions,
    /// Reason of the suspension
    #[arg(long, value_name = "TEXT", value_parser = reason)]
    pub reason: Reason,
}

pub(super) fn email(text: &str) -> Result<EmailAddress, String> {
    // A stored address may break a rule that was added later, and must still be found.
    EmailAddress::attempt(text).map_err(|error| error.to_string())
}

fn id_or_email(text: &str) -> Result<AccountRef, String> {
    let by_email = || email(text).map(AccountRef::Email);
    id(text).map(AccountRef::Id).or_else(|_| by_email()).map_err(|_| "must be a UUID or an e-mail".to_owned())
}

pub(super) fn role(text: &str) -> Result<Role, String> {
    Role::parse(text).ok_or_else(|| format!("must be {}", Role::NAMES.join(", ")))
}

fn wilaya(text: &str) -> Result<Wilaya, String> {
    Wilaya::parse(text).map_err(|_| "must be the code of a wilaya: two digits, such as 31".to_owned())
}

fn state(text: &str) -> Result<AccountState, String> {
    AccountState::parse(text).ok_or_else(|| format!("must be {}", states()))
}

fn states() -> String {
    AccountState::ALL.iter().map(|state| state.as_str()).collect::<Vec<_>>().join(", ")
}

fn id(text: &str) -> Result<ProfileId, String> {
    let uuid = text.trim().parse().map(ProfileId::from_uuid);
    uuid.map_err(|_| "must be a UUID, as `sihha approvals list` shows it".to_owned())
}

pub(super) fn decider(text: &str) -> Result<StaffName, String> {
    StaffName::parse(text).map_err(|error| error.to_string())
}

pub(super) fn reason(text: &str) -> Result<Reason, String> {
    Reason::parse(text).map_err(|error| error.to_string())
}
