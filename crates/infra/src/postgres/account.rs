mod rows;

use chrono::{DateTime, Utc};
use diesel::dsl::AsSelect;
use diesel::pg::Pg;
use diesel::prelude::*;
use sihha_domain::account::{Account, AccountRef, AccountRepository, InsertError, RoleDetails};
use sihha_domain::ids::{ProfileId, SessionId, TokenDigest};
use sihha_domain::password::PasswordHash;
use sihha_domain::session::Session;
use sihha_domain::store::{BatchResults, StoreError};
use uuid::Uuid;

use self::rows::{AccountRow, DoctorRow, HospitalRow, LaboRow, PatientRow, ProfileRow};
use super::account_ref::lock_id;
use super::approval::ApprovalRow;
use super::combined_insert::{CombinedInsert, Statement};
use super::errors::taken;
use super::libpq::PqConnection;
use super::schema::{
    approvals, doctors, hospitals, labos, passwords, patients, profiles, search_keys as keys, sessions,
};
use super::search_keys::{self, SearchKeysRow};
use super::session::{NewSessionRow, is_live};
use super::store_connection::StoreConnection;

/// The repository on a connection.
pub(super) struct PgAccounts<'a>(pub(super) &'a mut StoreConnection);

impl AccountRepository for PgAccounts<'_> {
    fn insert(
        &mut self,
        account: &Account,
        password: &PasswordHash,
        first_session: Option<(&Session, &TokenDigest)>,
    ) -> Result<(), InsertError> {
        let id = account.id.as_uuid();
        let profile = diesel::insert_into(profiles::table).values(ProfileRow::new(account));
        let mut all = CombinedInsert::new(Box::new(profile)).and(insert_details(id, &account.details));
        if let Some(approval) = &account.approval {
            let row = ApprovalRow::new(account.id, account.role(), approval);
            all = all.and(Box::new(diesel::insert_into(approvals::table).values(row)));
        }
        let row = (passwords::profile_id.eq(id), passwords::hash.eq(password.expose()));
        all = all.and(Box::new(diesel::insert_into(passwords::table).values(row)));
        all = all.and(search_keys::insert(account));
        if let Some((session, current)) = first_session {
            let row = NewSessionRow::new(session, current);
            all = all.and(Box::new(diesel::insert_into(sessions::table).values(row)));
        }
        self.0
            .try_run(|pg| all.execute(pg))
            .map(|_| ())
            .map_err(|error| taken(&error).unwrap_or_else(|| self.0.store_error(&error).into()))
    }

    /// Inserting a session waits for this lock: its foreign key locks the same row
    /// (`FOR KEY SHARE`).
    fn lock(&mut self, id: ProfileId) -> Result<(), StoreError> {
        lock_id(self.0, &AccountRef::Id(id)).map(|_| ())
    }

    fn find(&mut self, id: ProfileId) -> Result<Option<Account>, StoreError> {
        let query = accounts().filter(profiles::id.eq(id.as_uuid())).select(columns());
        let found = self.0.run(|pg| query.first::<AccountRow>(pg).optional())?;
        found.map(rows::account).transpose()
    }

    fn page(&mut self, after: Option<ProfileId>, limit: u32) -> Result<Vec<Account>, StoreError> {
        let after = after.map_or(Uuid::nil(), |id| id.as_uuid());
        let query = accounts()
            .filter(profiles::id.gt(after))
            .order(profiles::id)
            .limit(i64::from(limit))
            .select(columns());
        self.0.run(|pg| query.load::<AccountRow>(pg))?.into_iter().map(rows::account).collect()
    }

    fn find_in_sessions(
        &mut self,
        sessions: &[SessionId],
        now: DateTime<Utc>,
    ) -> Result<BatchResults<Option<Account>>, StoreError> {
        let ids: Vec<Uuid> = sessions.iter().map(SessionId::as_uuid).collect();
        let query = accounts()
            .inner_join(sessions::table.on(sessions::profile_id.eq(profiles::id)))
            .filter(sessions::id.eq_any(ids))
            .filter(is_live(now))
            .select((sessions::id, columns()));
        let rows = self.0.run(|pg| query.load::<(Uuid, AccountRow)>(pg))?;
        let mut results: BatchResults<_> = sessions.iter().map(|session| (*session, Ok(None))).collect();
        for (session, row) in rows {
            results.insert(SessionId::from_uuid(session), rows::account(row).map(Some));
        }
        Ok(results)
    }

    fn lock_in_session(
        &mut self,
        id: ProfileId,
        session: SessionId,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        // The query locks both rows. After a wait for one of them, Postgres reads it again and
        // checks the conditions again. The lock does not conflict with foreign keys, so a
        // simultaneous login does not wait.
        let query = profiles::table
            .inner_join(sessions::table)
            .filter(profiles::id.eq(id.as_uuid()))
            .filter(sessions::id.eq(session.as_uuid()))
            .filter(is_live(now))
            .select(profiles::id)
            .for_no_key_update();
        Ok(self.0.run(|pg| query.first::<Uuid>(pg).optional())?.is_some())
    }

    fn update(&mut self, account: &Account) -> Result<(), StoreError> {
        let profile = diesel::update(profiles::table.find(account.id.as_uuid()));
        self.0.run(|pg| profile.set(ProfileRow::new(account)).execute(pg))?;
        self.update_details(account.id.as_uuid(), &account.details)?;
        self.0.run(|pg| search_keys::upsert(pg, account)).map(|_| ())
    }
}

