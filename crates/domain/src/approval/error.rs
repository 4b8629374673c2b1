use super::Approval;
use crate::store::{CausedByStore, StoreError};

/// Why a use case of approvals failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApprovalError {
    /// There is no account of that role with this e-mail or id that needs an approval.
    #[error("no such application")]
    UnknownApplication,
    /// The opposite decision was made before. It is replaced only on explicit request.
    #[error("this application has already been decided")]
    AlreadyDecided(Box<Approval>),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl CausedByStore for ApprovalError {
    fn store_error(&self) -> Option<&StoreError> {
        if let Self::Store(error) = self { Some(error) } else { None }
    }
}
