use super::state::State;
use crate::account::AccountRef;
use crate::ids::{ProfileId, RecordId};
use crate::store::StoreError;
use crate::suspension::{AccountStanding, Reinstatement, Suspension, SuspensionRepository};

pub(super) struct MemorySuspensions<'a>(pub(super) &'a mut State);

impl SuspensionRepository for MemorySuspensions<'_> {
    fn lock(&mut self, account: &AccountRef) -> Result<Option<AccountStanding>, StoreError> {
        Ok(self.0.by_ref(account).map(|row| AccountStanding {
            id: row.account.id,
            role: row.account.role(),
            email: row.account.profile.email.clone(),
            name: row.account.details.name(),
            suspension: row.suspensions.last().cloned(),
        }))
    }

    fn history(&mut self, id: ProfileId) -> Result<Vec<Suspension>, StoreError> {
        Ok(self.0.account(id).map(|row| row.suspensions.clone()).unwrap_or_default())
    }

    fn add(&mut self, id: ProfileId, _: RecordId, suspension: &Suspension) -> Result<(), StoreError> {
        if let Some(row) = self.0.account_mut(id) {
            row.suspensions.push(suspension.clone());
        }
        Ok(())
    }

    fn reinstate(&mut self, id: ProfileId, reinstatement: &Reinstatement) -> Result<(), StoreError> {
        if let Some(last) = self.0.account_mut(id).and_then(|row| row.suspensions.last_mut()) {
            last.reinstatement = Some(reinstatement.clone());
        }
        Ok(())
    }
}
