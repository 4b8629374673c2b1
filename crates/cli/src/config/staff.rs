//! The options of the commands of staff.

use clap::{Args, Subcommand};
use sihha_domain::account::{AccountRef, EmailAddress, Role};
use sihha_domain::approval::ApprovalState;
use sihha_domain::ids::ProfileId;
use sihha_domain::reason::Reason;
use sihha_domain::staff_name::StaffName;

use super::DatabaseOptions;

/// What to do with applications.
#[derive(Debug, Subcommand)]
pub enum ApprovalsCommand {
    /// List applications, those registered first on top
    List(ListOptions),
    /// Show every decision on an application, the first one on top
    History(HistoryOptions),
    /// Let an account log in
    Approve(ApproveOptions),
    /// Keep an account from logging in
    Reject(RejectOptions),
}

/// What to do with an account.
#[derive(Debug, Subcommand)]
pub enum AccountsCommand {
    /// Keep an account from logging in, and end its sessions
    Suspend(SuspendOptions),
    /// Let a suspended account log in again
    Reinstate(AccountOptions),
}

/// Which account: by exactly one of the two.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct AccountSelector {
    /// The account's e-mail, in any case
    #[arg(long, env = "SIHHA_EMAIL", value_parser = email)]
    pub email: Option<EmailAddress>,
    /// The account's id, as `sihha approvals list` shows it
    #[arg(long, env = "SIHHA_ID", value_name = "UUID", value_parser = id)]
    pub id: Option<ProfileId>,
}

impl AccountSelector {
    /// What names the account.
    ///
    /// # Panics
    ///
    /// If the options were not read from a command line, which refuses neither.
    #[must_use]
    pub fn account(&self) -> AccountRef {
        let by_email = self.email.clone().map(AccountRef::Email);
        by_email.or_else(|| self.id.map(AccountRef::Id)).expect("clap asks for one of the two")
    }
}

/// The account, and who decides.
#[derive(Debug, Args)]
pub struct AccountOptions {
    /// Which account.
    #[command(flatten)]
    pub account: AccountSelector,
    /// Who decides [default: the name of the user who runs this]
    #[arg(long, env = "SIHHA_DECIDER", value_name = "NAME", value_parser = decider)]
    pub by: Option<StaffName>,
    /// Where the accounts are kept.
    #[command(flatten)]
    pub database: DatabaseOptions,
}

/// How to suspend.
#[derive(Debug, Args)]
pub struct SuspendOptions {
    /// The account, and who decides.
    #[command(flatten)]
    pub account: AccountOptions,
    /// Why
    #[arg(long, env = "SIHHA_REASON", value_name = "TEXT", value_parser = reason)]
    pub reason: Reason,
}

/// Which applications to list.
#[derive(Debug, Args)]
pub struct ListOptions {
    /// Of this role only: doctor, hospital or labo
    #[arg(long, env = "SIHHA_ROLE", value_parser = waiting_role)]
    pub role: Option<Role>,
    /// In this state: pending, approved, rejected or all
    #[arg(long, env = "SIHHA_STATE", default_value = "pending", value_parser = state)]
    pub state: StateChoice,
    /// At most so many
    #[arg(long, env = "SIHHA_LIST_LIMIT", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    pub limit: u32,
    /// One JSON object a line, for scripts
    #[arg(long, env = "SIHHA_JSON")]
    pub json: bool,
    /// Where the accounts are kept.
    #[command(flatten)]
    pub database: DatabaseOptions,
}

/// Whose decisions to show.
#[derive(Debug, Args)]
pub struct HistoryOptions {
    /// Which account.
    #[command(flatten)]
    pub account: AccountSelector,
    /// One JSON object a line, for scripts
    #[arg(long, env = "SIHHA_JSON")]
    pub json: bool,
    /// Where the accounts are kept.
    #[command(flatten)]
    pub database: DatabaseOptions,
}

/// A state to look for, or any. A type of its own, because clap takes an `Option` for an optional argument.
#[derive(Debug, Clone, Copy)]
pub struct StateChoice(pub Option<ApprovalState>);

/// The application, and who decides.
#[derive(Debug, Args)]
pub struct DecisionOptions {
    /// The role applied for: doctor, hospital or labo; not needed with --id
    #[arg(long, env = "SIHHA_ROLE", value_parser = waiting_role, required_unless_present = "id")]
    pub role: Option<Role>,
    /// Which account.
    #[command(flatten)]
    pub account: AccountSelector,
    /// Who decides [default: the name of the user who runs this]
    #[arg(long, env = "SIHHA_DECIDER", value_name = "NAME", value_parser = decider)]
    pub by: Option<StaffName>,
    /// Replace an earlier decision to the contrary
    #[arg(long, env = "SIHHA_RECONSIDER")]
    pub reconsider: bool,
    /// Where the accounts are kept.
    #[command(flatten)]
    pub database: DatabaseOptions,
}

/// How to approve.
#[derive(Debug, Args)]
pub struct ApproveOptions {
    /// The application, and who decides.
    #[command(flatten)]
    pub decision: DecisionOptions,
    /// Why
    #[arg(long, env = "SIHHA_REASON", value_name = "TEXT", value_parser = reason)]
    pub reason: Option<Reason>,
}

/// How to reject.
#[derive(Debug, Args)]
pub struct RejectOptions {
    /// The application, and who decides.
    #[command(flatten)]
    pub decision: DecisionOptions,
    /// Why
    #[arg(long, env = "SIHHA_REASON", value_name = "TEXT", value_parser = reason)]
    pub reason: Reason,
}

fn waiting_role(text: &str) -> Result<Role, String> {
    let role = Role::parse(text).filter(|role| role.needs_approval());
    role.ok_or_else(|| "must be doctor, hospital or labo; a patient needs no approval".to_owned())
}

fn state(text: &str) -> Result<StateChoice, String> {
    match (text, ApprovalState::parse(text)) {
        ("all", _) => Ok(StateChoice(None)),
        (_, Some(state)) => Ok(StateChoice(Some(state))),
        _ => Err("must be pending, approved, rejected or all".to_owned()),
    }
}

fn email(text: &str) -> Result<EmailAddress, String> {
    // Rules are for what is entered; this finds what was.
    EmailAddress::attempt(text).map_err(|error| error.to_string())
}

fn id(text: &str) -> Result<ProfileId, String> {
    let uuid = text.trim().parse().map(ProfileId::from_uuid);
    uuid.map_err(|_| "must be a UUID, as `sihha approvals list` shows it".to_owned())
}

fn decider(text: &str) -> Result<StaffName, String> {
    StaffName::parse(text).map_err(|error| error.to_string())
}

fn reason(text: &str) -> Result<Reason, String> {
    Reason::parse(text).map_err(|error| error.to_string())
}
