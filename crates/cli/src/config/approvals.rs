use clap::{Args, Subcommand};
use sihha_domain::account::{Fact, Role};
use sihha_domain::approval::{ApprovalState, RejectionReason};
use sihha_domain::reason::Reason;
use sihha_domain::staff_name::StaffName;

use super::accounts::{decider, reason};
use super::{AccountSelector, DatabaseOptions};

/// A command about applications.
#[derive(Debug, Subcommand)]
pub enum ApprovalsCommand {
    /// List applications, oldest first
    List(ListOptions),
    /// Show everything that happened to an application, oldest first
    History(HistoryOptions),
    /// Approve an application, so that the account can log in
    Approve(ApproveOptions),
    /// Reject an application, so that the account cannot log in
    Reject(RejectOptions),
    /// Take back the decision on an application, so that it waits again
    Reopen(ReopenOptions),
    /// Ask the applicant to correct an application
    RequestChanges(RequestChangesOptions),
}

/// Which applications to list.
#[derive(Debug, Args)]
pub struct ListOptions {
    /// Only this role: doctor, hospital or labo
    #[arg(long, value_parser = role)]
    pub role: Option<Role>,
    /// Only applications in this state.
    // `Option` with its path, because clap takes `Option` for an optional argument.
    #[arg(long, default_value = "pending", value_parser = state, help = format!("Only this state: {}, or all for any", states()))]
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

/// Which application's history to show.
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
    /// Replace an earlier, different decision, also while another person reads the application
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
    /// Reason of the approval, for staff
    #[arg(long, value_name = "TEXT", value_parser = reason)]
    pub reason: Option<Reason>,
}

/// How to reject an application.
#[derive(Debug, Args)]
pub struct RejectOptions {
    /// Which application, and who decides.
    #[command(flatten)]
    pub decision: DecisionOptions,
    /// Reason of the rejection, for the applicant
    #[arg(long, value_name = "TEXT", value_parser = reason, required_unless_present = "reason_code")]
    pub reason: Option<Reason>,
    /// Kind of reason.
    #[arg(long, value_name = "CODE", value_parser = reason_code, help = format!("Kind of reason, told in the applicant's language: {}", reason_codes()))]
    pub reason_code: Option<RejectionReason>,
}

/// How to take back a decision.
#[derive(Debug, Args)]
pub struct ReopenOptions {
    /// Which application, and who decides.
    #[command(flatten)]
    pub decision: DecisionOptions,
    /// Reason of the reopening, for staff
    #[arg(long, value_name = "TEXT", value_parser = reason)]
    pub reason: Reason,
}

/// What the applicant is asked to correct.
#[derive(Debug, Args)]
pub struct RequestChangesOptions {
    /// Which application, and who decides.
    #[command(flatten)]
    pub decision: DecisionOptions,
    /// What to correct, for the applicant
    #[arg(long, value_name = "TEXT", value_parser = reason)]
    pub message: Reason,
    /// A member to correct, as requests name it, such as `carte_id`; can be repeated
    #[arg(long, value_name = "NAME", value_parser = field)]
    pub field: Vec<Fact>,
}

fn role(text: &str) -> Result<Role, String> {
    let role = Role::parse(text).filter(|role| role.needs_approval());
    role.ok_or_else(|| "must be doctor, hospital or labo; patients need no approval".to_owned())
}

fn state(text: &str) -> Result<Option<ApprovalState>, String> {
    let state = ApprovalState::parse(text);
    if state.is_none() && text != "all" {
        return Err(format!("must be {} or all", states()));
    }
    Ok(state)
}

fn reason_code(text: &str) -> Result<RejectionReason, String> {
    RejectionReason::parse(text).map_err(|_| format!("must be one of {}", reason_codes()))
}

fn field(text: &str) -> Result<Fact, String> {
    let names = || Fact::ALL.iter().map(|fact| fact.as_str()).collect::<Vec<_>>().join(", ");
    Fact::parse(text).ok_or_else(|| format!("must be one of {}", names()))
}

fn states() -> String {
    ApprovalState::ALL.iter().map(|state| state.as_str()).collect::<Vec<_>>().join(", ")
}

fn reason_codes() -> String {
    RejectionReason::ALL.join(", ")
}
