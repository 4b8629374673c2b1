//! Applications in responses.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Value, json};
use sihha_domain::account::{Account, Fact, FactValue};
use sihha_domain::approval::{
    Application, ApplicationDetails, ApplicationEvent, ApplicationEventKind, FactChange,
};
use sihha_domain::staff::Actor;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::openapi::choices::{AccountStateChoice, ApprovalStateChoice, RejectionReasonChoice, RoleChoice};
use crate::timestamp::Timestamp;

/// A member of staff.
#[derive(Serialize, ToSchema)]
pub(super) struct ActorResponse {
    /// `null` for a person at the terminal.
    #[schema(required = true)]
    id: Option<Uuid>,
    name: String,
    /// The health directorate that the person works for.
    #[schema(required = true)]
    directorate: Option<String>,
}

impl From<&Actor> for ActorResponse {
    fn from(actor: &Actor) -> Self {
        Self {
            id: actor.id.map(|id| id.as_uuid()),
            name: actor.name.as_str().to_owned(),
            directorate: actor.directorate.as_ref().map(|name| name.as_str().to_owned()),
        }
    }
}

/// What staff recognize an account by. A person has a first and a last name, and an organisation a
/// name.
#[derive(Serialize, ToSchema)]
pub(super) struct AccountSummary {
    id: Uuid,
    #[schema(value_type = RoleChoice)]
    role: &'static str,
    #[serde(flatten)]
    #[schema(value_type = SummaryFacts)]
    facts: BTreeMap<&'static str, Value>,
}

/// Facts of an account. Those that are not given are left out.
#[derive(Serialize, ToSchema)]
struct SummaryFacts {
    first_name: Option<String>,
    last_name: Option<String>,
    first_name_ar: Option<String>,
    last_name_ar: Option<String>,
    name: Option<String>,
    name_ar: Option<String>,
    specialite: Option<String>,
    facility_type: Option<String>,
    wilaya: Option<String>,
    commune: Option<String>,
}

/// The facts by which staff recognize an account.
const SUMMARY: [Fact; 10] = [
    Fact::FirstName,
    Fact::LastName,
    Fact::FirstNameAr,
    Fact::LastNameAr,
    Fact::Name,
    Fact::NameAr,
    Fact::Specialite,
    Fact::FacilityType,
    Fact::Wilaya,
    Fact::Commune,
];

impl From<&Account> for AccountSummary {
    fn from(account: &Account) -> Self {
        let facts = SUMMARY.into_iter().filter_map(|fact| Some((fact.as_str(), value(&fact.of(account)?))));
        Self { id: account.id.as_uuid(), role: account.role().as_str(), facts: facts.collect() }
    }
}

/// Returns the value as a client sends it.
pub(super) fn value(value: &FactValue) -> Value {
    match value {
        FactValue::Text(text) => json!(text),
        FactValue::Flag(flag) => json!(flag),
        FactValue::Identifiers(identifiers) => {
            let entry = |one: &sihha_domain::identifier::Identifier| json!({ "system": one.system().as_str(), "value": one.value() });
            identifiers.iter().map(entry).collect()
        }
    }
}

/// Returns all facts that staff check, by name.
pub(super) fn facts(account: &Account) -> BTreeMap<&'static str, Value> {
    let facts = Fact::ALL.iter().filter_map(|fact| Some((fact.as_str(), value(&fact.of(account)?))));
    facts.collect()
}

/// Who reviews an application, and until when.
#[derive(Serialize, ToSchema)]
struct ClaimResponse {
    by: ActorResponse,
    #[schema(value_type = DateTime<Utc>)]
    until: Timestamp,
}

/// An application in a list.
#[derive(Serialize, ToSchema)]
pub(super) struct ApplicationSummary {
    #[serde(flatten)]
    account: AccountSummary,
    #[schema(value_type = ApprovalStateChoice)]
    state: &'static str,
    /// When it was first submitted; for a change to vetted facts, when the owner made it.
    #[schema(value_type = DateTime<Utc>)]
    submitted_at: Timestamp,
    /// When it was last submitted.
    #[schema(value_type = DateTime<Utc>)]
    last_submitted_at: Timestamp,
    /// Whether the applicant corrected it and sent it again.
    resubmitted: bool,
    /// When the last decision takes effect, if it is held.
    #[schema(value_type = Option<DateTime<Utc>>, required = true)]
    effective_at: Option<Timestamp>,
    #[schema(required = true)]
    claim: Option<ClaimResponse>,
    /// Number of accounts that may be the same person or organisation; `null` until they are counted.
    #[schema(required = true)]
    possible_duplicates: Option<u32>,
}

impl ApplicationSummary {
    /// Describes the application at `now`: an expired claim is none.
    pub(super) fn new(application: &Application, now: DateTime<Utc>) -> Self {
        let last = application.resubmitted_at.unwrap_or(application.submitted_at);
        Self {
            account: AccountSummary::from(&application.account),
            state: application.state.as_str(),
            submitted_at: Timestamp(application.submitted_at),
            last_submitted_at: Timestamp(last),
            resubmitted: application.resubmitted_at.is_some(),
            effective_at: application.effective_at.map(Timestamp),
            claim: application.claim_at(now).map(|claim| ClaimResponse {
                by: ActorResponse::from(&claim.by),
                until: Timestamp(claim.until),
            }),
            possible_duplicates: application.possible_duplicates,
        }
    }
}

