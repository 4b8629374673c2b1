use std::sync::Arc;

use super::{Store, StoreError};

/// Checks whether the service can do its work.
#[derive(Clone)]
pub struct CheckStore {
    /// Where accounts are kept.
    pub store: Arc<dyn Store>,
}

impl CheckStore {
    /// Checks that the store answers.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`] if it does not.
    pub fn run(&self) -> Result<(), StoreError> {
        self.store.ping()
    }
}
