//! Events of applications, as commands print them.

use std::iter;

use anyhow::anyhow;
use serde_json::json;
use sihha_domain::account::Fact;
use sihha_domain::approval::{ApplicationEvent, ApplicationEventKind, RejectionReason};
use sihha_domain::clock::format_timestamp;
use sihha_domain::reason::Reason;
use sihha_domain::text::printable;

/// Returns the error for an application that does not exist.
pub(super) fn unknown(who: &str) -> anyhow::Error {
    anyhow!("there is no {who}; `sihha approvals list --state all` lists them")
}

/// Returns who acted, when and why, on one line.
pub(super) fn describe(event: &ApplicationEvent) -> String {
    let by = event.by.as_ref().map(|by| printable(by.name.as_str()));
    let (by, at) = (by.as_deref().unwrap_or("the applicant"), format_timestamp(event.at));
    let held = event.effective_at.map(|at| format!(", in force from {}", format_timestamp(at)));
    let (code, text) = reason(&event.kind);
    format!("by {by} on {at}{}{}", held.unwrap_or_default(), describe_reason(code, text))
}

/// Returns the parts of a reason that are given, each after a colon.
pub(super) fn describe_reason(code: Option<&RejectionReason>, text: Option<&Reason>) -> String {
    let both = code.map(RejectionReason::as_str).into_iter().chain(text.map(Reason::as_str));
    // Each part follows a colon, the first one too.
    iter::once("".into()).chain(both.map(printable)).collect::<Vec<_>>().join(": ")
}

/// Returns the code and the text of an event's reason, note or message.
fn reason(kind: &ApplicationEventKind) -> (Option<&RejectionReason>, Option<&Reason>) {
    (kind.code(), kind.reason().or_else(|| kind.note()))
}

pub(super) fn event_to_json(event: &ApplicationEvent) -> serde_json::Value {
    let (code, text) = reason(&event.kind);
    let mut members = json!({
        "event": event.kind.as_str(),
        "by": event.by.as_ref().map(|by| by.name.as_str()),
        "at": format_timestamp(event.at),
        "reason": text.map(Reason::as_str),
        "reason_code": code.map(RejectionReason::as_str),
    });
    if let Some(at) = event.effective_at {
        members["effective_at"] = json!(format_timestamp(at));
    }
    if let ApplicationEventKind::ChangesRequested { fields, .. } = &event.kind {
        members["fields"] = fields.iter().map(|fact: &Fact| fact.as_str()).collect();
    }
    members
}
