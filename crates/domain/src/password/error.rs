use super::HashError;
use crate::field::FieldError;
use crate::mail::MailTokenError;
use crate::session::TokenError;
use crate::store::StoreError;
use crate::throttle::Throttled;

/// Why a use case of passwords failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// The current password is incorrect.
    #[error("the current password is incorrect")]
    WrongPassword,
    /// The new password is refused.
    #[error("the new password {0}")]
    WeakPassword(FieldError),
    /// The idempotency key was used for another request.
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// The client has closed the connection, so the rest of the work was not done.
    #[error("the client has closed the connection")]
    ClientGone,
    /// The token of a mail is not accepted.
    #[error("link not valid: {0}")]
    Link(#[from] MailTokenError),
    /// There were too many failures before.
    #[error(transparent)]
    Throttled(#[from] Throttled),
    /// The caller's token is not valid any more.
    #[error("token not valid: {0}")]
    Token(#[from] TokenError),
    /// The password hasher failed.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
