//! Rows of `approvals`: what is in force for the applicant, and the rest, which only staff need.

use chrono::{DateTime, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use serde_json::Value;
use sihha_domain::account::{Account, Fact, PendingChanges};
use sihha_domain::approval::{
    Application, ApplicationClaim, Approval, ApprovalState, ChangeRequest, Decision, RejectionReason,
};
use sihha_domain::ids::StaffId;
use sihha_domain::reason::Reason;
use sihha_domain::staff::Actor;
use sihha_domain::staff_name::StaffName;
use sihha_domain::store::StoreError;
use uuid::Uuid;

use super::facts::{changes_on_record, changes_to_json};
use crate::postgres::errors::inconsistent;
use crate::postgres::schema::approvals;

/// The columns that belong to an account. A request for corrections is `pending`.
#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = approvals, primary_key(profile_id), check_for_backend(Pg), treat_none_as_null = true, treat_none_as_default_value = false)]
pub(in crate::postgres) struct ApprovalRow {
    profile_id: Uuid,
    #[diesel(skip_update)]
    role: String,
    state: String,
    decided_by: Option<String>,
    decided_at: Option<DateTime<Utc>>,
    reason: Option<String>,
    reason_code: Option<String>,
    requested_at: Option<DateTime<Utc>>,
    requested_message: Option<String>,
    requested_fields: Option<Vec<Option<String>>>,
    pending_changes: Option<Value>,
}

impl ApprovalRow {
    /// Returns the row of `account`, or `None` if its role needs no approval.
    pub(in crate::postgres) fn of(account: &Account) -> Option<Self> {
        let approval = account.approval.as_ref()?;
        let decision = approval.decision();
        let request = match approval {
            Approval::ChangesRequested(request) => Some(request),
            _ => None,
        };
        let in_force = if request.is_some() { ApprovalState::Pending } else { approval.state() };
        Some(Self {
            profile_id: account.id.as_uuid(),
            role: account.role().as_str().to_owned(),
            state: in_force.as_str().to_owned(),
            decided_by: decision.map(|decision| decision.by.as_str().to_owned()),
            decided_at: decision.map(|decision| decision.at),
            reason: decision
                .and_then(|decision| decision.reason.as_ref())
                .map(|reason| reason.as_str().to_owned()),
            reason_code: decision
                .and_then(|decision| decision.code.as_ref())
                .map(|code| code.as_str().to_owned()),
            requested_at: request.map(|request| request.at),
            requested_message: request.map(|request| request.message.as_str().to_owned()),
            requested_fields: request.map(|request| names(&request.fields)),
            pending_changes: account.pending_changes.as_ref().map(changes_to_json),
        })
    }

    fn in_force(self) -> Result<(Approval, Option<PendingChanges>), StoreError> {
        let state = ApprovalState::parse(&self.state).ok_or_else(|| inconsistent("approvals", "state"))?;
        let (reason, code) =
            (self.reason.map(Reason::on_record), self.reason_code.map(RejectionReason::on_record));
        let decision = self.decided_by.zip(self.decided_at);
        let decision = decision.map(|(by, at)| Decision { by: StaffName::on_record(by), at, reason, code });
        let request = self.requested_at.zip(self.requested_message).map(|(at, message)| ChangeRequest {
            at,
            message: Reason::on_record(message),
            fields: fields_on_record(self.requested_fields),
        });
        let approval = match (state, decision) {
            (ApprovalState::Pending, None) => request.map_or(Approval::Pending, Approval::ChangesRequested),
            (ApprovalState::Approved, Some(decision)) => Approval::Approved(decision),
            (ApprovalState::Rejected, Some(decision)) => Approval::Rejected(decision),
            _ => return Err(inconsistent("approvals", "decided_by")),
        };
        Ok((approval, self.pending_changes.and_then(changes_on_record)))
    }
}

/// The columns that an account is read from.
#[derive(Queryable, Selectable)]
#[diesel(table_name = approvals, check_for_backend(Pg))]
pub(in crate::postgres) struct InForceRow {
    #[diesel(embed)]
    approval: ApprovalRow,
    submitted_at: Option<DateTime<Utc>>,
    resubmitted_at: Option<DateTime<Utc>>,
}

impl InForceRow {
    /// Returns when the application was last submitted.
    pub(in crate::postgres) fn submitted_at(&self) -> Option<DateTime<Utc>> {
        self.submitted_at.max(self.resubmitted_at)
    }

    /// Returns what is in force for the account.
    pub(in crate::postgres) fn in_force(self) -> Result<(Approval, Option<PendingChanges>), StoreError> {
        self.approval.in_force()
    }
}

/// The other columns of an application, except the copy of the wilaya.
#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = approvals, check_for_backend(Pg), treat_none_as_null = true, treat_none_as_default_value = false)]
pub(in crate::postgres) struct ApplicationRow {
    application_state: Option<String>,
    submitted_at: Option<DateTime<Utc>>,
    resubmitted_at: Option<DateTime<Utc>>,
    effective_at: Option<DateTime<Utc>>,
    claimed_by: Option<Uuid>,
    claimed_by_name: Option<String>,
    claimed_by_directorate: Option<String>,
    claimed_until: Option<DateTime<Utc>>,
    possible_duplicates: Option<i32>,
}

impl ApplicationRow {
    /// Returns the row of an account that was just registered.
    pub(in crate::postgres) fn submitted(account: &Account) -> Self {
        Self {
            application_state: account.approval_state().map(|state| state.as_str().to_owned()),
            submitted_at: Some(account.registered_at),
            resubmitted_at: None,
            effective_at: None,
            claimed_by: None,
            claimed_by_name: None,
            claimed_by_directorate: None,
            claimed_until: None,
            possible_duplicates: None,
        }
    }

    pub(super) fn new(application: &Application) -> Self {
        let holder = application.claim.as_ref().map(|claim| &claim.by);
        Self {
            application_state: Some(application.state.as_str().to_owned()),
            submitted_at: Some(application.submitted_at),
            resubmitted_at: application.resubmitted_at,
            effective_at: application.effective_at,
            claimed_by: holder.and_then(|holder| holder.id).map(|id| id.as_uuid()),
            claimed_by_name: holder.map(|holder| holder.name.as_str().to_owned()),
            claimed_by_directorate: holder
                .and_then(|holder| holder.directorate.as_ref())
                .map(|directorate| directorate.as_str().to_owned()),
            claimed_until: application.claim.as_ref().map(|claim| claim.until),
            possible_duplicates: application
                .possible_duplicates
                .map(|number| i32::try_from(number).unwrap_or(i32::MAX)),
        }
    }

    pub(super) fn application(self, account: Account) -> Result<Application, StoreError> {
        let state = self.application_state.as_deref().and_then(ApprovalState::parse);
        let directorate = self.claimed_by_directorate.map(StaffName::on_record);
        let holder = self.claimed_by.zip(self.claimed_by_name).map(|(id, name)| Actor {
            id: Some(StaffId::from_uuid(id)),
            name: StaffName::on_record(name),
            directorate,
        });
        Ok(Application {
            account,
            state: state.ok_or_else(|| inconsistent("approvals", "application_state"))?,
            submitted_at: self.submitted_at.ok_or_else(|| inconsistent("approvals", "submitted_at"))?,
            resubmitted_at: self.resubmitted_at,
            effective_at: self.effective_at,
            claim: holder.zip(self.claimed_until).map(|(by, until)| ApplicationClaim { by, until }),
            possible_duplicates: self.possible_duplicates.and_then(|number| u32::try_from(number).ok()),
        })
    }
}

/// Returns the names of facts, as an array without nulls.
pub(super) fn names(facts: &[Fact]) -> Vec<Option<String>> {
    facts.iter().map(|fact| Some(fact.as_str().to_owned())).collect()
}

/// Reads names of facts. Leaves out those of a later release.
pub(super) fn fields_on_record(names: Option<Vec<Option<String>>>) -> Vec<Fact> {
    names.into_iter().flatten().flatten().filter_map(|name| Fact::parse(&name)).collect()
}
