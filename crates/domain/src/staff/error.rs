use crate::field::FieldError;
use crate::idempotency::KeyReused;
use crate::password::HashError;
use crate::secret_box::SecretBoxError;
use crate::session::{SigningError, TokenError};
use crate::store::StoreError;
use crate::throttle::Throttled;

/// Why a use case that manages staff failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StaffError {
    /// There is no such member.
    #[error("no such member of staff")]
    UnknownMember,
    /// Another member has this e-mail.
    #[error("another member of staff has this e-mail")]
    EmailTaken,
    /// The new password is refused.
    #[error("the new password {0}")]
    WeakPassword(FieldError),
    /// Nobody could manage staff over HTTP any more.
    #[error("this is the last admin who may log in")]
    LastAdmin,
    /// The idempotency key was used for another request.
    #[error(transparent)]
    KeyReused(#[from] KeyReused),
    /// The second factor cannot be encrypted.
    #[error(transparent)]
    SecretBox(#[from] SecretBoxError),
    /// The password hasher failed.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a use case of staff sessions failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StaffSessionError {
    /// The password is incorrect, no member has the e-mail, or the member is disabled. The client
    /// cannot distinguish them.
    #[error("e-mail or password is wrong")]
    WrongCredentials,
    /// The password is correct, but the code is missing, incorrect or was used before.
    #[error("a valid one-time code is required")]
    OtpRequired,
    /// There were too many failures before.
    #[error(transparent)]
    Throttled(#[from] Throttled),
    /// The member's credentials were changed in each attempt of this login.
    #[error("the member kept changing during the login")]
    Contended,
    /// The client has closed the connection, so the rest of the work was not done.
    #[error("the client has closed the connection")]
    ClientGone,
    /// The token is not valid. The reason is for the log.
    #[error("token not valid: {0}")]
    Token(#[from] TokenError),
    /// The second factor cannot be decrypted.
    #[error(transparent)]
    SecretBox(#[from] SecretBoxError),
    /// The password hasher failed.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// A token could not be signed.
    #[error(transparent)]
    Signing(#[from] SigningError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
