//! A store in memory, for tests and trials.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::account::{Account, AccountRepository, EmailAddress, InsertError, Role};
use crate::approval::{Application, ApplicationFilter, Approval, ApprovalRepository};
use crate::error::UniqueField;
use crate::ids::ProfileId;
use crate::password::{Credentials, PasswordHash, PasswordRepository};
use crate::store::{Repositories, Store, StoreError, Transaction};

/// Keeps accounts in memory. One transaction or reader at a time; the next one waits.
#[derive(Default)]
pub struct MemoryStore(Mutex<Vec<Row>>);

#[derive(Clone)]
struct Row {
    account: Account,
    password: PasswordHash,
}

/// A working copy of the rows; `commit` puts it in their place.
struct MemoryTransaction<'a> {
    kept: MutexGuard<'a, Vec<Row>>,
    rows: Vec<Row>,
}

impl MemoryStore {
    fn open(&self) -> MemoryTransaction<'_> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        MemoryTransaction { rows: kept.clone(), kept }
    }
}

impl Store for MemoryStore {
    fn read(&self) -> Result<Box<dyn Repositories + '_>, StoreError> {
        Ok(Box::new(self.open()))
    }

    fn begin(&self) -> Result<Box<dyn Transaction + '_>, StoreError> {
        Ok(Box::new(self.open()))
    }

    fn ping(&self) -> Result<(), StoreError> {
        Ok(())
    }
}

impl Repositories for MemoryTransaction<'_> {
    fn accounts(&mut self) -> &mut dyn AccountRepository {
        self
    }

    fn passwords(&mut self) -> &mut dyn PasswordRepository {
        self
    }

    fn approvals(&mut self) -> &mut dyn ApprovalRepository {
        self
    }
}

impl Transaction for MemoryTransaction<'_> {
    fn commit(mut self: Box<Self>) -> Result<(), StoreError> {
        *self.kept = std::mem::take(&mut self.rows);
        Ok(())
    }
}

impl MemoryTransaction<'_> {
    fn row(&mut self, id: ProfileId) -> Option<&mut Row> {
        self.rows.iter_mut().find(|row| row.account.id == id)
    }

    fn by_email(&self, email: &EmailAddress) -> Option<&Row> {
        self.rows.iter().find(|row| row.account.profile.email.canonical() == email.canonical())
    }

    fn applications(&self, filter: ApplicationFilter) -> Vec<Application> {
        let mut found: Vec<_> = self
            .rows
            .iter()
            .filter_map(|row| application(&row.account))
            .filter(|application| filter.role.is_none_or(|role| application.role == role))
            .filter(|application| filter.state.is_none_or(|state| application.approval.state() == state))
            .collect();
        found.sort_by_key(|application| (application.registered_at, application.id));
        found
    }
}

fn application(account: &Account) -> Option<Application> {
    let (first_name, last_name) = account.holder.display_name();
    let name = match account.role() {
        Role::Patient | Role::Doctor => format!("{first_name} {last_name}"),
        Role::Hospital | Role::Labo => first_name.to_owned(),
    };
    Some(Application {
        id: account.id,
        role: account.role(),
        email: account.profile.email.clone(),
        name,
        registered_at: account.registered_at,
        approval: account.approval.clone()?,
    })
}

impl AccountRepository for MemoryTransaction<'_> {
    fn insert(&mut self, account: &Account, password: &PasswordHash) -> Result<(), InsertError> {
        if self.by_email(&account.profile.email).is_some() {
            return Err(InsertError::Taken(UniqueField::Email));
        }
        if self.rows.iter().any(|row| row.account.profile.carte_id == account.profile.carte_id) {
            return Err(InsertError::Taken(UniqueField::CarteId));
        }
        self.rows.push(Row { account: account.clone(), password: password.clone() });
        Ok(())
    }

    fn find(&mut self, id: ProfileId) -> Result<Option<Account>, StoreError> {
        Ok(self.row(id).map(|row| row.account.clone()))
    }
}

impl PasswordRepository for MemoryTransaction<'_> {
    fn find(&mut self, email: &EmailAddress) -> Result<Option<Credentials>, StoreError> {
        Ok(self.by_email(email).map(|row| Credentials {
            id: row.account.id,
            role: row.account.role(),
            password: row.password.clone(),
            is_approved: row.account.is_approved(),
        }))
    }

    fn replace(&mut self, id: ProfileId, old: &PasswordHash, new: &PasswordHash) -> Result<bool, StoreError> {
        let row = self.row(id).filter(|row| row.password.expose() == old.expose());
        Ok(row.map(|row| row.password = new.clone()).is_some())
    }
}

impl ApprovalRepository for MemoryTransaction<'_> {
    fn list(&mut self, filter: ApplicationFilter) -> Result<Vec<Application>, StoreError> {
        let mut found = self.applications(filter);
        found.truncate(filter.limit as usize);
        Ok(found)
    }

    fn count(&mut self, filter: ApplicationFilter) -> Result<u64, StoreError> {
        Ok(self.applications(filter).len() as u64)
    }

    fn lock(&mut self, role: Role, email: &EmailAddress) -> Result<Option<Application>, StoreError> {
        Ok(self
            .by_email(email)
            .filter(|row| row.account.role() == role)
            .and_then(|row| application(&row.account)))
    }

    fn record(&mut self, id: ProfileId, approval: &Approval) -> Result<(), StoreError> {
        if let Some(row) = self.row(id) {
            row.account.approval = Some(approval.clone());
        }
        Ok(())
    }
}
