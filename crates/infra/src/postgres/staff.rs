use chrono::{DateTime, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use sihha_domain::account::{EmailAddress, Role};
use sihha_domain::ids::StaffId;
use sihha_domain::password::PasswordHash;
use sihha_domain::place::Wilaya;
use sihha_domain::staff::{
    RecoveryDigest, Scope, StaffCredentials, StaffMember, StaffRef, StaffRepository, StaffRole,
    StoredSecondFactor,
};
use sihha_domain::staff_name::StaffName;
use sihha_domain::store::StoreError;
use uuid::Uuid;

use super::errors::inconsistent;
use super::schema::{identifiers, staff, staff_recovery_codes};
use super::store_connection::StoreConnection;

/// The system of the claims of staff e-mails. No account has claims of it.
const EMAIL_CLAIM: &str = "staff_email";

/// A row of `staff`, without its credentials.
#[derive(Queryable, Selectable, Insertable, Identifiable, AsChangeset)]
#[diesel(table_name = staff, check_for_backend(Pg), treat_none_as_default_value = false, treat_none_as_null = true)]
pub(super) struct StaffRow {
    id: Uuid,
    #[diesel(skip_update)]
    email: String,
    name: String,
    directorate: Option<String>,
    role: String,
    wilayas: Vec<Option<String>>,
    applicant_roles: Vec<Option<String>>,
    #[diesel(skip_update)]
    created_at: DateTime<Utc>,
    disabled_at: Option<DateTime<Utc>>,
    #[diesel(skip_update)]
    last_login_at: Option<DateTime<Utc>>,
}

impl StaffRow {
    fn new(member: &StaffMember) -> Self {
        let StaffMember { name, directorate, role, scope, .. } = member;
        Self {
            id: member.id.as_uuid(),
            email: member.email.as_str().to_owned(),
            name: name.as_str().to_owned(),
            directorate: directorate.as_ref().map(|name| name.as_str().to_owned()),
            role: role.as_str().to_owned(),
            wilayas: scope.wilayas.iter().map(|wilaya| Some(wilaya.as_str().to_owned())).collect(),
            applicant_roles: scope
                .applicant_roles
                .iter()
                .map(|role| Some(role.as_str().to_owned()))
                .collect(),
            created_at: member.created_at,
            disabled_at: member.disabled_at,
            last_login_at: member.last_login_at,
        }
    }

    pub(super) fn member(self) -> Result<StaffMember, StoreError> {
        let role = |role: String| Role::parse(&role).ok_or_else(|| inconsistent("staff", "applicant_roles"));
        let applicant_roles =
            self.applicant_roles.into_iter().flatten().map(role).collect::<Result<_, _>>()?;
        let wilayas = self.wilayas.into_iter().flatten().map(Wilaya::on_record).collect();
        Ok(StaffMember {
            id: StaffId::from_uuid(self.id),
            email: EmailAddress::on_record(self.email),
            name: StaffName::on_record(self.name),
            directorate: self.directorate.map(StaffName::on_record),
            role: StaffRole::parse(&self.role).ok_or_else(|| inconsistent("staff", "role"))?,
            scope: Scope { wilayas, applicant_roles },
            created_at: self.created_at,
            disabled_at: self.disabled_at,
            last_login_at: self.last_login_at,
        })
    }
}

/// Password hash, encrypted secret, and since when the member is disabled.
type CredentialsRow = (String, Vec<u8>, Option<DateTime<Utc>>);

fn credentials(id: StaffId, (hash, sealed_secret, disabled_at): CredentialsRow) -> StaffCredentials {
    StaffCredentials {
        id,
        password: PasswordHash::new(hash),
        sealed_secret,
        is_enabled: disabled_at.is_none(),
    }
}

/// The repository on a connection.
pub(super) struct PgStaff<'a>(pub(super) &'a mut StoreConnection);

impl PgStaff<'_> {
    /// Returns the member's id. In a distributed database, the member may not be visible yet.
    fn id_of(&mut self, email: &EmailAddress) -> Result<Option<StaffId>, StoreError> {
        let claim = identifiers::table
            .filter(identifiers::system.eq(EMAIL_CLAIM))
            .filter(identifiers::value_key.eq(email.canonical()))
            .select(identifiers::profile_id);
        Ok(self.0.run(|pg| claim.first::<Uuid>(pg).optional())?.map(StaffId::from_uuid))
    }

    fn id(&mut self, member: &StaffRef) -> Result<Option<StaffId>, StoreError> {
        match member {
            StaffRef::Id(id) => Ok(Some(*id)),
            StaffRef::Email(email) => self.id_of(email),
        }
    }

    fn insert_recovery_codes(&mut self, id: StaffId, codes: &[RecoveryDigest]) -> Result<(), StoreError> {
        use staff_recovery_codes as columns;
        let row = |code: &'_ RecoveryDigest| {
            (columns::staff_id.eq(id.as_uuid()), columns::digest.eq(code.as_bytes().to_vec()))
        };
        let rows: Vec<_> = codes.iter().map(row).collect();
        self.0.run(|pg| diesel::insert_into(columns::table).values(&rows).execute(pg))?;
        Ok(())
    }
}

