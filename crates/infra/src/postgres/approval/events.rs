//! The history of an application. Rows are only added.

use chrono::{DateTime, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use serde_json::Value;
use sihha_domain::approval::{ApplicationEvent, ApplicationEventKind, RejectionReason};
use sihha_domain::ids::{ProfileId, RecordId, StaffId};
use sihha_domain::reason::Reason;
use sihha_domain::staff::Actor;
use sihha_domain::staff_name::StaffName;
use uuid::Uuid;

use super::facts::{facts_on_record, facts_to_json};
use super::rows::{fields_on_record, names};
use crate::postgres::schema::application_events;

/// A row of `application_events`.
#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = application_events, check_for_backend(Pg), treat_none_as_default_value = false)]
pub(super) struct EventRow {
    profile_id: Uuid,
    id: Uuid,
    kind: String,
    at: DateTime<Utc>,
    actor_id: Option<Uuid>,
    actor_name: Option<String>,
    actor_directorate: Option<String>,
    effective_at: Option<DateTime<Utc>>,
    reason: Option<String>,
    reason_code: Option<String>,
    note: Option<String>,
    fields: Option<Vec<Option<String>>>,
    facts: Option<Value>,
}

impl EventRow {
    pub(super) fn new(id: ProfileId, event: &ApplicationEvent) -> Self {
        let actor = event.by.as_ref();
        let row = Self {
            profile_id: id.as_uuid(),
            id: event.id.as_uuid(),
            kind: event.kind.as_str().to_owned(),
            at: event.at,
            actor_id: actor.and_then(|actor| actor.id).map(|id| id.as_uuid()),
            actor_name: actor.map(|actor| actor.name.as_str().to_owned()),
            actor_directorate: actor
                .and_then(|actor| actor.directorate.as_ref())
                .map(|directorate| directorate.as_str().to_owned()),
            effective_at: event.effective_at,
            reason: None,
            reason_code: None,
            note: None,
            fields: None,
            facts: None,
        };
        row.with_kind(&event.kind)
    }

    fn with_kind(self, kind: &ApplicationEventKind) -> Self {
        let text = |reason: &Option<Reason>| reason.as_ref().map(|reason| reason.as_str().to_owned());
        match kind {
            ApplicationEventKind::Resubmitted
            | ApplicationEventKind::ChangesSubmitted
            | ApplicationEventKind::Undone => self,
            ApplicationEventKind::ChangesRequested { message, fields, facts } => Self {
                reason: Some(message.as_str().to_owned()),
                fields: Some(names(fields)),
                facts: Some(facts_to_json(facts)),
                ..self
            },
            ApplicationEventKind::Approved { note } | ApplicationEventKind::ChangesAccepted { note } => {
                Self { note: text(note), ..self }
            }
            ApplicationEventKind::Rejected { code, reason }
            | ApplicationEventKind::ChangesRefused { code, reason } => Self {
                reason: text(reason),
                reason_code: code.as_ref().map(|code| code.as_str().to_owned()),
                ..self
            },
            ApplicationEventKind::Reopened { reason } => {
                Self { reason: Some(reason.as_str().to_owned()), ..self }
            }
            ApplicationEventKind::TakenOver { from } => Self { note: Some(from.clone()), ..self },
        }
    }

    /// Returns the event, or `None` if its kind is of a later release.
    pub(super) fn event(self) -> Option<ApplicationEvent> {
        let by = self.actor_name.map(|name| Actor {
            id: self.actor_id.map(StaffId::from_uuid),
            name: StaffName::on_record(name),
            directorate: self.actor_directorate.map(StaffName::on_record),
        });
        let (reason, note) = (self.reason.map(Reason::on_record), self.note.map(Reason::on_record));
        let code = self.reason_code.map(RejectionReason::on_record);
        let kind = match self.kind.as_str() {
            "resubmitted" => ApplicationEventKind::Resubmitted,
            "changes_submitted" => ApplicationEventKind::ChangesSubmitted,
            "changes_requested" => ApplicationEventKind::ChangesRequested {
                message: reason?,
                fields: fields_on_record(self.fields),
                facts: facts_on_record(self.facts?),
            },
            // The previous release kept a note as the reason.
            "approved" => ApplicationEventKind::Approved { note: note.or(reason) },
            "rejected" => ApplicationEventKind::Rejected { code, reason },
            "changes_accepted" => ApplicationEventKind::ChangesAccepted { note },
            "changes_refused" => ApplicationEventKind::ChangesRefused { code, reason },
            "reopened" => ApplicationEventKind::Reopened { reason: reason? },
            "undone" => ApplicationEventKind::Undone,
            "taken_over" => ApplicationEventKind::TakenOver { from: note?.as_str().to_owned() },
            _ => return None,
        };
        Some(ApplicationEvent {
            id: RecordId::from_uuid(self.id),
            at: self.at,
            by,
            effective_at: self.effective_at,
            kind,
        })
    }
}
