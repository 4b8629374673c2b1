use clap::{Args, Subcommand};
use sihha_domain::account::Role;
use sihha_domain::approval::ApprovalState;
use sihha_domain::reason::Reason;
use sihha_domain::staff_name::StaffName;

use super::accounts::{decider, reason};
use super::{AccountSelector, DatabaseOptions};

/// A command about applications.
#[derive(Debug, Subcommand)]
pub enum ApprovalsCommand {
    /// List applications, oldest first
    List(ListOptions),
    /// Show all decisions on an application, oldest first
    History(HistoryOptions),
    /// Approve an application, so that the account can log in
    Approve(ApproveOptions),
    /// Reject an application, so that the account cannot log in
    Reject(RejectOptions),
}

/// Which applications to list.
#[derive(Debug, Args)]
pub struct ListOptions {
    /// Only this role: doctor, hospital or labo
    #[arg(long, value_parser = role)]
    pub role: Option<Role>,
    /// Only this state: pending, approved, rejected, or all for any
    // `Option` with its path, because clap takes `Option` for an optional argument.
    #[arg(long, default_value = "pending", value_parser = state)]
    pub state: std::option::Option<ApprovalState>,
    /// Maximum number of applications to list
    #[arg(long, default_value_t = 100, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub limit: u32,
    /// Print one JSON object per line, for scripts
    #[arg(long)]
    pub json: bool,
    /// Which database to use.
    #[command(flatten)]
    pub database: DatabaseOptions,
}

/// Which account's decisions to show.
#[derive(Debug, Args)]
pub struct HistoryOptions {
    /// Which account.
    #[command(flatten)]
    pub account: AccountSelector,
    /// Print one JSON object per line, for scripts
    #[arg(long)]
    pub json: bool,
    /// Which database to use.
    #[command(flatten)]
    pub database: DatabaseOptions,
}

/// Which application, and who decides.
#[derive(Debug, Args)]
pub struct DecisionOptions {
    /// Role of the application: doctor, hospital or labo; not needed with --id
    #[arg(long, value_parser = role, required_unless_present = "id")]
    pub role: Option<Role>,
    /// Which account.
    #[command(flatten)]
    pub account: AccountSelector,
    /// Name of the person who decides [default: the user who runs this command]
    #[arg(long, value_name = "NAME", value_parser = decider)]
    pub by: Option<StaffName>,
    /// Replace an earlier, different decision
    #[arg(long)]
    pub reconsider: bool,
    /// Which database to use.
    #[command(flatten)]
    pub database: DatabaseOptions,
}

/// How to approve an application.
#[derive(Debug, Args)]
pub struct ApproveOptions {
    /// Which application, and who decides.
    #[command(flatten)]
    pub decision: DecisionOptions,
    /// Reason of the approval
    #[arg(long, value_name = "TEXT", value_parser = reason)]
    pub reason: Option<Reason>,
}

/// How to reject an application.
#[derive(Debug, Args)]
pub struct RejectOptions {
    /// Which application, and who decides.
    #[command(flatten)]
    pub decision: DecisionOptions,
    /// Reason of the rejection
    #[arg(long, value_name = "TEXT", value_parser = reason)]
    pub reason: Reason,
}

fn role(text: &str) -> Result<Role, String> {
    let role = Role::parse(text).filter(|role| role.needs_approval());
    role.ok_or_else(|| "must be doctor, hospital or labo; patients need no approval".to_owned())
}

fn state(text: &str) -> Result<Option<ApprovalState>, String> {
    let state = ApprovalState::parse(text);
    if state.is_none() && text != "all" {
        return Err("must be pending, approved, rejected or all".to_owned());
    }
    Ok(state)
}
