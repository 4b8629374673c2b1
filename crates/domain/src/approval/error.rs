use super::Approval;
use crate::store::StoreError;

/// Why a use case of approvals failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApprovalError {
    /// No account with that role has an application.
    #[error("no such application")]
    UnknownApplication,
    /// The opposite was decided earlier, and `reconsider` is not set.
    #[error("this application has already been decided")]
    AlreadyDecided(Box<Approval>),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
