use std::sync::Arc;

use super::{Sessions, TokenPair};
use crate::account::{EmailAddress, Role};
use crate::error::Error;
use crate::ids::ProfileId;
use crate::password::{Credentials, Password, PasswordHasher, Verdict};
use crate::store::Store;

/// What somebody sends to log in.
#[derive(Debug)]
pub struct LoginAttempt {
    /// The role under whose path it was sent.
    pub role: Role,
    /// The login name.
    pub email: EmailAddress,
    /// The password.
    pub password: Password,
}

/// A login that succeeded.
#[derive(Debug)]
pub struct LoggedIn {
    /// Whose account.
    pub id: ProfileId,
    /// Its role.
    pub role: Role,
    /// Its tokens.
    pub tokens: TokenPair,
}

/// Logs in to an account of any role.
pub struct Login {
    /// Where accounts are kept.
    pub store: Arc<dyn Store>,
    /// Checks the password.
    pub hasher: Arc<dyn PasswordHasher>,
    /// Hands out the tokens.
    pub sessions: Arc<Sessions>,
}

impl Login {
    /// Checks the password, then the role, then the approval, in this order: what is refused for another
    /// reason than the password is told to the account's owner alone.
    ///
    /// # Errors
    ///
    /// [`Error::WrongCredentials`], after the same time whatever the reason; [`Error::NotApproved`].
    pub fn run(&self, attempt: &LoginAttempt) -> Result<LoggedIn, Error> {
        let found = self.store.read()?.passwords().find(&attempt.email)?;
        let verdict = self.hasher.verify(&attempt.password, found.as_ref().map(|known| &known.password))?;
        let known = found
            .filter(|known| verdict != Verdict::Wrong && known.role == attempt.role)
            .ok_or(Error::WrongCredentials)?;
        if !known.is_approved {
            return Err(Error::NotApproved);
        }
        if verdict == Verdict::Outdated {
            self.hash_again(&known, &attempt.password)?;
        }
        let tokens = self.sessions.open(known.id, known.role)?;
        Ok(LoggedIn { id: known.id, role: known.role, tokens })
    }

    /// The only moment when a hash with old parameters can be replaced: the password is at hand.
    fn hash_again(&self, known: &Credentials, password: &Password) -> Result<(), Error> {
        let new = self.hasher.hash(password)?;
        let mut transaction = self.store.begin()?;
        transaction.passwords().replace(known.id, &known.password, &new)?;
        transaction.commit()?;
        Ok(())
    }
}
