use std::sync::Arc;

use super::{ClientInfo, SessionError, SessionIssuer, SessionOwner, TokenPair};
use crate::account::{EmailAddress, Role};
use crate::ids::ProfileId;
use crate::password::{Credentials, Password, PasswordHash, PasswordHasher, VerifyOutcome};
use crate::store::{Store, StoreError};

/// A request to log in.
#[derive(Debug)]
pub struct LoginAttempt {
    /// Role that the account must have; `None` for any role.
    pub role: Option<Role>,
    /// The login name.
    pub email: EmailAddress,
    /// The password.
    pub password: Password,
    /// The HTTP client.
    pub client: ClientInfo,
}

/// A successful login.
#[derive(Debug)]
pub struct LoggedIn {
    /// The account's id.
    pub id: ProfileId,
    /// The account's role.
    pub role: Role,
    /// The tokens.
    pub tokens: TokenPair,
}

/// A refused login.
#[derive(Debug)]
pub struct RefusedLogin {
    /// The reason.
    pub error: SessionError,
    /// The account with this e-mail, of any role. For the log only: the client must not learn that
    /// it exists.
    pub account: Option<ProfileId>,
}

/// Logs in to an account of any role.
pub struct Login {
    /// Where accounts are kept.
    pub store: Arc<dyn Store>,
    /// Verifies the password.
    pub hasher: Arc<dyn PasswordHasher>,
    /// Issues the tokens.
    pub session_issuer: Arc<SessionIssuer>,
}

impl Login {
    /// Maximum number of times that a login reads the account. It is read again after each change
    /// during the login.
    const MAX_ROUNDS: usize = 3;

    /// Checks the password, then the role, then the suspension and the approval. Only a client that
    /// knows the password learns about the last two.
    ///
    /// Three statements, whatever the role: read the credentials, insert the session if they still
    /// hold, revoke the oldest sessions beyond the maximum. No connection is held while the
    /// password is verified. A hash is computed again only if the stored one has changed.
    ///
    /// `client_has_gone` is called before each expensive step.
    ///
    /// # Errors
    ///
    /// [`SessionError::WrongCredentials`], after the same time for every reason;
    /// [`SessionError::Suspended`]; [`SessionError::NotApproved`]; [`SessionError::Contended`] if
    /// the account changed in each round; [`SessionError::ClientGone`].
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
    ) -> Result<LoggedIn, SessionError> {
        let go_on = || if client_has_gone() { Err(SessionError::ClientGone) } else { Ok(()) };
        let mut verified = None;
        for _ in 0..Self::MAX_ROUNDS {
            go_on()?;
            let found = self.store.autocommit()?.passwords().find(&attempt.email)?;
            *account = found.as_ref().map(|known| known.id);
            let known = self.check(attempt, found, &mut verified, &go_on)?;
            if let Some(tokens) = self.open(&known, verified.as_ref(), attempt)? {
                return Ok(LoggedIn { id: known.id, role: known.role, tokens });
            }
            // The account changed during the login. It is read again, so that the reason is known.
        }
        Err(SessionError::Contended)
    }

    fn check(
        &self,
        attempt: &LoginAttempt,
        found: Option<Credentials>,
        verified: &mut Option<Verified>,
        go_on: &dyn Fn() -> Result<(), SessionError>,
    ) -> Result<Credentials, SessionError> {
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
            .ok_or(SessionError::WrongCredentials)?;
        if known.is_suspended {
            return Err(SessionError::Suspended);
        }
        if !known.is_approved {
            return Err(SessionError::NotApproved);
        }
        // A hash with old parameters can be replaced only now, because the password is known.
        if verified.is_outdated && verified.upgraded.is_none() {
            go_on()?;
            verified.upgraded = Some(self.hasher.hash(&attempt.password)?);
        }
        Ok(known)
    }

    /// Opens the session. Returns `None` without a session if the credentials no longer hold: a
    /// change of the password, a rejection and a suspension revoke all sessions.
    fn open(
        &self,
        known: &Credentials,
        verified: Option<&Verified>,
        attempt: &LoginAttempt,
    ) -> Result<Option<TokenPair>, SessionError> {
        let owner = SessionOwner { profile_id: known.id, role: known.role, is_approved: known.is_approved };
        let mut store = self.store.autocommit()?;
        if let Some(Verified { stored, upgraded: Some(new), .. }) = verified
            && *stored == known.password
        {
            match store.passwords().replace(known.id, stored, new) {
                // The old hash is still valid, and the next login upgrades it.
                Ok(_) | Err(StoreError::Locked) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let new = self.session_issuer.new_session(owner, attempt.client.clone())?;
        Ok(new.insert_unless_revoked(&mut *store, known.sessions_not_before)?.then_some(new.tokens))
    }
}

/// A stored hash that the password matches.
struct Verified {
    stored: PasswordHash,
    is_outdated: bool,
    /// The hash with current parameters that replaces an outdated one.
    upgraded: Option<PasswordHash>,
}

impl Verified {
    /// Returns whether the password was already verified against `hash`.
    fn covers(&self, hash: &PasswordHash) -> bool {
        self.stored == *hash || self.upgraded.as_ref() == Some(hash)
    }
}
