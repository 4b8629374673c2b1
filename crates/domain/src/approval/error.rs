use super::Approval;
use crate::store::{CausedByStore, StoreError};

/// Why a use case of approvals failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApprovalError {
    /// No such account, or none of that role that needs an approval.
    #[error("no such application")]
    UnknownApplication,
    /// The opposite was decided before; replacing that must be asked for explicitly.
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
