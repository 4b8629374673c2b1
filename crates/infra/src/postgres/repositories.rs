use sihha_domain::account::AccountRepository;
use sihha_domain::approval::ApprovalRepository;
use sihha_domain::key::KeyUseRepository;
use sihha_domain::password::PasswordRepository;
use sihha_domain::session::SessionRepository;
use sihha_domain::store::{Repositories, StoreError, Transaction};
use sihha_domain::suspension::SuspensionRepository;

use super::account::PgAccounts;
use super::approval::PgApprovals;
use super::key::PgKeyUses;
use super::password::PgPasswords;
use super::session::PgSessions;
use super::store_connection::StoreConnection;
use super::suspension::PgSuspensions;

/// The repositories on one connection.
pub(super) struct PgRepositories(pub(super) StoreConnection);

impl Repositories for PgRepositories {
    fn accounts(&mut self) -> Box<dyn AccountRepository + '_> {
        Box::new(PgAccounts(&mut self.0))
    }

    fn passwords(&mut self) -> Box<dyn PasswordRepository + '_> {
        Box::new(PgPasswords(&mut self.0))
    }

    fn approvals(&mut self) -> Box<dyn ApprovalRepository + '_> {
        Box::new(PgApprovals(&mut self.0))
    }

    fn suspensions(&mut self) -> Box<dyn SuspensionRepository + '_> {
        Box::new(PgSuspensions(&mut self.0))
    }

    fn sessions(&mut self) -> Box<dyn SessionRepository + '_> {
        Box::new(PgSessions(&mut self.0))
    }

    fn key_uses(&mut self) -> Box<dyn KeyUseRepository + '_> {
        Box::new(PgKeyUses(&mut self.0))
    }
}

impl Transaction for PgRepositories {
    fn commit(mut self: Box<Self>) -> Result<(), StoreError> {
        self.0.commit()
    }
}
