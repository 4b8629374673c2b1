use std::sync::Arc;

use super::password_check::{LoginAttempt, PasswordCheck, RefusedLogin};
use super::{SessionError, SessionIssuer, TokenPair};
use crate::account::Role;
use crate::ids::ProfileId;
use crate::password::{Credentials, PasswordHasher};
use crate::store::Store;
use crate::throttle::Throttle;

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

/// Logs in to an account of any role.
pub struct Login {
    /// Where accounts are kept.
    pub store: Arc<dyn Store>,
    /// Limits guesses.
    pub throttle: Throttle,
    /// Verifies the password.
    pub hasher: Arc<dyn PasswordHasher>,
    /// Issues the tokens.
    pub session_issuer: Arc<SessionIssuer>,
}

impl Login {
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
        PasswordCheck::run(
            &self.throttle,
            &*self.store,
            &*self.hasher,
            attempt,
            client_has_gone,
            |check, known| {
                if !known.is_approved {
                    return Err(SessionError::NotApproved);
                }
                check.upgrade(known)?;
                self.open(known, attempt)
            },
        )
    }

    /// Opens the session. Returns `None` without a session if the credentials no longer hold: a
    /// change of the password, a rejection and a suspension revoke all sessions.
    fn open(&self, known: &Credentials, attempt: &LoginAttempt) -> Result<Option<LoggedIn>, SessionError> {
        let Credentials { id, role, .. } = *known;
        let (session, tokens) = self.session_issuer.new_session(known.into(), attempt.client.clone())?;
        let mut store = self.store.autocommit()?;
        let is_open = session.insert_unless_revoked(&mut *store, known.sessions_not_before)?;
        Ok(is_open.then_some(LoggedIn { id, role, tokens }))
    }
}
