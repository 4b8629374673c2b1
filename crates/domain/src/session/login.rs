use std::sync::Arc;

use super::{ClientInfo, SessionIssuer, SessionOwner, TokenPair};
use crate::account::{EmailAddress, Role};
use crate::error::Error;
use crate::ids::ProfileId;
use crate::password::{Credentials, Password, PasswordHash, PasswordHasher, VerifyOutcome};
use crate::store::{Store, StoreError};

/// What somebody sends to log in.
#[derive(Debug)]
pub struct LoginAttempt {
    /// Role that the account must have; `None` for any role.
    pub role: Option<Role>,
    /// The login name.
    pub email: EmailAddress,
    /// The password.
    pub password: Password,
    /// Where it was sent from.
    pub client: ClientInfo,
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
    pub sessions: Arc<SessionIssuer>,
}

impl Login {
    /// Maximum number of times that a login looks at the account. Each change of the account meanwhile takes one more.
    const MAX_ROUNDS: usize = 3;

    /// Checks the password, then the role, then whether staff shut the account out, in this order: what is refused for
    /// another reason than the password is told to the account's owner alone.
    ///
    /// Asks the store three times, whatever the role: what to check against; then for the session, if what was checked
    /// still holds; then for the end of the oldest sessions beyond the maximum. No connection is held while the password
    /// is checked. A hash is computed again only if the stored one has changed.
    ///
    /// `client_has_gone` is asked before each piece of work that takes long.
    ///
    /// # Errors
    ///
    /// [`Error::WrongCredentials`], after the same time whatever the reason; [`Error::AccountSuspended`];
    /// [`Error::NotApproved`]; [`Error::Contended`] if the account changed in each round; [`Error::ClientGone`].
    pub fn run(
        &self,
        attempt: &LoginAttempt,
        client_has_gone: &dyn Fn() -> bool,
    ) -> Result<LoggedIn, RefusedLogin> {
        let mut account = None;
        let outcome = self.log_in(attempt, client_has_gone, &mut account);
        outcome.map_err(|error| RefusedLogin { error, account })
    }

    /// Sets `account` to the account with this e-mail.
    fn log_in(
        &self,
        attempt: &LoginAttempt,
        client_has_gone: &dyn Fn() -> bool,
        account: &mut Option<ProfileId>,
    ) -> Result<LoggedIn, Error> {
        let go_on = || if client_has_gone() { Err(Error::ClientGone) } else { Ok(()) };
        let mut verified = None;
        for _ in 0..Self::MAX_ROUNDS {
            go_on()?;
            let found = self.store.autocommit()?.passwords().find(&attempt.email)?;
            *account = found.as_ref().map(|known| known.id);
            let known = self.check(attempt, found, &mut verified, &go_on)?;
            if let Some(tokens) = self.open(&known, verified.as_ref(), attempt)? {
                return Ok(LoggedIn { id: known.id, role: known.role, tokens });
            }
            // What was checked may have changed meanwhile. Then it is read again, so that the reason is told.
        }
        Err(Error::Contended)
    }

    fn check(
        &self,
        attempt: &LoginAttempt,
        found: Option<Credentials>,
        verified: &mut Option<Verified>,
        go_on: &dyn Fn() -> Result<(), Error>,
    ) -> Result<Credentials, Error> {
        let stored = found.as_ref().map(|known| &known.password);
        if !verified.as_ref().zip(stored).is_some_and(|(verified, stored)| verified.covers(stored)) {
            let outcome = self.hasher.verify(&attempt.password, stored)?;
            *verified = stored.filter(|_| outcome != VerifyOutcome::Wrong).map(|stored| Verified {
                stored: stored.clone(),
                is_outdated: outcome == VerifyOutcome::Outdated,
                upgraded: None,
            });
        }
        let (known, verified) = found
            .filter(|known| attempt.role.is_none_or(|role| role == known.role))
            .zip(verified.as_mut())
            .ok_or(Error::WrongCredentials)?;
        if known.is_suspended {
            return Err(Error::AccountSuspended);
        }
        if !known.is_approved {
            return Err(Error::NotApproved);
        }
        // The only moment when a hash with old parameters can be replaced: the password is at hand.
        if verified.is_outdated && verified.upgraded.is_none() {
            go_on()?;
            verified.upgraded = Some(self.hasher.hash(&attempt.password)?);
        }
        Ok(known)
    }

    /// Opens the session; `None`, and no session, if what was checked no longer holds: whoever changes a password or
    /// shuts an account out ends its sessions with that.
    fn open(
        &self,
        known: &Credentials,
        verified: Option<&Verified>,
        attempt: &LoginAttempt,
    ) -> Result<Option<TokenPair>, Error> {
        let owner = SessionOwner { profile_id: known.id, role: known.role, is_approved: known.is_approved };
        let mut store = self.store.autocommit()?;
        if let Some(Verified { stored, upgraded: Some(new), .. }) = verified
            && *stored == known.password
        {
            match store.passwords().replace(known.id, stored, new) {
                // The old hash is still a right one, and the next login upgrades it.
                Ok(_) | Err(StoreError::Locked) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let client = attempt.client.clone();
        self.sessions.open_unless_revoked(&mut *store, owner, client, known.sessions_not_before)
    }
}

/// A stored hash that the password of the attempt is right for.
struct Verified {
    stored: PasswordHash,
    is_outdated: bool,
    /// The hash with today's parameters that this login puts in the place of an outdated one.
    upgraded: Option<PasswordHash>,
}

impl Verified {
    /// Whether the password need not be checked against `hash`.
    fn covers(&self, hash: &PasswordHash) -> bool {
        self.stored == *hash || self.upgraded.as_ref() == Some(hash)
    }
}
