use chrono::{DateTime, Utc};

use super::ApprovalState;
use crate::account::UniqueField;
use crate::session::TokenError;
use crate::staff::Actor;
use crate::staff_name::StaffName;
use crate::store::StoreError;

/// Why a use case of approvals failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApprovalError {
    /// The account has no application, or the member of staff does not see it.
    #[error("no such application")]
    UnknownApplication,
    /// The state of the application does not allow the request.
    #[error("this application has already been decided")]
    AlreadyDecided {
        /// The state, for staff.
        state: ApprovalState,
        /// The member of staff who brought it into that state; `None` if the applicant did.
        by: Option<StaffName>,
        /// Since when it is in that state.
        at: DateTime<Utc>,
    },
    /// Another member of staff holds the application.
    #[error("another member of staff reads this application")]
    ClaimedByOther {
        /// The other one.
        by: Actor,
        /// When the claim expires.
        until: DateTime<Utc>,
    },
    /// No decision is held.
    #[error("no decision on this application can be undone")]
    NothingToUndo,
    /// The idempotency key was used for another request.
    #[error("the key was used for another request")]
    KeyReused,
    /// Another account has an identifier of the changes.
    #[error("another account has this {0}")]
    Taken(UniqueField),
    /// The caller is an applicant whose session has ended.
    #[error("token not valid: {0}")]
    Token(#[from] TokenError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
