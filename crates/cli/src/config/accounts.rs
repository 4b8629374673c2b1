use clap::{Args, Subcommand};
use sihha_domain::account::{AccountRef, EmailAddress};
use sihha_domain::ids::ProfileId;
use sihha_domain::reason::Reason;
use sihha_domain::staff_name::StaffName;

use super::DatabaseOptions;

/// A command about an account.
#[derive(Debug, Subcommand)]
pub enum AccountsCommand {
    /// Prevent an account from logging in, and revoke its sessions
    Suspend(SuspendOptions),
    /// Let a suspended account log in again
    Reinstate(AccountOptions),
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

fn email(text: &str) -> Result<EmailAddress, String> {
    // A stored address may break a rule that was added later, and must still be found.
    EmailAddress::attempt(text).map_err(|error| error.to_string())
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
