mod decide;

use std::fmt::Write;

use serde_json::json;
use sihha_domain::approval::{Application, Approval, ApprovalError, QueueFilter, RejectionReason};
use sihha_domain::clock::format_timestamp;
use sihha_domain::reason::Reason;
use sihha_domain::staff::StaffCaller;
use sihha_domain::staff_name::StaffName;
use sihha_domain::text::printable;
use sihha_domain::use_cases::UseCases;

use super::application_event::{describe, describe_reason, event_to_json, unknown};
use super::use_cases::with_use_cases;
use crate::config::{ApprovalsCommand, HistoryOptions, ListOptions};
use crate::output;

/// Lists applications, shows the history of one, or decides on it.
pub(crate) fn run(command: ApprovalsCommand) -> anyhow::Result<()> {
    match command {
        ApprovalsCommand::List(options) => {
            with_use_cases(&options.database, |use_cases| list(use_cases, &options))
        }
        ApprovalsCommand::History(options) => {
            with_use_cases(&options.database, |use_cases| history(use_cases, &options))
        }
        ApprovalsCommand::Approve(options) => decide::approve(options),
        ApprovalsCommand::Reject(options) => decide::reject(options),
        ApprovalsCommand::Reopen(options) => decide::reopen(options),
        ApprovalsCommand::RequestChanges(options) => decide::request_changes(options),
    }
}

/// Returns a caller who reads, which needs no name.
fn reader() -> StaffCaller {
    StaffCaller::at_terminal(StaffName::on_record(String::new()))
}

fn list(use_cases: &UseCases, options: &ListOptions) -> anyhow::Result<()> {
    let caller = reader();
    let filter = QueueFilter {
        states: options.state.into_iter().collect(),
        roles: options.role.into_iter().collect(),
        ..QueueFilter::default()
    };
    let applications = use_cases.read_queue.page(&caller, &filter, None, options.limit)?;
    let mut out = String::new();
    let emails = applications.iter().map(|found| printable(found.account.profile.email.as_str()));
    let width = emails.map(|email| email.chars().count()).max().unwrap_or(0);
    for application in &applications {
        if options.json {
            writeln!(out, "{}", to_json(application))?;
        } else {
            writeln!(out, "{}", line(application, width))?;
        }
    }
    if !options.json {
        let (listed, counts) = (applications.len(), use_cases.read_queue.counts(&caller, &filter)?);
        match counts.values().sum() {
            0_u64 => writeln!(out, "no applications found")?,
            total if total > listed as u64 => {
                writeln!(out, "{listed} of {total} listed; --limit shows more")?;
            }
            _ => {}
        }
    }
    output::print(&out)
}

/// Returns the line by which staff recognise the application.
fn line(application: &Application, width: usize) -> String {
    let account = &application.account;
    let (email, name) = (account.profile.email.as_str(), account.details.name());
    let (email, name) = (printable(email), printable(&name));
    let (since, id) = (format_timestamp(application.submitted_at), account.id);
    let (role, state) = (account.role().as_str(), application.state.as_str());
    let decision = account.approval.as_ref().and_then(Approval::decision).map(|decision| {
        let (by, at) = (printable(decision.by.as_str()), format_timestamp(decision.at));
        format!(", by {by} on {at}{}", describe_reason(decision.code.as_ref(), decision.reason.as_ref()))
    });
    let decision = decision.unwrap_or_default();
    format!("{since}  {id}  {role:8}  {email:width$}  {state:8}  {name}{decision}")
}

fn history(use_cases: &UseCases, options: &HistoryOptions) -> anyhow::Result<()> {
    let account = options.account.account();
    let caller = reader();
    let (_, events) = use_cases.read_application.history(&caller, &account).map_err(|error| match error {
        ApprovalError::UnknownApplication => {
            unknown(&format!("application with {}", printable(&account.to_string())))
        }
        error => error.into(),
    })?;
    let mut out = String::new();
    for event in &events {
        if options.json {
            writeln!(out, "{}", event_to_json(event))?;
        } else {
            writeln!(out, "{}: {}", event.kind.as_str(), describe(event))?;
        }
    }
    if events.is_empty() && !options.json {
        writeln!(out, "no decision yet")?;
    }
    output::print(&out)
}

fn to_json(application: &Application) -> serde_json::Value {
    let account = &application.account;
    let decision = account.approval.as_ref().and_then(Approval::decision);
    json!({
        "id": account.id.to_string(),
        "role": account.role().as_str(),
        "email": account.profile.email.as_str(),
        "name": account.details.name(),
        "registered_at": format_timestamp(account.registered_at),
        "submitted_at": format_timestamp(application.submitted_at),
        "state": application.state.as_str(),
        "decided_by": decision.map(|decision| decision.by.as_str()),
        "decided_at": decision.map(|decision| format_timestamp(decision.at)),
        "reason": decision.and_then(|decision| decision.reason.as_ref()).map(Reason::as_str),
        "reason_code": decision.and_then(|decision| decision.code.as_ref()).map(RejectionReason::as_str),
    })
}
