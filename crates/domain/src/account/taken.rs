use super::{AccountError, Claim};
use crate::store::{Store, StoreError};

/// Returns the error for claims of which another account holds at least one. It names the first of
/// them. If none is held any more, the caller can try again.
pub(super) fn taken(store: &dyn Store, claims: &[Claim]) -> AccountError {
    match store.autocommit().and_then(|mut open| open.accounts().find_claimed(claims)) {
        Ok(Some(field)) => AccountError::Taken(field),
        Ok(None) => StoreError::Conflict.into(),
        Err(error) => error.into(),
    }
}
