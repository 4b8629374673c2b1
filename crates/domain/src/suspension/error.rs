use crate::idempotency::KeyReused;
use crate::store::StoreError;

/// Why a use case of suspensions failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SuspensionError {
    /// No such account.
    #[error("no such account")]
    UnknownAccount,
    /// The idempotency key was used for another request.
    #[error(transparent)]
    KeyReused(#[from] KeyReused),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
