use std::borrow::Cow;

/// Why the store failed. The texts are safe to log: no personal data, no driver's message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The store cannot be reached now; trying again later is worth it.
    #[error("the store is unavailable: {0}")]
    Unavailable(Cow<'static, str>),
    /// Another transaction holds a lock on what is needed, and did not release it in time. Nothing was done; trying
    /// again later is worth it.
    #[error("another transaction has locked what this needs; try again when that one has ended")]
    Locked,
    /// The transaction collided with another one, or with a change of the schema. Nothing was done; run again, it succeeds.
    #[error("the transaction collided with another; run it again")]
    Conflict,
    /// A word that decides something is not known to this release, or an account is not whole. A value that merely breaks
    /// a rule of today is no error: it is read as it is.
    #[error("stored data breaks a rule: {0}")]
    Inconsistent(String),
    /// Anything else; a defect.
    #[error("the store failed: {0}")]
    Unexpected(String),
}

/// An error that a failure of the store can be the reason of.
pub trait CausedByStore: From<StoreError> {
    /// Returns the store's error if that is the reason.
    fn store_error(&self) -> Option<&StoreError>;
}

impl CausedByStore for StoreError {
    fn store_error(&self) -> Option<&StoreError> {
        Some(self)
    }
}
