mod rows;

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::dsl::AsSelect;
use diesel::pg::Pg;
use diesel::prelude::*;
use sihha_domain::account::{Account, AccountRef, AccountRepository, InsertError, RoleDetails};
use sihha_domain::ids::{ProfileId, SessionId, TokenDigest};
use sihha_domain::password::PasswordHash;
use sihha_domain::session::Session;
use sihha_domain::store::StoreError;
use uuid::Uuid;

use self::rows::{AccountRow, DoctorRow, HospitalRow, LaboRow, PatientRow, ProfileRow};
use super::approval::ApprovalRow;
use super::collation::equal_in_c;
use super::combined_insert::{CombinedInsert, Statement};
use super::errors::taken;
use super::schema::{approvals, doctors, hospitals, labos, passwords, patients, profiles, sessions};
use super::session::{NewSession, is_live};
use super::store::PgSession;

impl AccountRepository for PgSession {
    fn insert(
        &mut self,
        account: &Account,
        password: &PasswordHash,
        first_session: Option<(&Session, &TokenDigest)>,
    ) -> Result<(), InsertError> {
        let id = account.id.as_uuid();
        let profile = diesel::insert_into(profiles::table).values(ProfileRow::new(account));
        let mut all = CombinedInsert::new(Box::new(profile)).and(insertion(id, &account.details));
        if let Some(approval) = &account.approval {
            let row = ApprovalRow::new(account.id, account.role(), approval);
            all = all.and(Box::new(diesel::insert_into(approvals::table).values(row)));
        }
        let row = (passwords::profile_id.eq(id), passwords::hash.eq(password.expose()));
        all = all.and(Box::new(diesel::insert_into(passwords::table).values(row)));
        if let Some((session, current)) = first_session {
            let row = NewSession::new(session, current);
            all = all.and(Box::new(diesel::insert_into(sessions::table).values(row)));
        }
        self.try_run(|pg| all.execute(pg))
            .map(|_| ())
            .map_err(|error| taken(&error).unwrap_or_else(|| self.store_error(&error).into()))
    }

    /// A session refers to its account, and so takes the row's lock itself (`FOR KEY SHARE`) when it is added.
    fn lock(&mut self, id: ProfileId) -> Result<(), StoreError> {
        let row = profiles::table.find(id.as_uuid()).select(profiles::id).for_update();
        self.run(|pg| row.execute(pg)).map(|_| ())
    }

    fn find(&mut self, id: ProfileId) -> Result<Option<Account>, StoreError> {
        let query = accounts().filter(profiles::id.eq(id.as_uuid())).select(columns());
        let found = self.run(|pg| query.first::<AccountRow>(pg).optional())?;
        found.map(rows::account).transpose()
    }

    fn page(&mut self, after: Option<ProfileId>, limit: u32) -> Result<Vec<Account>, StoreError> {
        let after = after.map_or(Uuid::nil(), |id| id.as_uuid());
        let query = accounts()
            .filter(profiles::id.gt(after))
            .order(profiles::id)
            .limit(i64::from(limit))
            .select(columns());
        self.run(|pg| query.load::<AccountRow>(pg))?.into_iter().map(rows::account).collect()
    }

    fn find_in_sessions(
        &mut self,
        wanted: &[(ProfileId, SessionId)],
        now: DateTime<Utc>,
    ) -> Vec<Result<Option<Account>, StoreError>> {
        let ids: Vec<Uuid> = wanted.iter().map(|(_, session)| session.as_uuid()).collect();
        let query = accounts()
            .inner_join(sessions::table.on(sessions::profile_id.eq(profiles::id)))
            .filter(sessions::id.eq_any(ids))
            .filter(is_live(now))
            .select((sessions::id, columns()));
        let rows = match self.run(|pg| query.load::<(Uuid, AccountRow)>(pg)) {
            Ok(rows) => rows,
            Err(error) => return wanted.iter().map(|_| Err(error.clone())).collect(),
        };
        let found: HashMap<Uuid, Result<Account, StoreError>> =
            rows.into_iter().map(|(session, row)| (session, rows::account(row))).collect();
        let answer = |(id, session): &(ProfileId, SessionId)| {
            let account = found.get(&session.as_uuid()).cloned().transpose()?;
            Ok(account.filter(|account| account.id == *id))
        };
        wanted.iter().map(answer).collect()
    }

    fn lock_in_session(
        &mut self,
        id: ProfileId,
        session: SessionId,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        // Both rows are locked: whoever waited here for one of them finds it as it is by then, and Postgres
        // judges it anew. The lock leaves foreign keys alone, so a login meanwhile does not wait.
        let query = profiles::table
            .inner_join(sessions::table)
            .filter(profiles::id.eq(id.as_uuid()))
            .filter(sessions::id.eq(session.as_uuid()))
            .filter(is_live(now))
            .select(profiles::id)
            .for_no_key_update();
        Ok(self.run(|pg| query.first::<Uuid>(pg).optional())?.is_some())
    }

    fn update(&mut self, account: &Account) -> Result<(), StoreError> {
        let profile = diesel::update(profiles::table.find(account.id.as_uuid()));
        self.run(|pg| profile.set(ProfileRow::new(account)).execute(pg))?;
        self.update_holder(account.id.as_uuid(), &account.details).map(|_| ())
    }
}

impl PgSession {
    /// The account's id; whether there is an account of a given id is for the caller to see.
    pub(super) fn find_named(&mut self, account: &AccountRef) -> Result<Option<ProfileId>, StoreError> {
        match account {
            AccountRef::Id(id) => Ok(Some(*id)),
            AccountRef::Email(email) => {
                let row = profiles::table.filter(equal_in_c(profiles::email_key, email.canonical()));
                let found = self.run(|pg| row.select(profiles::id).first::<Uuid>(pg).optional())?;
                Ok(found.map(ProfileId::from_uuid))
            }
        }
    }

    /// The id of the account, if there is one, which it locks as [`AccountRepository::lock`] does.
    pub(super) fn lock_named(&mut self, account: &AccountRef) -> Result<Option<ProfileId>, StoreError> {
        let found = match account {
            AccountRef::Id(id) => {
                let row = profiles::table.find(id.as_uuid()).select(profiles::id).for_update();
                self.run(|pg| row.first::<Uuid>(pg).optional())?
            }
            AccountRef::Email(email) => {
                let row = profiles::table.filter(equal_in_c(profiles::email_key, email.canonical()));
                self.run(|pg| row.select(profiles::id).for_update().first::<Uuid>(pg).optional())?
            }
        };
        Ok(found.map(ProfileId::from_uuid))
    }

    fn update_holder(&mut self, id: Uuid, details: &RoleDetails) -> Result<usize, StoreError> {
        match details {
            RoleDetails::Patient(patient) => {
                let row = PatientRow::new(id, patient);
                self.run(|pg| diesel::update(patients::table.find(id)).set(row).execute(pg))
            }
            RoleDetails::Doctor(doctor) => {
                let row = DoctorRow::new(id, doctor);
                self.run(|pg| diesel::update(doctors::table.find(id)).set(row).execute(pg))
            }
            RoleDetails::Hospital(hospital) => {
                let row = HospitalRow::new(id, hospital);
                self.run(|pg| diesel::update(hospitals::table.find(id)).set(row).execute(pg))
            }
            RoleDetails::Labo(labo) => {
                let row = LaboRow::new(id, labo);
                self.run(|pg| diesel::update(labos::table.find(id)).set(row).execute(pg))
            }
        }
    }
}

fn insertion(id: Uuid, details: &RoleDetails) -> Statement<'_> {
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

/// A profile with what its role has: one row, in one round trip.
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
