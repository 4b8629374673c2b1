use super::state::State;
use crate::account::{Account, AccountRef};
use crate::approval::{Application, ApplicationFilter, Approval, ApprovalRepository};
use crate::ids::{ProfileId, RecordId};
use crate::store::StoreError;

pub(super) struct MemoryApprovals<'a>(pub(super) &'a mut State);

impl ApprovalRepository for MemoryApprovals<'_> {
    fn list(&mut self, filter: ApplicationFilter) -> Result<Vec<Application>, StoreError> {
        let mut found = applications(self.0, filter);
        found.truncate(filter.limit as usize);
        Ok(found)
    }

    fn count(&mut self, filter: ApplicationFilter) -> Result<u64, StoreError> {
        Ok(applications(self.0, filter).len() as u64)
    }

    fn find(&mut self, account: &AccountRef) -> Result<Option<Application>, StoreError> {
        Ok(self.0.by_ref(account).and_then(|row| application(&row.account)))
    }

    fn lock(&mut self, account: &AccountRef) -> Result<Option<Application>, StoreError> {
        self.find(account)
    }

    fn record(&mut self, id: ProfileId, approval: &Approval) -> Result<(), StoreError> {
        if let Some(row) = self.0.account_mut(id) {
            row.account.approval = Some(approval.clone());
        }
        Ok(())
    }

    fn append(&mut self, id: ProfileId, _: RecordId, decided: &Approval) -> Result<(), StoreError> {
        if let Some(row) = self.0.account_mut(id) {
            row.decisions.push(decided.clone());
        }
        Ok(())
    }

    fn decisions(&mut self, id: ProfileId) -> Result<Vec<Approval>, StoreError> {
        Ok(self.0.account(id).map(|row| row.decisions.clone()).unwrap_or_default())
    }
}

fn applications(state: &State, filter: ApplicationFilter) -> Vec<Application> {
    let mut found: Vec<_> = state
        .accounts
        .iter()
        .filter_map(|row| application(&row.account))
        .filter(|application| filter.role.is_none_or(|role| application.role == role))
        .filter(|application| filter.state.is_none_or(|state| application.approval.state() == state))
        .collect();
    found.sort_by_key(|application| (application.registered_at, application.id));
    found
}

fn application(account: &Account) -> Option<Application> {
    Some(Application {
        id: account.id,
        role: account.role(),
        email: account.profile.email.clone(),
        name: account.details.name(),
        registered_at: account.registered_at,
        approval: account.approval.clone()?,
    })
}
