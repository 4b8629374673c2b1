use chrono::{DateTime, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use sihha_domain::account::{AccountRef, EmailAddress, Role};
use sihha_domain::ids::{ProfileId, RecordId};
use sihha_domain::reason::Reason;
use sihha_domain::staff_name::StaffName;
use sihha_domain::store::StoreError;
use sihha_domain::suspension::{AccountStanding, Reinstatement, Suspension, SuspensionRepository};
use uuid::Uuid;

use super::account_ref::lock_id;
use super::errors::inconsistent;
use super::schema::{doctors, hospitals, labos, patients, profiles, suspensions};
use super::store_connection::StoreConnection;

/// A row of `suspensions`, without its ids.
#[derive(Queryable, Selectable)]
#[diesel(table_name = suspensions, check_for_backend(Pg))]
struct SuspensionRow {
    suspended_at: DateTime<Utc>,
    suspended_by: String,
    reason: String,
    lifted_at: Option<DateTime<Utc>>,
    lifted_by: Option<String>,
}

impl SuspensionRow {
    fn suspension(self) -> Suspension {
        let name = StaffName::on_record;
        Suspension {
            at: self.suspended_at,
            by: name(self.suspended_by),
            reason: Reason::on_record(self.reason),
            reinstatement: self
                .lifted_at
                .zip(self.lifted_by)
                .map(|(at, by)| Reinstatement { at, by: name(by) }),
        }
    }
}

/// Role, e-mail, and the names of each role, of which one is present.
type NamedAccountRow = (String, String, (Option<String>, Option<String>, Option<String>, Option<String>));

/// Selects only what staff need to recognize the account.
#[diesel::dsl::auto_type(no_type_alias)]
fn named_accounts() -> _ {
    let patient = patients::first_name.concat(" ").concat(patients::last_name);
    let doctor = doctors::first_name.concat(" ").concat(doctors::last_name);
    profiles::table
        .left_join(patients::table.on(patients::profile_id.eq(profiles::id)))
        .left_join(doctors::table.on(doctors::profile_id.eq(profiles::id)))
        .left_join(hospitals::table.on(hospitals::profile_id.eq(profiles::id)))
        .left_join(labos::table.on(labos::profile_id.eq(profiles::id)))
        .select((
            profiles::role,
            profiles::email,
            (patient.nullable(), doctor.nullable(), hospitals::name.nullable(), labos::name.nullable()),
        ))
}

/// Returns the condition that the account is suspended.
#[diesel::dsl::auto_type(no_type_alias)]
pub(super) fn is_suspended(id: ProfileId) -> _ {
    let id: Uuid = id.as_uuid();
    let in_force =
        suspensions::table.filter(suspensions::profile_id.eq(id)).filter(suspensions::lifted_at.is_null());
    diesel::dsl::exists(in_force)
}

/// The repository on a connection.
pub(super) struct PgSuspensions<'a>(pub(super) &'a mut StoreConnection);

impl SuspensionRepository for PgSuspensions<'_> {
    fn lock(&mut self, account: &AccountRef) -> Result<Option<AccountStanding>, StoreError> {
        // The lock comes first: rows that are read in the same query could be older than the lock.
        let Some(id) = lock_id(self.0, account)? else { return Ok(None) };
        let named = named_accounts().filter(profiles::id.eq(id.as_uuid()));
        let Some((role, email, (patient, doctor, hospital, labo))) =
            self.0.run(|pg| named.first::<NamedAccountRow>(pg).optional())?
        else {
            return Ok(None);
        };
        // The suspension in force, or else the suspension that ended last.
        let last = suspensions::table
            .filter(suspensions::profile_id.eq(id.as_uuid()))
            .order((
                suspensions::lifted_at.desc().nulls_first(),
                suspensions::suspended_at.desc(),
                suspensions::suspension_id.desc(),
            ))
            .select(SuspensionRow::as_select());
        let suspension = self.0.run(|pg| last.first(pg).optional())?;
        Ok(Some(AccountStanding {
            id,
            role: Role::parse(&role).ok_or_else(|| inconsistent("profiles", "role"))?,
            email: EmailAddress::on_record(email),
            name: patient.or(doctor).or(hospital).or(labo).unwrap_or_default(),
            suspension: suspension.map(SuspensionRow::suspension),
        }))
    }

    fn history(&mut self, id: ProfileId) -> Result<Vec<Suspension>, StoreError> {
        let query = suspensions::table
            .filter(suspensions::profile_id.eq(id.as_uuid()))
            .order((suspensions::suspended_at, suspensions::suspension_id))
            .select(SuspensionRow::as_select());
        let rows = self.0.run(|pg| query.load(pg))?;
        Ok(rows.into_iter().map(SuspensionRow::suspension).collect())
    }

    fn add(&mut self, id: ProfileId, record: RecordId, suspension: &Suspension) -> Result<(), StoreError> {
        let row = (
            suspensions::suspension_id.eq(record.as_uuid()),
            suspensions::profile_id.eq(id.as_uuid()),
            suspensions::suspended_at.eq(suspension.at),
            suspensions::suspended_by.eq(suspension.by.as_str()),
            suspensions::reason.eq(suspension.reason.as_str()),
        );
        self.0.run(|pg| diesel::insert_into(suspensions::table).values(row).execute(pg)).map(|_| ())
    }

    fn reinstate(&mut self, id: ProfileId, reinstatement: &Reinstatement) -> Result<(), StoreError> {
        let in_force = suspensions::table
            .filter(suspensions::profile_id.eq(id.as_uuid()))
            .filter(suspensions::lifted_at.is_null());
        let reinstatement = (
            suspensions::lifted_at.eq(reinstatement.at),
            suspensions::lifted_by.eq(reinstatement.by.as_str()),
        );
        self.0.run(|pg| diesel::update(in_force).set(reinstatement).execute(pg)).map(|_| ())
    }
}
