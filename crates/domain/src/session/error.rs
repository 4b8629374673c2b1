use crate::password::HashError;
use crate::store::StoreError;
use crate::throttle::Throttled;

/// Why a use case of sessions failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SessionError {
    /// The password is incorrect, no account has the e-mail, or the account has another role. The
    /// client cannot distinguish them.
    #[error("e-mail or password is wrong")]
    WrongCredentials,
    /// The password is correct, but staff have not approved the account.
    #[error("the account is not approved")]
    NotApproved,
    /// The password is correct, but staff have suspended the account.
    #[error("the account is suspended")]
    Suspended,
    /// The password is correct, but the operator requires that the owner of such an account confirms its
    /// address first.
    #[error("the account's address is not confirmed")]
    EmailNotVerified,
    /// There were too many failures before.
    #[error(transparent)]
    Throttled(#[from] Throttled),
    /// The account's sessions were revoked in each attempt of this login.
    #[error("the account kept changing during the login")]
    Contended,
    /// The client has closed the connection, so the rest of the work was not done.
    #[error("the client has closed the connection")]
    ClientGone,
    /// The caller has no live session with that id.
    #[error("no such session")]
    UnknownSession,
    /// The token is not valid. The reason is for the log.
    #[error("token not valid: {0}")]
    Token(#[from] TokenError),
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

/// A token could not be signed; a defect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a token could not be signed")]
pub struct SigningError;

/// Why a token is not valid. For the log; a client learns only that it is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not a JWT, or a claim is missing or of the wrong type.
    #[error("malformed")]
    Malformed,
    /// Signed by another key, changed, or with another algorithm.
    #[error("wrong signature or algorithm")]
    BadSignature,
    /// Its header names an unknown key.
    #[error("unknown key")]
    UnknownKey,
    /// From another issuer.
    #[error("wrong issuer")]
    WrongIssuer,
    /// For another audience than this service.
    #[error("wrong audience")]
    WrongAudience,
    /// Its `nbf` is in the future; of a legacy token, its `iat`.
    #[error("not yet valid")]
    NotYetValid,
    /// Its `exp` is in the past.
    #[error("expired")]
    Expired,
    /// A refresh token where an access token is expected, or the reverse.
    #[error("wrong token type")]
    WrongType,
    /// The session is not live, or its account does not exist any more.
    #[error("the session has ended")]
    SessionEnded,
    /// A refresh token that was used again long after it was replaced. The use revokes its session.
    #[error("used again after the grace period")]
    Reused,
}
