use chrono::{DateTime, Utc};
use diesel::dsl::AsSelect;
use diesel::pg::Pg;
use diesel::prelude::*;
use sihha_domain::account::{AccountRef, EmailAddress, Role};
use sihha_domain::approval::{
    Application, ApplicationFilter, Approval, ApprovalRepository, ApprovalState, Decision,
};
use sihha_domain::ids::{ProfileId, RecordId};
use sihha_domain::reason::Reason;
use sihha_domain::staff_name::StaffName;
use sihha_domain::store::StoreError;
use uuid::Uuid;

use super::account_ref::{find_id, lock_id};
use super::errors::inconsistent;
use super::schema::{approval_events, approvals, doctors, hospitals, labos, profiles};
use super::store_connection::StoreConnection;

/// A row of `approvals`.
#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = approvals, check_for_backend(Pg), treat_none_as_default_value = false)]
pub(super) struct ApprovalRow {
    profile_id: Uuid,
    role: String,
    state: String,
    decided_by: Option<String>,
    decided_at: Option<DateTime<Utc>>,
    reason: Option<String>,
}

impl ApprovalRow {
    pub(super) fn new(id: ProfileId, role: Role, approval: &Approval) -> Self {
        let decision = approval.decision();
        Self {
            profile_id: id.as_uuid(),
            role: role.as_str().to_owned(),
            state: approval.state().as_str().to_owned(),
            decided_by: decision.map(|decision| decision.by.as_str().to_owned()),
            decided_at: decision.map(|decision| decision.at),
            reason: decision
                .and_then(|decision| decision.reason.as_ref())
                .map(|reason| reason.as_str().to_owned()),
        }
    }

    pub(super) fn approval(self) -> Result<Approval, StoreError> {
        let state = ApprovalState::parse(&self.state).ok_or_else(|| inconsistent("approvals", "state"))?;
        let decision = self.decided_by.zip(self.decided_at).map(|(by, at)| decision(by, at, self.reason));
        match (state, decision) {
            (ApprovalState::Pending, None) => Ok(Approval::Pending),
            (ApprovalState::Approved, Some(decision)) => Ok(Approval::Approved(decision)),
            (ApprovalState::Rejected, Some(decision)) => Ok(Approval::Rejected(decision)),
            _ => Err(inconsistent("approvals", "decided_by")),
        }
    }
}

/// Reads a stored decision.
fn decision(by: String, at: DateTime<Utc>, reason: Option<String>) -> Decision {
    Decision { by: StaffName::on_record(by), at, reason: reason.map(Reason::on_record) }
}

/// A row of `approval_events`, without its key.
type DecisionRow = (String, String, DateTime<Utc>, Option<String>);

fn decided((state, by, at, reason): DecisionRow) -> Result<Approval, StoreError> {
    match ApprovalState::parse(&state) {
        Some(ApprovalState::Approved) => Ok(Approval::Approved(decision(by, at, reason))),
        Some(ApprovalState::Rejected) => Ok(Approval::Rejected(decision(by, at, reason))),
        _ => Err(inconsistent("approval_events", "state")),
    }
}

/// A row of a list of applications. One of the last three names is present.
type ApplicationRow = (ApprovalRow, String, DateTime<Utc>, (Option<String>, Option<String>, Option<String>));

#[diesel::dsl::auto_type(no_type_alias)]
fn applications() -> _ {
    approvals::table
        .inner_join(profiles::table.on(profiles::id.eq(approvals::profile_id)))
        .left_join(doctors::table.on(doctors::profile_id.eq(approvals::profile_id)))
        .left_join(hospitals::table.on(hospitals::profile_id.eq(approvals::profile_id)))
        .left_join(labos::table.on(labos::profile_id.eq(approvals::profile_id)))
}

#[diesel::dsl::auto_type(no_type_alias)]
fn columns() -> _ {
    let row: AsSelect<ApprovalRow, Pg> = ApprovalRow::as_select();
    let doctor = doctors::first_name.concat(" ").concat(doctors::last_name);
    let name = (doctor.nullable(), hospitals::name.nullable(), labos::name.nullable());
    (row, profiles::email, profiles::registered_at, name)
}

fn application(row: ApplicationRow) -> Result<Application, StoreError> {
    let (approval, email, registered_at, (doctor, hospital, labo)) = row;
    Ok(Application {
        id: ProfileId::from_uuid(approval.profile_id),
        role: Role::parse(&approval.role).ok_or_else(|| inconsistent("approvals", "role"))?,
        email: EmailAddress::on_record(email),
        // In a distributed database, a reader can see part of a registration.
        name: doctor.or(hospital).or(labo).unwrap_or_default(),
        registered_at,
        approval: approval.approval()?,
    })
}

