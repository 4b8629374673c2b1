mod carried;
mod emails;
mod in_sessions;
mod rows;

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::dsl::{AsSelect, array};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use diesel::sql_types::Text;
use sihha_domain::account::{
    Account, AccountRef, AccountRepository, Claim, EmailAddress, InsertError, NewAccount, Role, RoleDetails,
    UniqueField,
};
use sihha_domain::ids::{ProfileId, SessionId};
use sihha_domain::mail::{Addressee, Outbox};
use sihha_domain::session::Caller;
use sihha_domain::staff_name::StaffName;
use sihha_domain::store::{BatchResults, StoreError};
use uuid::Uuid;

use self::carried::{ClaimRow, texts, texts_of};
use self::rows::{AnyAccountRow, DoctorRow, HospitalRow, LaboRow, PatientRow, ProfileRow};
use super::account_ref::lock_id;
use super::approval::{ApplicationRow, ApprovalRow, InForceRow};
use super::combined_insert::{CombinedInsert, Statement};
use super::libpq::PqConnection;
use super::mail_token::MailTokenRow;
use super::outbox::MessageRow;
use super::schema::{
    approvals, doctors, hospitals, identifiers, labos, mail_tokens, outbox, passwords, patients,
    profile_identifiers, profiles, search_keys as keys, sessions,
};
use super::search_keys::{self, SearchKeysRow};
use super::session::{NewSessionRow, is_live};
use super::store_connection::StoreConnection;
use super::{device, rate_limit};

/// The repository on a connection.
pub(super) struct PgAccounts<'a>(pub(super) &'a mut StoreConnection);

