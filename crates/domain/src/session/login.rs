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

/// A login that was refused.
#[derive(Debug)]
pub struct RefusedLogin {
    /// Why.
    pub error: Error,
    /// The account with this e-mail, of any role. Only for the log: the client must not learn that it exists.
    pub account: Option<ProfileId>,
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
    /// Asks the store twice, whatever the role: what to check against; then for the session, if what was checked still
    /// holds. No connection is held while the password is checked.
    ///
    /// # Errors
    ///
    /// [`Error::WrongCredentials`], after the same time whatever the reason; [`Error::AccountSuspended`];
    /// [`Error::NotApproved`].
    pub fn run(&self, attempt: &LoginAttempt) -> Result<LoggedIn, RefusedLogin> {
        let mut account = None;
        self.log_in(attempt, &mut account).map_err(|error| RefusedLogin { error, account })
    }

    /// Sets `account` to the account with this e-mail.
    fn log_in(&self, attempt: &LoginAttempt, account: &mut Option<ProfileId>) -> Result<LoggedIn, Error> {
        // What was checked may have changed meanwhile. Then all is checked anew, so that the reason is told.
        loop {
            let checked = self.check(attempt, account)?;
            if let Some(tokens) = self.open(&checked, attempt)? {
                return Ok(LoggedIn { id: checked.known.id, role: checked.known.role, tokens });
            }
        }
    }

    fn check(&self, attempt: &LoginAttempt, account: &mut Option<ProfileId>) -> Result<Checked, Error> {
        let found = self.store.autocommit()?.passwords().find(&attempt.email)?;
        *account = found.as_ref().map(|known| known.id);
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

    /// Opens the session; `None`, and no session, if what was checked no longer holds: whoever changes a password or
    /// shuts an account out ends its sessions with that.
    fn open(&self, checked: &Checked, attempt: &LoginAttempt) -> Result<Option<TokenPair>, Error> {
        let Checked { known, upgraded } = checked;
        let owner = SessionOwner { profile_id: known.id, role: known.role, is_approved: known.is_approved };
        let mut store = self.store.autocommit()?;
        if let Some(new) = upgraded {
            store.passwords().replace(known.id, &known.password, new)?;
        }
        let client = attempt.client.clone();
        self.sessions.open_unless_ended(&mut *store, owner, client, known.sessions_not_before)
    }
}

/// An account whose password was right, and which may log in.
struct Checked {
    known: Credentials,
    /// The password's hash with today's parameters, if it had others.
    upgraded: Option<PasswordHash>,
}
