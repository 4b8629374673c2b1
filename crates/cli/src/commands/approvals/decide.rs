//! Decisions on applications.

use anyhow::bail;
use chrono::TimeDelta;
use sihha_domain::account::Role;
use sihha_domain::approval::{
    ApplicationEvent, ApplicationEventKind, ApprovalError, ApprovalState, DecisionKind, StaffRequest,
};
use sihha_domain::clock::format_timestamp;
use sihha_domain::staff::{StaffCaller, StaffRole};
use sihha_domain::text::printable;
use sihha_domain::use_cases::UseCases;

use crate::commands::application_event::{describe, unknown};
use crate::commands::staff_name::user_name;
use crate::commands::use_cases::with_use_cases;
use crate::config::{ApproveOptions, DecisionOptions, RejectOptions, ReopenOptions, RequestChangesOptions};
use crate::output;

pub(super) fn approve(options: ApproveOptions) -> anyhow::Result<()> {
    decide(&options.decision, &DecisionKind::Approve { note: options.reason })
}

pub(super) fn reject(options: RejectOptions) -> anyhow::Result<()> {
    let kind = DecisionKind::Reject { code: options.reason_code, reason: options.reason };
    decide(&options.decision, &kind)
}

pub(super) fn reopen(options: ReopenOptions) -> anyhow::Result<()> {
    decide(&options.decision, &DecisionKind::Reopen { reason: options.reason })
}

pub(super) fn request_changes(options: RequestChangesOptions) -> anyhow::Result<()> {
    let kind = DecisionKind::RequestChanges { message: options.message, fields: options.field };
    decide(&options.decision, &kind)
}

fn decide(options: &DecisionOptions, kind: &DecisionKind) -> anyhow::Result<()> {
    with_use_cases(&options.database, |use_cases| {
        let caller = caller(options)?;
        let request = StaffRequest { caller: &caller, account: options.account.account(), repeat: None };
        let outcome = if options.reconsider {
            use_cases.decide.reconsider(&request, kind)
        } else {
            use_cases.decide.run(&request, kind, TimeDelta::zero())
        };
        let who = who(options);
        match outcome {
            Ok(_) => report(use_cases, &request),
            // The same decision again changes nothing.
            Err(ApprovalError::AlreadyDecided { state, .. }) if state == wanted(kind) => {
                report(use_cases, &request)
            }
            Err(ApprovalError::UnknownApplication) => Err(unknown(&who)),
            Err(ApprovalError::AlreadyDecided { state, .. }) => {
                bail!("{}", refusal(use_cases, &request, kind, &who, state)?)
            }
            Err(ApprovalError::ClaimedByOther { by, until }) => bail!(
                "{} reads the {who} until {}; --reconsider decides all the same",
                printable(by.name.as_str()),
                format_timestamp(until)
            ),
            Err(error) => Err(error.into()),
        }
    })
}

/// Returns the person who decides. With `--role`, the person sees the applications for that role only.
fn caller(options: &DecisionOptions) -> anyhow::Result<StaffCaller> {
    let mut caller = StaffCaller::at_terminal(options.by.clone().map_or_else(user_name, Ok)?);
    if let Some(role) = options.role {
        caller.role = StaffRole::Reviewer;
        caller.scope.applicant_roles = vec![role];
    }
    Ok(caller)
}

fn who(options: &DecisionOptions) -> String {
    let account = options.account.account().to_string();
    format!("{} with {}", options.role.map_or("application", Role::as_str), printable(&account))
}

/// Returns the state that the decision leads to.
const fn wanted(kind: &DecisionKind) -> ApprovalState {
    match kind {
        DecisionKind::Approve { .. } => ApprovalState::Approved,
        DecisionKind::Reject { .. } => ApprovalState::Rejected,
        DecisionKind::Reopen { .. } => ApprovalState::Pending,
        DecisionKind::RequestChanges { .. } => ApprovalState::ChangesRequested,
    }
}

/// Prints the last decision in one line, whether this command or an earlier one made it.
fn report(use_cases: &UseCases, request: &StaffRequest<'_>) -> anyhow::Result<()> {
    let (application, events) = use_cases.read_application.history(request.caller, &request.account)?;
    let account = &application.account;
    let (role, email) = (account.role().as_str(), account.profile.email.as_str());
    let who = format!("{role} {} ({})", printable(email), printable(&account.details.name()));
    output::report(&match last_change(&events) {
        Some(event) => format!("{}: {who}, {}\n", event.kind.as_str(), describe(event)),
        None => format!("{}: {who}\n", application.state.as_str()),
    });
    Ok(())
}

/// Returns why the state of the application does not allow the decision.
fn refusal(
    use_cases: &UseCases,
    request: &StaffRequest<'_>,
    kind: &DecisionKind,
    who: &str,
    state: ApprovalState,
) -> anyhow::Result<String> {
    let (_, events) = use_cases.read_application.history(request.caller, &request.account)?;
    let by = last_change(&events).map(|event| format!(", {}", describe(event))).unwrap_or_default();
    let is_decided = matches!(state, ApprovalState::Approved | ApprovalState::Rejected);
    let state = state.as_str();
    Ok(match kind {
        DecisionKind::Approve { .. } | DecisionKind::Reject { .. } => {
            format!("the {who} has already been {state}{by}; --reconsider replaces the decision")
        }
        _ if is_decided => format!("the {who} has already been {state}{by}; `sihha approvals reopen` first"),
        _ => format!("the {who} is {state}{by}"),
    })
}

fn last_change(events: &[ApplicationEvent]) -> Option<&ApplicationEvent> {
    events.iter().rfind(|event| !matches!(event.kind, ApplicationEventKind::TakenOver { .. }))
}
