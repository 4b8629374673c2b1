use std::borrow::Cow;

/// Why the store failed. The texts are safe to log: they contain no personal data and no driver's
/// message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The store cannot do its work now. A later attempt may succeed.
    #[error("the store is unavailable: {0}")]
    Unavailable(Cow<'static, str>),
    /// Another transaction holds a lock on the data, and did not release it in time. Nothing was
    /// changed. A later attempt may succeed.
    #[error("another transaction has locked the data; try again after it has ended")]
    Locked,
    /// The transaction conflicts with another one, or with a change of the schema. Nothing was
    /// changed. Another attempt succeeds.
    #[error("the transaction conflicts with another one; run it again")]
    Conflict,
    /// A stored word that decides something is unknown to this release, or an account is
    /// incomplete. A value that only breaks a validation rule of this release is not an error: it
    /// is returned as it is stored.
    #[error("stored data is inconsistent: {0}")]
    Inconsistent(String),
    /// Any other failure: a defect.
    #[error("the store failed: {0}")]
    Unexpected(String),
}