/// Returns the roles to search for: the one of the filter, or all.
fn roles(filter: ApplicationFilter) -> Vec<&'static str> {
    Role::ALL
        .into_iter()
        .filter(|role| filter.role.is_none_or(|wanted| wanted == *role))
        .map(Role::as_str)
        .collect()
}

/// Returns the states to search for: the one of the filter, or all.
fn states(filter: ApplicationFilter) -> Vec<&'static str> {
    let is_wanted = |state: &ApprovalState| filter.state.is_none_or(|wanted| wanted == *state);
    ApprovalState::ALL.iter().copied().filter(is_wanted).map(ApprovalState::as_str).collect()
}

/// The repository on a connection.
pub(super) struct PgApprovals<'a>(pub(super) &'a mut StoreConnection);

impl ApprovalRepository for PgApprovals<'_> {
    fn list(&mut self, filter: ApplicationFilter) -> Result<Vec<Application>, StoreError> {
        let query = applications()
            .filter(approvals::state.eq_any(states(filter)))
            .filter(approvals::role.eq_any(roles(filter)))
            // What says so has an index in this order.
            .filter(profiles::approval_role.is_not_null())
            .order((profiles::registered_at.asc(), profiles::id.asc()))
            .limit(i64::from(filter.limit))
            .select(columns());
        self.0.run(|pg| query.load::<ApplicationRow>(pg))?.into_iter().map(application).collect()
    }

    fn count(&mut self, filter: ApplicationFilter) -> Result<u64, StoreError> {
        let query = approvals::table
            .filter(approvals::state.eq_any(states(filter)))
            .filter(approvals::role.eq_any(roles(filter)))
            .count();
        let count: i64 = self.0.run(|pg| query.get_result(pg))?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    fn find(&mut self, account: &AccountRef) -> Result<Option<Application>, StoreError> {
        let id = find_id(self.0, account)?;
        id.map_or(Ok(None), |id| self.application(id))
    }

    fn lock(&mut self, account: &AccountRef) -> Result<Option<Application>, StoreError> {
        // The lock comes first: a row that is read in the same query could be older than the lock.
        let id = lock_id(self.0, account)?;
        id.map_or(Ok(None), |id| self.application(id))
    }

    fn record(&mut self, id: ProfileId, approval: &Approval) -> Result<(), StoreError> {
        let decision = approval.decision();
        let update = diesel::update(approvals::table.find(id.as_uuid())).set((
            approvals::state.eq(approval.state().as_str()),
            approvals::decided_by.eq(decision.map(|decision| decision.by.as_str())),
            approvals::decided_at.eq(decision.map(|decision| decision.at)),
            approvals::reason.eq(decision.and_then(|decision| decision.reason.as_ref()).map(Reason::as_str)),
        ));
        self.0.run(|pg| update.execute(pg)).map(|_| ())
    }

    fn append(&mut self, id: ProfileId, record: RecordId, decided: &Approval) -> Result<(), StoreError> {
        let Some(decision) = decided.decision() else { return Ok(()) };
        let row = (
            approval_events::profile_id.eq(id.as_uuid()),
            approval_events::id.eq(record.as_uuid()),
            approval_events::state.eq(decided.state().as_str()),
            approval_events::decided_by.eq(decision.by.as_str()),
            approval_events::decided_at.eq(decision.at),
            approval_events::reason.eq(decision.reason.as_ref().map(Reason::as_str)),
        );
        self.0.run(|pg| diesel::insert_into(approval_events::table).values(row).execute(pg)).map(|_| ())
    }

    fn decisions(&mut self, id: ProfileId) -> Result<Vec<Approval>, StoreError> {
        let query = approval_events::table
            .filter(approval_events::profile_id.eq(id.as_uuid()))
            .order((approval_events::decided_at.asc(), approval_events::id.asc()))
            .select((
                approval_events::state,
                approval_events::decided_by,
                approval_events::decided_at,
                approval_events::reason,
            ));
        self.0.run(|pg| query.load::<DecisionRow>(pg))?.into_iter().map(decided).collect()
    }
}

impl PgApprovals<'_> {
    fn application(&mut self, id: ProfileId) -> Result<Option<Application>, StoreError> {
        let row = applications().filter(approvals::profile_id.eq(id.as_uuid())).select(columns());
        self.0.run(|pg| row.first::<ApplicationRow>(pg).optional())?.map(application).transpose()
    }
}