/// An application, with the facts that staff check.
#[derive(Serialize, ToSchema)]
pub(super) struct ReviewedApplicationResponse {
    #[serde(flatten)]
    summary: ApplicationSummary,
    /// The facts, by the names of the members of a registration; those in force if a change waits.
    #[schema(value_type = Object)]
    facts: BTreeMap<&'static str, Value>,
}

impl ReviewedApplicationResponse {
    pub(super) fn new(application: &Application, now: DateTime<Utc>) -> Self {
        Self { summary: ApplicationSummary::new(application, now), facts: facts(&application.account) }
    }
}

/// A fact that was requested or changed.
#[derive(Serialize, ToSchema)]
struct FactChangeResponse {
    field: &'static str,
    /// The value before; `null` if it was not given.
    #[schema(required = true)]
    old: Option<Value>,
    /// The value now; for a change to vetted facts, the wanted one.
    #[schema(required = true)]
    new: Option<Value>,
    /// Whether staff asked for the change.
    requested: bool,
}

impl From<&FactChange> for FactChangeResponse {
    fn from(change: &FactChange) -> Self {
        Self {
            field: change.fact.as_str(),
            old: change.old.as_ref().map(value),
            new: change.new.as_ref().map(value),
            requested: change.is_requested,
        }
    }
}

/// An event in the history of an application.
#[derive(Serialize, ToSchema)]
pub(super) struct EventResponse {
    id: Uuid,
    #[schema(value_type = DateTime<Utc>)]
    at: Timestamp,
    /// What happened: `resubmitted`, `changes_submitted`, `changes_requested`, `approved`, `rejected`,
    /// `changes_accepted`, `changes_refused`, `reopened`, `undone` or `taken_over`.
    event: &'static str,
    /// `null` if the applicant acted.
    #[schema(required = true)]
    by: Option<ActorResponse>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = DateTime<Utc>, required = false)]
    effective_at: Option<Timestamp>,
    /// The reason, or the message to the applicant.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = RejectionReasonChoice, required = false)]
    reason_code: Option<String>,
    /// For staff only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    note: Option<String>,
    /// The fields to correct.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<String>, required = false)]
    fields: Option<Vec<&'static str>>,
}

impl From<&ApplicationEvent> for EventResponse {
    fn from(event: &ApplicationEvent) -> Self {
        let kind = &event.kind;
        let fields = match kind {
            ApplicationEventKind::ChangesRequested { fields, .. } => {
                Some(fields.iter().map(|fact| fact.as_str()).collect())
            }
            _ => None,
        };
        Self {
            id: event.id.as_uuid(),
            at: Timestamp(event.at),
            event: kind.as_str(),
            by: event.by.as_ref().map(ActorResponse::from),
            effective_at: event.effective_at.map(Timestamp),
            reason: kind.reason().map(|reason| reason.as_str().to_owned()),
            reason_code: kind.code().map(|code| code.as_str().to_owned()),
            note: kind.note().map(|note| note.as_str().to_owned()),
            fields,
        }
    }
}

/// An account that may be the same person or organisation.
#[derive(Serialize, ToSchema)]
struct DuplicateResponse {
    /// `null` if the account is outside the caller's scope.
    #[schema(required = true)]
    account: Option<AccountSummary>,
    #[schema(value_type = RoleChoice)]
    role: &'static str,
    #[schema(value_type = AccountStateChoice)]
    state: &'static str,
    /// Why: `identifier`, `telephone` or `name_and_birth_date`.
    reasons: Vec<&'static str>,
    /// Names of the facts that are the same.
    agreeing: Vec<&'static str>,
}

/// All that a decision needs.
#[derive(Serialize, ToSchema)]
pub(super) struct ReviewedApplicationDetailsResponse {
    #[serde(flatten)]
    application: ReviewedApplicationResponse,
    /// Facts that were requested or changed.
    changes: Vec<FactChangeResponse>,
    /// What happened since the submission, oldest first.
    history: Vec<EventResponse>,
    /// The strongest first.
    duplicates: Vec<DuplicateResponse>,
}

impl ReviewedApplicationDetailsResponse {
    pub(super) fn new(details: &ApplicationDetails, now: DateTime<Utc>) -> Self {
        let duplicates = details.duplicates.iter().map(|compared| {
            let found = &compared.duplicate.found;
            DuplicateResponse {
                account: compared.is_visible.then(|| AccountSummary::from(&found.account)),
                role: found.account.role().as_str(),
                state: found.state().as_str(),
                reasons: compared.duplicate.reasons.iter().map(|reason| reason.as_str()).collect(),
                agreeing: compared.agreeing.iter().map(|fact| fact.as_str()).collect(),
            }
        });
        Self {
            application: ReviewedApplicationResponse::new(&details.application, now),
            changes: details.changes.iter().map(FactChangeResponse::from).collect(),
            history: details.events.iter().map(EventResponse::from).collect(),
            duplicates: duplicates.collect(),
        }
    }
}