impl StaffRepository for PgStaff<'_> {
    fn insert(
        &mut self,
        member: &StaffMember,
        password: &PasswordHash,
        second_factor: &StoredSecondFactor,
    ) -> Result<bool, StoreError> {
        let claim = (
            identifiers::system.eq(EMAIL_CLAIM),
            identifiers::value_key.eq(member.email.canonical()),
            identifiers::profile_id.eq(member.id.as_uuid()),
            identifiers::claimed_at.eq(member.created_at),
        );
        let claim = diesel::insert_into(identifiers::table).values(claim).on_conflict_do_nothing();
        if self.0.run(|pg| claim.execute(pg))? == 0 {
            return Ok(false);
        }
        let secrets = (
            staff::password_hash.eq(password.expose()),
            staff::otp_secret.eq(second_factor.sealed_secret.as_slice()),
        );
        let row = diesel::insert_into(staff::table).values((StaffRow::new(member), secrets));
        self.0.run(|pg| row.execute(pg))?;
        self.insert_recovery_codes(member.id, &second_factor.recovery_codes)?;
        Ok(true)
    }

    fn find(&mut self, member: &StaffRef) -> Result<Option<StaffMember>, StoreError> {
        let Some(id) = self.id(member)? else { return Ok(None) };
        let query = staff::table.find(id.as_uuid()).select(StaffRow::as_select());
        self.0.run(|pg| query.first(pg).optional())?.map(StaffRow::member).transpose()
    }

    fn lock(&mut self, member: &StaffRef) -> Result<Option<StaffMember>, StoreError> {
        let Some(id) = self.id(member)? else { return Ok(None) };
        let query = staff::table.find(id.as_uuid()).select(StaffRow::as_select()).for_update();
        self.0.run(|pg| query.first(pg).optional())?.map(StaffRow::member).transpose()
    }

    fn page(&mut self, after: Option<StaffId>, limit: u32) -> Result<Vec<StaffMember>, StoreError> {
        let after = after.map_or(Uuid::nil(), |after| after.as_uuid());
        let query = staff::table
            .filter(staff::id.gt(after))
            .order(staff::id)
            .limit(i64::from(limit))
            .select(StaffRow::as_select());
        self.0.run(|pg| query.load(pg))?.into_iter().map(StaffRow::member).collect()
    }

    fn enabled_admins(&mut self) -> Result<Vec<StaffId>, StoreError> {
        let query = staff::table
            .filter(staff::role.eq(StaffRole::Admin.as_str()))
            .filter(staff::disabled_at.is_null())
            .order(staff::id)
            .select(staff::id);
        Ok(self.0.run(|pg| query.load(pg))?.into_iter().map(StaffId::from_uuid).collect())
    }

    fn update(&mut self, member: &StaffMember) -> Result<(), StoreError> {
        let update = diesel::update(staff::table.find(member.id.as_uuid())).set(StaffRow::new(member));
        self.0.run(|pg| update.execute(pg)).map(|_| ())
    }

    fn credentials(&mut self, email: &EmailAddress) -> Result<Option<StaffCredentials>, StoreError> {
        // Two statements: in a distributed database, the claim and the member are on different nodes.
        // Without a claim a row that does not exist is read, so that the time does not tell.
        let id = self.id_of(email)?.unwrap_or(StaffId::from_uuid(Uuid::nil()));
        let columns = (staff::password_hash, staff::otp_secret, staff::disabled_at);
        let query = staff::table.find(id.as_uuid()).select(columns);
        let found = self.0.run(|pg| query.first::<CredentialsRow>(pg).optional())?;
        Ok(found.map(|row| credentials(id, row)))
    }

    fn lock_credentials(&mut self, id: StaffId) -> Result<Option<StaffCredentials>, StoreError> {
        let columns = (staff::password_hash, staff::otp_secret, staff::disabled_at);
        let query = staff::table.find(id.as_uuid()).select(columns).for_update();
        let found = self.0.run(|pg| query.first::<CredentialsRow>(pg).optional())?;
        Ok(found.map(|row| credentials(id, row)))
    }

    fn set_password(&mut self, id: StaffId, new: &PasswordHash) -> Result<(), StoreError> {
        let update =
            diesel::update(staff::table.find(id.as_uuid())).set(staff::password_hash.eq(new.expose()));
        self.0.run(|pg| update.execute(pg)).map(|_| ())
    }

    fn set_second_factor(&mut self, id: StaffId, new: &StoredSecondFactor) -> Result<(), StoreError> {
        let secret = (staff::otp_secret.eq(new.sealed_secret.as_slice()), staff::otp_step.eq(None::<i64>));
        let update = diesel::update(staff::table.find(id.as_uuid())).set(secret);
        self.0.run(|pg| update.execute(pg))?;
        let old = staff_recovery_codes::table.filter(staff_recovery_codes::staff_id.eq(id.as_uuid()));
        self.0.run(|pg| diesel::delete(old).execute(pg))?;
        self.insert_recovery_codes(id, &new.recovery_codes)
    }

    /// One statement: after a wait for the row's lock, Postgres checks the condition again.
    fn use_step(&mut self, id: StaffId, step: i64) -> Result<bool, StoreError> {
        let unused =
            staff::table.find(id.as_uuid()).filter(staff::otp_step.is_null().or(staff::otp_step.lt(step)));
        let update = diesel::update(unused).set(staff::otp_step.eq(step));
        Ok(self.0.run(|pg| update.execute(pg))? == 1)
    }

    fn use_recovery_code(
        &mut self,
        id: StaffId,
        code: &RecoveryDigest,
        at: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let unused = staff_recovery_codes::table
            .filter(staff_recovery_codes::staff_id.eq(id.as_uuid()))
            .filter(staff_recovery_codes::digest.eq(code.as_bytes().as_slice()))
            .filter(staff_recovery_codes::used_at.is_null());
        let update = diesel::update(unused).set(staff_recovery_codes::used_at.eq(at));
        Ok(self.0.run(|pg| update.execute(pg))? == 1)
    }

    fn note_login(&mut self, id: StaffId, at: DateTime<Utc>) -> Result<(), StoreError> {
        let update = diesel::update(staff::table.find(id.as_uuid())).set(staff::last_login_at.eq(at));
        self.0.run(|pg| update.execute(pg)).map(|_| ())
    }
}
