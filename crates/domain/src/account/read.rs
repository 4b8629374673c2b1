use std::sync::Arc;

use super::Account;
use crate::error::Error;
use crate::ids::ProfileId;
use crate::store::Store;

/// Reads an account for its own holder.
pub struct ReadAccount {
    /// Where accounts are kept.
    pub store: Arc<dyn Store>,
}

impl ReadAccount {
    /// The account of that id.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownAccount`] if it is gone.
    pub fn run(&self, id: ProfileId) -> Result<Account, Error> {
        self.store.read()?.accounts().find(id)?.ok_or(Error::UnknownAccount)
    }
}