impl AccountRepository for PgAccounts<'_> {
    fn insert(&mut self, new: &NewAccount<'_>) -> Result<(), InsertError> {
        let NewAccount { account, password, session, device, verification } = *new;
        let id = account.id.as_uuid();
        let role = account.role();
        let of_role = |wanted| (role == wanted).then(|| role.as_str());
        // What refers to the rows of the role's tables.
        let roles = (
            profiles::patient_role.eq(of_role(Role::Patient)),
            profiles::doctor_role.eq(of_role(Role::Doctor)),
            profiles::hospital_role.eq(of_role(Role::Hospital)),
            profiles::labo_role.eq(of_role(Role::Labo)),
            profiles::approval_role.eq(role.needs_approval().then(|| role.as_str())),
        );
        let profile = (ProfileRow::new(account), roles);
        let password = (passwords::profile_id.eq(id), passwords::hash.eq(password.expose()));
        // One statement for each claim: Diesel prepares an insert of several rows each time.
        let claim = |claim| -> Statement<'_> {
            let row = ClaimRow::new(id, claim, account.registered_at);
            Box::new(diesel::insert_into(identifiers::table).values(row))
        };
        let mut all: Vec<Statement<'_>> = account.claims().into_iter().map(claim).collect();
        all.push(Box::new(diesel::insert_into(profiles::table).values(profile)));
        all.push(insert_details(id, &account.details));
        for row in carried::rows(account) {
            all.push(Box::new(diesel::insert_into(profile_identifiers::table).values(row)));
        }
        if let Some(approval) = ApprovalRow::of(account) {
            let row = (approval, ApplicationRow::submitted(account), approvals::wilaya.eq(wilaya(account)));
            all.push(Box::new(diesel::insert_into(approvals::table).values(row)));
        }
        all.push(Box::new(diesel::insert_into(passwords::table).values(password)));
        all.push(search_keys::insert(account));
        if let Some((session, current)) = session {
            let row = NewSessionRow::new(session, current);
            all.push(Box::new(diesel::insert_into(sessions::table).values(row)));
        }
        if let Some(device) = device {
            all.push(device::insert(account.id, device, account.registered_at));
        }
        if let Some((token, message)) = verification {
            all.push(Box::new(diesel::insert_into(mail_tokens::table).values(MailTokenRow::new(token))));
            all.push(Box::new(diesel::insert_into(outbox::table).values(MessageRow::new(message))));
            let key = Outbox::rate_key(&message.to);
            all.push(rate_limit::count(&key, Outbox::MAILS, message.queued_at));
        }
        let inserted = self.0.try_run(|pg| CombinedInsert(all).execute(pg));
        inserted.map(|_| ()).map_err(|error| match error {
            DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, _) => InsertError::Taken,
            error => self.0.store_error(&error).into(),
        })
    }

    fn find_claimed(&mut self, claims: &[Claim]) -> Result<Option<UniqueField>, StoreError> {
        let (systems, keys): (Vec<_>, Vec<_>) =
            claims.iter().map(|claim| (claim.field.name(), claim.key.as_str())).unzip();
        let query = identifiers::table
            .filter(identifiers::system.eq_any(systems))
            .filter(identifiers::value_key.eq_any(keys))
            .select((identifiers::system, identifiers::value_key));
        let held: Vec<(String, String)> = self.0.run(|pg| query.load(pg))?;
        let is_held = |claim: &&Claim| {
            held.iter().any(|(system, key)| system == claim.field.name() && *key == claim.key)
        };
        Ok(claims.iter().find(is_held).map(|claim| claim.field))
    }

    /// Inserting a session waits for this lock: its foreign key locks the same row
    /// (`FOR KEY SHARE`).
    fn lock(&mut self, id: ProfileId) -> Result<(), StoreError> {
        lock_id(self.0, &AccountRef::Id(id)).map(|_| ())
    }

    fn find_addressee(&mut self, id: ProfileId) -> Result<Option<Addressee>, StoreError> {
        emails::find_addressee(self.0, id)
    }

    fn confirm_email(
        &mut self,
        id: ProfileId,
        email: &EmailAddress,
        at: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        emails::confirm(self.0, id, email, at)
    }

    fn change_email(
        &mut self,
        id: ProfileId,
        old: &EmailAddress,
        new: &EmailAddress,
        at: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        emails::change(self.0, id, old, new, at)
    }

    fn release_former_email(
        &mut self,
        id: ProfileId,
        email: &EmailAddress,
        since: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        emails::release_former(self.0, id, email, since)
    }

    fn find(&mut self, id: ProfileId) -> Result<Option<Account>, StoreError> {
        Ok(self.load(&[id.as_uuid()])?.pop())
    }

    fn page(&mut self, after: Option<ProfileId>, limit: u32) -> Result<Vec<Account>, StoreError> {
        let after = after.map_or(Uuid::nil(), |id| id.as_uuid());
        let query = profiles::table.filter(profiles::id.gt(after));
        let query = query.order(profiles::id).limit(i64::from(limit)).select(profiles::id);
        let ids: Vec<Uuid> = self.0.run(|pg| query.load(pg))?;
        self.load(&ids)
    }

    fn find_in_sessions(
        &mut self,
        callers: &[Caller],
        now: DateTime<Utc>,
    ) -> Result<BatchResults<Option<Account>>, StoreError> {
        let mut results: BatchResults<_> = callers.iter().map(|caller| (caller.session, Ok(None))).collect();
        for role in Role::ALL {
            let of_role = callers.iter().filter(|caller| caller.role == role);
            let asked: Vec<(Uuid, Uuid)> =
                of_role.map(|caller| (caller.profile_id.as_uuid(), caller.session.as_uuid())).collect();
            if asked.is_empty() {
                continue;
            }
            let rows = self.0.run(|pg| in_sessions::load(pg, role, &asked, now))?;
            for (session, row) in rows {
                results.insert(SessionId::from_uuid(session), rows::account(row).map(Some));
            }
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
            .filter(sessions::profile_id.eq(id.as_uuid()))
            .filter(sessions::id.eq(session.as_uuid()))
            .filter(is_live(now))
            .select(profiles::id)
            .for_no_key_update();
        Ok(self.0.run(|pg| query.first::<Uuid>(pg).optional())?.is_some())
    }

    fn update(
        &mut self,
        stored: &Account,
        changed: &Account,
        now: DateTime<Utc>,
    ) -> Result<Option<UniqueField>, StoreError> {
        if let Some(field) = self.0.run(|pg| carried::update(pg, stored, changed, now))? {
            return Ok(Some(field));
        }
        let id = changed.id.as_uuid();
        let profile = diesel::update(profiles::table.find(id));
        self.0.run(|pg| profile.set(ProfileRow::new(changed)).execute(pg))?;
        if stored.approval.is_some() && wilaya(stored) != wilaya(changed) {
            let copy = diesel::update(approvals::table.find(id)).set(approvals::wilaya.eq(wilaya(changed)));
            self.0.run(|pg| copy.execute(pg))?;
        }
        self.update_details(id, &changed.details)?;
        self.0.run(|pg| search_keys::upsert(pg, changed)).map(|_| None)
    }

    fn verify_identifiers(
        &mut self,
        id: ProfileId,
        by: &StaffName,
        at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let unverified = profile_identifiers::table
            .filter(profile_identifiers::profile_id.eq(id.as_uuid()))
            .filter(profile_identifiers::verified_at.is_null());
        let verification =
            (profile_identifiers::verified_at.eq(at), profile_identifiers::verified_by.eq(by.as_str()));
        self.0.run(|pg| diesel::update(unverified).set(verification).execute(pg)).map(|_| ())
    }
}

