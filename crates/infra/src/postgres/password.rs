use chrono::{DateTime, Utc};
use diesel::prelude::*;
use sihha_domain::account::{EmailAddress, Role};
use sihha_domain::approval::ApprovalState;
use sihha_domain::ids::{ProfileId, SessionId};
use sihha_domain::password::{Credentials, PasswordHash, PasswordRepository};
use sihha_domain::store::StoreError;
use uuid::Uuid;

use super::account_ref::holder_of;
use super::errors::inconsistent;
use super::schema::{approvals, passwords, profiles};
use super::session::owner_of_live;
use super::store_connection::StoreConnection;
use super::suspension::is_suspended;

/// Role, hash, state of the application, whether the account is suspended, when its sessions were last
/// revoked, and whether its address is confirmed.
type CredentialsRow = (String, String, Option<String>, bool, Option<DateTime<Utc>>, bool);

/// The repository on a connection.
pub(super) struct PgPasswords<'a>(pub(super) &'a mut StoreConnection);

impl PasswordRepository for PgPasswords<'_> {
    fn find(&mut self, email: &EmailAddress) -> Result<Option<Credentials>, StoreError> {
        // Two statements: in a distributed database, the claim and the account are on different
        // nodes. A claim without an account is an unknown e-mail. Without a claim a row that does not
        // exist is read, so that the time does not tell whether an account has the e-mail.
        let id = holder_of(self.0, email)?.unwrap_or(ProfileId::from_uuid(Uuid::nil()));
        let query = profiles::table
            .inner_join(passwords::table)
            .left_join(approvals::table.on(approvals::profile_id.eq(profiles::id)))
            .filter(profiles::id.eq(id.as_uuid()))
            .select((
                profiles::role,
                passwords::hash,
                approvals::state.nullable(),
                is_suspended(id),
                profiles::sessions_not_before,
                profiles::email_verified_at.is_not_null(),
            ));
        let found = self.0.run(|pg| query.first::<CredentialsRow>(pg).optional())?;
        let Some((role, hash, state, is_suspended, sessions_not_before, is_email_verified)) = found else {
            return Ok(None);
        };
        Ok(Some(Credentials {
            id,
            role: Role::parse(&role).ok_or_else(|| inconsistent("profiles", "role"))?,
            password: PasswordHash::new(hash),
            is_approved: state.is_none_or(|state| state == ApprovalState::Approved.as_str()),
            is_suspended,
            is_email_verified,
            sessions_not_before,
        }))
    }

    fn find_in_session(
        &mut self,
        id: ProfileId,
        session: SessionId,
        now: DateTime<Utc>,
    ) -> Result<Option<PasswordHash>, StoreError> {
        let query = passwords::table
            .filter(passwords::profile_id.eq(id.as_uuid()))
            .filter(passwords::profile_id.eq_any(owner_of_live(id, session, now)))
            .select(passwords::hash);
        Ok(self.0.run(|pg| query.first::<String>(pg).optional())?.map(PasswordHash::new))
    }

    fn set(&mut self, id: ProfileId, new: &PasswordHash) -> Result<(), StoreError> {
        let update =
            diesel::update(passwords::table.find(id.as_uuid())).set(passwords::hash.eq(new.expose()));
        self.0.run(|pg| update.execute(pg)).map(|_| ())
    }

    fn replace(&mut self, id: ProfileId, old: &PasswordHash, new: &PasswordHash) -> Result<bool, StoreError> {
        let row = passwords::table.find(id.as_uuid()).filter(passwords::hash.eq(old.expose()));
        let update = diesel::update(row).set(passwords::hash.eq(new.expose()));
        Ok(self.0.run(|pg| update.execute(pg))? == 1)
    }
}
