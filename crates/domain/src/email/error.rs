use crate::mail::MailTokenError;
use crate::password::HashError;
use crate::session::TokenError;
use crate::store::StoreError;
use crate::throttle::Throttled;

/// Why a use case of addresses failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EmailError {
    /// The token of a mail is not accepted.
    #[error("link not valid: {0}")]
    Link(#[from] MailTokenError),
    /// Another account has the address, or had it lately.
    #[error("another account has the address")]
    Taken,
    /// The account has the address already.
    #[error("the account has the address already")]
    Unchanged,
    /// The password is incorrect.
    #[error("the password is incorrect")]
    WrongPassword,
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

impl EmailError {
    /// Returns whether somebody who guesses tokens gets this error.
    pub(super) const fn is_of_link(&self) -> bool {
        matches!(self, Self::Link(_))
    }
}