/// Returns the code of the account's wilaya.
fn wilaya(account: &Account) -> Option<&str> {
    account.profile.place.as_ref().map(|place| place.wilaya().as_str())
}

impl PgAccounts<'_> {
    /// Returns the accounts with these ids, in the order of their ids.
    pub(super) fn load(&mut self, ids: &[Uuid]) -> Result<Vec<Account>, StoreError> {
        let query = accounts(ids.to_vec()).order(profiles::id).select(columns(ids));
        let rows = self.0.run(|pg| query.load::<AnyAccountRow>(pg))?;
        rows.into_iter().map(|row| rows::account(rows::of_one_role(row)?)).collect()
    }

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

/// An account with its id, and the terms that are stored for it. The account is `None` if it cannot be
/// read.
pub(super) type WithTerms = (Uuid, Option<Account>, Option<SearchKeysRow>);

/// Returns up to `limit` accounts whose ids are greater than `after`, in the order of their ids, with
/// the terms that are stored for them.
pub(super) fn page_with_terms(pg: &mut PqConnection, after: Uuid, limit: i64) -> QueryResult<Vec<WithTerms>> {
    let page: Vec<(Uuid, Option<SearchKeysRow>)> = profiles::table
        .left_join(keys::table)
        .filter(profiles::id.gt(after))
        .order(profiles::id)
        .limit(limit)
        .select((profiles::id, Option::<SearchKeysRow>::as_select()))
        .load(pg)?;
    let ids: Vec<Uuid> = page.iter().map(|(id, _)| *id).collect();
    let rows: Vec<AnyAccountRow> = accounts(ids.clone()).select(columns(&ids)).load(pg)?;
    let accounts = rows.into_iter().filter_map(|row| rows::of_one_role(row).and_then(rows::account).ok());
    let mut accounts: HashMap<_, _> = accounts.map(|account| (account.id.as_uuid(), account)).collect();
    Ok(page.into_iter().map(|(id, terms)| (id, accounts.remove(&id), terms)).collect())
}

/// Joins profiles with the tables of all roles, so that an account is one row and one round trip.
#[diesel::dsl::auto_type(no_type_alias)]
fn accounts(ids: Vec<Uuid>) -> _ {
    let owners: Vec<Uuid> = ids.clone();
    let patient = patients::profile_id.eq(profiles::id).and(patients::profile_id.eq_any(owners));
    let owners: Vec<Uuid> = ids.clone();
    let doctor = doctors::profile_id.eq(profiles::id).and(doctors::profile_id.eq_any(owners));
    let owners: Vec<Uuid> = ids.clone();
    let hospital = hospitals::profile_id.eq(profiles::id).and(hospitals::profile_id.eq_any(owners));
    let owners: Vec<Uuid> = ids.clone();
    let labo = labos::profile_id.eq(profiles::id).and(labos::profile_id.eq_any(owners));
    let owners: Vec<Uuid> = ids.clone();
    let approval = approvals::profile_id.eq(profiles::id).and(approvals::profile_id.eq_any(owners));
    profiles::table
        .left_join(patients::table.on(patient))
        .left_join(doctors::table.on(doctor))
        .left_join(hospitals::table.on(hospital))
        .left_join(labos::table.on(labo))
        .left_join(approvals::table.on(approval))
        .filter(profiles::id.eq_any(ids))
}

#[diesel::dsl::auto_type(no_type_alias)]
fn columns<'a>(ids: &'a [Uuid]) -> _ {
    let profile: AsSelect<ProfileRow, Pg> = ProfileRow::as_select();
    let identifiers: array<Text, texts<'a>> = texts_of(ids);
    let patient: AsSelect<Option<PatientRow>, Pg> = Option::<PatientRow>::as_select();
    let doctor: AsSelect<Option<DoctorRow>, Pg> = Option::<DoctorRow>::as_select();
    let hospital: AsSelect<Option<HospitalRow>, Pg> = Option::<HospitalRow>::as_select();
    let labo: AsSelect<Option<LaboRow>, Pg> = Option::<LaboRow>::as_select();
    let approval: AsSelect<Option<InForceRow>, Pg> = Option::<InForceRow>::as_select();
    (profile, identifiers, patient, doctor, hospital, labo, approval)
}
