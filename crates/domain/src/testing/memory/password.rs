use chrono::{DateTime, Utc};

use super::state::State;
use crate::account::EmailAddress;
use crate::ids::{ProfileId, SessionId};
use crate::password::{Credentials, PasswordHash, PasswordRepository};
use crate::store::StoreError;

pub(super) struct MemoryPasswords<'a>(pub(super) &'a mut State);

impl PasswordRepository for MemoryPasswords<'_> {
    fn find(&mut self, email: &EmailAddress) -> Result<Option<Credentials>, StoreError> {
        Ok(self.0.by_email(email).map(|row| Credentials {
            id: row.account.id,
            role: row.account.role(),
            password: row.password.clone(),
            is_approved: row.account.is_approved(),
            is_suspended: row.is_suspended(),
            is_email_verified: row.account.email_verified_at.is_some(),
            sessions_not_before: row.sessions_not_before,
        }))
    }

    fn find_in_session(
        &mut self,
        id: ProfileId,
        session: SessionId,
        now: DateTime<Utc>,
    ) -> Result<Option<PasswordHash>, StoreError> {
        let is_live = self.0.has_live_session(id, session, now);
        Ok(self.0.account(id).filter(|_| is_live).map(|row| row.password.clone()))
    }

    fn set(&mut self, id: ProfileId, new: &PasswordHash) -> Result<(), StoreError> {
        if let Some(row) = self.0.account_mut(id) {
            row.password = new.clone();
        }
        Ok(())
    }

    fn replace(&mut self, id: ProfileId, old: &PasswordHash, new: &PasswordHash) -> Result<bool, StoreError> {
        let row = self.0.account_mut(id).filter(|row| row.password.expose() == old.expose());
        Ok(row.map(|row| row.password = new.clone()).is_some())
    }
}
