use std::fmt::Write;

use anyhow::bail;
use serde_json::json;
use sihha_domain::account::Role;
use sihha_domain::approval::{Application, ApplicationFilter, Approval, ApprovalError, DecisionRequest};
use sihha_domain::clock::format_timestamp;
use sihha_domain::reason::Reason;
use sihha_domain::text::printable;
use sihha_domain::use_cases::UseCases;

use super::staff_name::user_name;
use super::use_cases::with_use_cases;
use crate::config::{ApprovalsCommand, DecisionOptions, HistoryOptions, ListOptions};
use crate::output;

/// Lists applications, shows the decisions on one, or decides on it.
pub(crate) fn run(command: ApprovalsCommand) -> anyhow::Result<()> {
    match command {
        ApprovalsCommand::List(options) => {
            with_use_cases(&options.database, |use_cases| list(use_cases, &options))
        }
        ApprovalsCommand::History(options) => {
            with_use_cases(&options.database, |use_cases| history(use_cases, &options))
        }
        ApprovalsCommand::Approve(options) => with_use_cases(&options.decision.database, |use_cases| {
            let request = request(&options.decision)?;
            let decided = use_cases.decide.approve(&request, options.reason.clone());
            report("approved", &request, decided)
        }),
        ApprovalsCommand::Reject(options) => with_use_cases(&options.decision.database, |use_cases| {
            let request = request(&options.decision)?;
            let decided = use_cases.decide.reject(&request, options.reason.clone());
            report("rejected", &request, decided)
        }),
    }
}

fn request(options: &DecisionOptions) -> anyhow::Result<DecisionRequest> {
    let by = options.by.clone().map_or_else(user_name, Ok)?;
    Ok(DecisionRequest {
        account: options.account.account(),
        role: options.role,
        by,
        reconsider: options.reconsider,
    })
}

fn report(
    decision: &str,
    request: &DecisionRequest,
    outcome: Result<Application, ApprovalError>,
) -> anyhow::Result<()> {
    let account = request.account.to_string();
    let who = format!("{} with {}", request.role.map_or("application", Role::as_str), printable(&account));
    match outcome {
        Ok(Application { role, email, name, approval, .. }) => {
            let (role, email, by) = (role.as_str(), printable(email.as_str()), describe(&approval));
            output::report(&format!("{decision}: {role} {email} ({}), {by}\n", printable(&name)));
            Ok(())
        }
        Err(ApprovalError::UnknownApplication) => bail!(unknown(&who)),
        Err(ApprovalError::AlreadyDecided(approval)) => {
            bail!(
                "the {who} has already been {}, {}; --reconsider replaces the decision",
                approval.state().as_str(),
                describe(&approval)
            )
        }
        Err(error) => Err(error.into()),
    }
}

fn unknown(who: &str) -> String {
    format!("there is no {who}; `sihha approvals list --state all` lists them")
}

pub(super) fn describe(approval: &Approval) -> String {
    approval.decision().map_or_else(
        || "pending".to_owned(),
        |decision| {
            let reason = decision.reason.as_ref().map(|reason| format!(": {}", printable(reason.as_str())));
            let (by, at) = (printable(decision.by.as_str()), format_timestamp(decision.at));
            format!("by {by} on {at}{}", reason.unwrap_or_default())
        },
    )
}

fn list(use_cases: &UseCases, options: &ListOptions) -> anyhow::Result<()> {
    let filter = ApplicationFilter { role: options.role, state: options.state, limit: options.limit };
    let applications = use_cases.list_applications.run(filter)?;
    let mut out = String::new();
    let emails = applications.listed.iter().map(|found| printable(found.email.as_str()));
    let width = emails.map(|email| email.chars().count()).max().unwrap_or(0);
    for application in &applications.listed {
        if options.json {
            writeln!(out, "{}", to_json(application))?;
        } else {
            let Application { id, role, email, name, registered_at, approval } = application;
            let (role, email, state) = (role.as_str(), printable(email.as_str()), approval.state().as_str());
            let (name, since) = (printable(name), format_timestamp(*registered_at));
            let decision =
                approval.decision().map(|_| format!(", {}", describe(approval))).unwrap_or_default();
            writeln!(out, "{since}  {id}  {role:8}  {email:width$}  {state:8}  {name}{decision}")?;
        }
    }
    if !options.json {
        let listed = applications.listed.len();
        match applications.total {
            0 => writeln!(out, "no applications found")?,
            total if total > listed as u64 => {
                writeln!(out, "{listed} of {total} listed; --limit shows more")?;
            }
            _ => {}
        }
    }
    output::print(&out)
}

fn history(use_cases: &UseCases, options: &HistoryOptions) -> anyhow::Result<()> {
    let account = options.account.account();
    let decisions = match use_cases.read_history.run(&account) {
        Ok(decisions) => decisions,
        Err(ApprovalError::UnknownApplication) => {
            let account = account.to_string();
            bail!(unknown(&format!("application with {}", printable(&account))))
        }
        Err(error) => return Err(error.into()),
    };
    let mut out = String::new();
    for approval in &decisions {
        if options.json {
            writeln!(out, "{}", decision_to_json(approval))?;
        } else {
            writeln!(out, "{}: {}", approval.state().as_str(), describe(approval))?;
        }
    }
    if decisions.is_empty() && !options.json {
        writeln!(out, "no decision yet")?;
    }
    output::print(&out)
}

pub(super) fn decision_to_json(approval: &Approval) -> serde_json::Value {
    let decision = approval.decision();
    json!({
        "state": approval.state().as_str(),
        "decided_by": decision.map(|decision| decision.by.as_str()),
        "decided_at": decision.map(|decision| format_timestamp(decision.at)),
        "reason": decision.and_then(|decision| decision.reason.as_ref()).map(Reason::as_str),
    })
}

fn to_json(application: &Application) -> serde_json::Value {
    let mut members = decision_to_json(&application.approval);
    members["id"] = json!(application.id.to_string());
    members["role"] = json!(application.role.as_str());
    members["email"] = json!(application.email.as_str());
    members["name"] = json!(application.name);
    members["registered_at"] = json!(format_timestamp(application.registered_at));
    members
}
