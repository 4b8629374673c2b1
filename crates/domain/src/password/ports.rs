use chrono::{DateTime, Utc};

use super::{Password, PasswordHash};
use crate::account::{EmailAddress, Role};
use crate::ids::{ProfileId, SessionId};
use crate::store::StoreError;

/// Hashes passwords and checks them. Slow on purpose: tens of milliseconds of one core.
pub trait PasswordHasher: Send + Sync {
    /// Hashes `password` with a new salt and the present parameters.
    fn hash(&self, password: &Password) -> Result<PasswordHash, HashError>;

    /// Whether `password` is the one that was hashed.
    ///
    /// With no hash, because nobody has that e-mail, it MUST take the time that a real one takes, and MUST
    /// answer [`VerifyOutcome::Wrong`]; else the time would tell who is registered.
    fn verify(&self, password: &Password, hash: Option<&PasswordHash>) -> Result<VerifyOutcome, HashError>;
}

/// What checking a password found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VerifyOutcome {
    /// It is another password.
    Wrong,
    /// It is the password.
    Right,
    /// It is the password, but hashed with other parameters than new ones are: hash it again.
    Outdated,
}

/// Why hashing failed. The text is safe to log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the password hasher failed: {0}")]
pub struct HashError(pub String);

/// What a login is checked against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// Whose they are.
    pub id: ProfileId,
    /// The account's role.
    pub role: Role,
    /// The password's hash.
    pub password: PasswordHash,
    /// Whether the account may log in, as far as its application goes.
    pub is_approved: bool,
    /// Whether staff suspended the account.
    pub is_suspended: bool,
    /// When all of the account's sessions were ended last, as they are when the password is changed or the account
    /// shut out.
    pub sessions_not_before: Option<DateTime<Utc>>,
}

/// Keeps password hashes.
pub trait PasswordRepository {
    /// The credentials of the account with that e-mail in any case, or `None` if there is none.
    fn find(&mut self, email: &EmailAddress) -> Result<Option<Credentials>, StoreError>;

    /// The hash of the account of that id, if the session is one of its own and live at `now`. Else `None`.
    fn find_in_session(
        &mut self,
        id: ProfileId,
        session: SessionId,
        now: DateTime<Utc>,
    ) -> Result<Option<PasswordHash>, StoreError>;

    /// Puts `new` in the place of `old`. MUST do nothing, and answer `false`, if the account's hash is no
    /// longer `old`: somebody changed the password meanwhile, and theirs stands.
    fn replace(&mut self, id: ProfileId, old: &PasswordHash, new: &PasswordHash) -> Result<bool, StoreError>;
}
