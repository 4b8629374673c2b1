use super::{ClientInfo, EmailPolicy, SessionError};
use crate::account::{EmailAddress, Role};
use crate::ids::ProfileId;
use crate::password::{Credentials, Password, PasswordHash, PasswordHasher, VerifyOutcome};
use crate::store::{Store, StoreError};

/// A login name and a password, which a client sent.
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

/// A refused attempt.
#[derive(Debug)]
pub struct RefusedLogin {
    /// The reason.
    pub error: SessionError,
    /// The account with this e-mail, of any role. For the log only: the client must not learn that
    /// it exists.
    pub account: Option<ProfileId>,
}

/// Checks the password of an attempt, then the role, then the suspension. Only a client that knows
/// the password learns about the last.
pub(crate) struct PasswordCheck<'a> {
    store: &'a dyn Store,
    hasher: &'a dyn PasswordHasher,
    email_policy: EmailPolicy,
    attempt: &'a LoginAttempt,
    client_has_gone: &'a dyn Fn() -> bool,
    verified: Option<Verified>,
    /// The account with the attempt's e-mail.
    account: Option<ProfileId>,
}

impl<'a> PasswordCheck<'a> {
    /// Maximum number of times that a check reads the account. It is read again after each change
    /// during the check.
    const MAX_ROUNDS: usize = 3;

    /// Checks the attempt, and calls `admit` with the account's credentials. Starts again if `admit`
    /// returns `None`, because the account has changed meanwhile, so that the reason is known.
    ///
    /// No connection is held while the password is verified. A hash is computed again only if the
    /// stored one has changed. `client_has_gone` is called before each expensive step.
    ///
    /// # Errors
    ///
    /// [`SessionError::WrongCredentials`], after the same time for every reason, also for an account
    /// that `email_policy` hides; [`SessionError::Suspended`]; [`SessionError::Contended`] if the account changed in each round;
    /// [`SessionError::ClientGone`]; the error of `admit`.
    pub(crate) fn run<T>(
        store: &'a dyn Store,
        hasher: &'a dyn PasswordHasher,
        email_policy: EmailPolicy,
        attempt: &'a LoginAttempt,
        client_has_gone: &'a dyn Fn() -> bool,
        admit: impl FnMut(&mut Self, &Credentials) -> Result<Option<T>, SessionError>,
    ) -> Result<T, RefusedLogin> {
        let mut check =
            Self { store, hasher, email_policy, attempt, client_has_gone, verified: None, account: None };
        let outcome = check.rounds(admit);
        outcome.map_err(|error| RefusedLogin { error, account: check.account })
    }

    fn rounds<T>(
        &mut self,
        mut admit: impl FnMut(&mut Self, &Credentials) -> Result<Option<T>, SessionError>,
    ) -> Result<T, SessionError> {
        for _ in 0..Self::MAX_ROUNDS {
            self.go_on()?;
            let found = self.store.autocommit()?.passwords().find(&self.attempt.email)?;
            self.account = found.as_ref().map(|known| known.id);
            let known = self.verify(found)?;
            if let Some(admitted) = admit(self, &known)? {
                return Ok(admitted);
            }
        }
        Err(SessionError::Contended)
    }

    fn go_on(&self) -> Result<(), SessionError> {
        if (self.client_has_gone)() { Err(SessionError::ClientGone) } else { Ok(()) }
    }

    fn verify(&mut self, found: Option<Credentials>) -> Result<Credentials, SessionError> {
        let stored = found.as_ref().map(|known| &known.password);
        if !self.verified.as_ref().zip(stored).is_some_and(|(verified, stored)| verified.covers(stored)) {
            let outcome = self.hasher.verify(&self.attempt.password, stored)?;
            self.verified = stored.filter(|_| outcome != VerifyOutcome::Wrong).map(|stored| Verified {
                stored: stored.clone(),
                is_outdated: outcome == VerifyOutcome::Outdated,
                upgraded: None,
            });
        }
        let known = found
            .filter(|known| self.attempt.role.is_none_or(|role| role == known.role))
            .filter(|_| self.verified.is_some())
            .filter(|known| !self.email_policy.hides(known))
            .ok_or(SessionError::WrongCredentials)?;
        if known.is_suspended { Err(SessionError::Suspended) } else { Ok(known) }
    }

    /// Replaces a hash with old parameters, which is possible only now, because the password is
    /// known.
    pub(crate) fn upgrade(&mut self, known: &Credentials) -> Result<(), SessionError> {
        if self.verified.as_ref().is_some_and(|verified| verified.is_outdated && verified.upgraded.is_none())
        {
            self.go_on()?;
        }
        let Some(verified) = self.verified.as_mut().filter(|verified| verified.is_outdated) else {
            return Ok(());
        };
        let new = match &mut verified.upgraded {
            Some(new) => &*new,
            none => &*none.insert(self.hasher.hash(&self.attempt.password)?),
        };
        if verified.stored == known.password {
            match self.store.autocommit()?.passwords().replace(known.id, &verified.stored, new) {
                // The old hash is still valid, and the next login upgrades it.
                Ok(_) | Err(StoreError::Locked) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
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
