use std::sync::Arc;

use super::{Client, SessionOwner, Sessions, TokenPair};
use crate::account::{EmailAddress, Role};
use crate::error::Error;
use crate::ids::ProfileId;
use crate::password::{Credentials, Password, PasswordHash, PasswordHasher, Verdict};
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
    /// Where it was sent from.
    pub client: Client,
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
    /// Checks the password, then the role, then whether staff shut the account out, in this order: what is refused for
    /// another reason than the password is told to the account's owner alone.
    ///
    /// Asks the store five times, whatever the role: what to check against; then the transaction's beginning, the
    /// session, whether what was checked still holds, and the commit. No connection is held while the password
    /// is checked.
    ///
    /// # Errors
    ///
    /// [`Error::WrongCredentials`], after the same time whatever the reason; [`Error::AccountSuspended`];
    /// [`Error::NotApproved`].
    pub fn run(&self, attempt: &LoginAttempt) -> Result<LoggedIn, Error> {
        // What was checked may have changed meanwhile. Then all is checked anew, so that the reason is told.
        loop {
            let checked = self.check(attempt)?;
            if let Some(tokens) = self.open(&checked, attempt)? {
                return Ok(LoggedIn { id: checked.known.id, role: checked.known.role, tokens });
            }
        }
    }

    fn check(&self, attempt: &LoginAttempt) -> Result<Checked, Error> {
        let found = self.store.autocommit()?.passwords().find(&attempt.email)?;
        let verdict = self.hasher.verify(&attempt.password, found.as_ref().map(|known| &known.password))?;
        let known = found
            .filter(|known| verdict != Verdict::Wrong && known.role == attempt.role)
            .ok_or(Error::WrongCredentials)?;
        if known.is_suspended {
            return Err(Error::AccountSuspended);
        }
        if !known.is_approved {
            return Err(Error::NotApproved);
        }
        // The only moment when a hash with old parameters can be replaced: the password is at hand.
        let upgraded = match verdict {
            Verdict::Outdated => Some(self.hasher.hash(&attempt.password)?),
            Verdict::Right | Verdict::Wrong => None,
        };
        Ok(Checked { known, upgraded })
    }

    /// Opens the session; `None`, and no session, if what was checked no longer holds.
    fn open(&self, checked: &Checked, attempt: &LoginAttempt) -> Result<Option<TokenPair>, Error> {
        let Checked { known, upgraded } = checked;
        let owner = SessionOwner { profile_id: known.id, role: known.role, is_approved: known.is_approved };
        let mut transaction = self.store.begin()?;
        // First the session: whoever locks the account, to end its sessions, was waited for, or waits from here on.
        let tokens = self.sessions.open(&mut *transaction, owner, attempt.client.clone())?;
        if transaction.passwords().find(&attempt.email)?.as_ref() != Some(known) {
            return Ok(None);
        }
        if let Some(new) = upgraded {
            transaction.passwords().replace(known.id, &known.password, new)?;
        }
        transaction.commit()?;
        Ok(Some(tokens))
    }
}

/// An account whose password was right, and which may log in.
struct Checked {
    known: Credentials,
    /// The password's hash with today's parameters, if it had others.
    upgraded: Option<PasswordHash>,
}