impl PgAccounts<'_> {
    fn update_details(&mut self, id: Uuid, details: &RoleDetails) -> Result<usize, StoreError> {
        match details {
            RoleDetails::Patient(patient) => {
                let row = PatientRow::new(id, patient);
                self.0.run(|pg| diesel::update(patients::table.find(id)).set(row).execute(pg))
            }
            RoleDetails::Doctor(doctor) => {
                let row = DoctorRow::new(id, doctor);
                self.0.run(|pg| diesel::update(doctors::table.find(id)).set(row).execute(pg))
            }
            RoleDetails::Hospital(hospital) => {
                let row = HospitalRow::new(id, hospital);
                self.0.run(|pg| diesel::update(hospitals::table.find(id)).set(row).execute(pg))
            }
            RoleDetails::Labo(labo) => {
                let row = LaboRow::new(id, labo);
                self.0.run(|pg| diesel::update(labos::table.find(id)).set(row).execute(pg))
            }
        }
    }
}

fn insert_details(id: Uuid, details: &RoleDetails) -> Statement<'_> {
    match details {
        RoleDetails::Patient(patient) => {
            Box::new(diesel::insert_into(patients::table).values(PatientRow::new(id, patient)))
        }
        RoleDetails::Doctor(doctor) => {
            Box::new(diesel::insert_into(doctors::table).values(DoctorRow::new(id, doctor)))
        }
        RoleDetails::Hospital(hospital) => {
            Box::new(diesel::insert_into(hospitals::table).values(HospitalRow::new(id, hospital)))
        }
        RoleDetails::Labo(labo) => Box::new(diesel::insert_into(labos::table).values(LaboRow::new(id, labo))),
    }
}

/// Returns the accounts with these ids, in any order.
pub(super) fn find_all(connection: &mut StoreConnection, ids: &[Uuid]) -> Result<Vec<Account>, StoreError> {
    let query = accounts().filter(profiles::id.eq_any(ids)).select(columns());
    connection.run(|pg| query.load::<AccountRow>(pg))?.into_iter().map(rows::account).collect()
}

/// Returns up to `limit` accounts whose ids are greater than `after`, in the order of their ids, with
/// the terms that are stored for them. An account is an error if it cannot be read.
pub(super) fn page_with_terms(
    pg: &mut PqConnection,
    after: Uuid,
    limit: i64,
) -> QueryResult<Vec<(Uuid, Result<Account, StoreError>, Option<SearchKeysRow>)>> {
    let query = accounts()
        .left_join(keys::table.on(keys::profile_id.eq(profiles::id)))
        .filter(profiles::id.gt(after))
        .order(profiles::id)
        .limit(limit)
        .select((profiles::id, Option::<SearchKeysRow>::as_select(), columns()));
    let rows = query.load::<(Uuid, Option<SearchKeysRow>, AccountRow)>(pg)?;
    Ok(rows.into_iter().map(|(id, terms, row)| (id, rows::account(row), terms)).collect())
}

/// Joins profiles with the tables of all roles, so that an account is one row and one round trip.
#[diesel::dsl::auto_type(no_type_alias)]
fn accounts() -> _ {
    profiles::table
        .left_join(patients::table.on(patients::profile_id.eq(profiles::id)))
        .left_join(doctors::table.on(doctors::profile_id.eq(profiles::id)))
        .left_join(hospitals::table.on(hospitals::profile_id.eq(profiles::id)))
        .left_join(labos::table.on(labos::profile_id.eq(profiles::id)))
        .left_join(approvals::table.on(approvals::profile_id.eq(profiles::id)))
}

#[diesel::dsl::auto_type(no_type_alias)]
fn columns() -> _ {
    let profile: AsSelect<ProfileRow, Pg> = ProfileRow::as_select();
    let patient: AsSelect<Option<PatientRow>, Pg> = Option::<PatientRow>::as_select();
    let doctor: AsSelect<Option<DoctorRow>, Pg> = Option::<DoctorRow>::as_select();
    let hospital: AsSelect<Option<HospitalRow>, Pg> = Option::<HospitalRow>::as_select();
    let labo: AsSelect<Option<LaboRow>, Pg> = Option::<LaboRow>::as_select();
    let approval: AsSelect<Option<ApprovalRow>, Pg> = Option::<ApprovalRow>::as_select();
    (profile, patient, doctor, hospital, labo, approval)
}
