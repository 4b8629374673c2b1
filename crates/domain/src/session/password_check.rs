use std::sync::Arc;

use super::{ClientInfo, EmailPolicy, SessionError};
use crate::account::{EmailAddress, Role};
use crate::ids::ProfileId;
use crate::password::{Credentials, Password, PasswordHash, PasswordHasher, VerifyOutcome};
use crate::store::{Store, StoreError};
use crate::throttle::{Admission, Subject, Throttle};

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

/// Checks the passwords of log-ins, unless there were too many failures.
#[derive(Clone)]
pub struct PasswordChecker {
    /// Where accounts are kept.
    pub store: Arc<dyn Store>,
    /// Verifies the password.
    pub hasher: Arc<dyn PasswordHasher>,
    /// Limits guesses.
    pub throttle: Throttle,
    /// Which accounts need a confirmed address.
    pub email_policy: EmailPolicy,
}

/// Checks the password of an attempt, then the role, then the suspension. Only a client that knows
/// the password learns about the last.
pub(crate) struct PasswordCheck<'a> {
    checker: &'a PasswordChecker,
    attempt: &'a LoginAttempt,
    client_has_gone: &'a dyn Fn() -> bool,
    /// Counts the attempt as a failure until the password is verified.
    admission: Option<Admission<'a>>,
    verified: Option<Verified>,
    /// The account with the attempt's e-mail.
    account: Option<ProfileId>,
}

impl PasswordChecker {
    /// Checks the attempt, and calls `admit` with the account's credentials. Starts again if `admit`
    /// returns `None`, because the account has changed meanwhile, so that the reason is known.
    ///
    /// No connection is held while the password is verified. A hash is computed again only if the
    /// stored one has changed. `client_has_gone` is called before each expensive step.
    ///
    /// # Errors
    ///
    /// [`SessionError::Throttled`]; [`SessionError::WrongCredentials`], after the same time for every
    /// reason, also for an account that the policy hides; [`SessionError::Suspended`];
    /// [`SessionError::Contended`] if the account changed in each round; [`SessionError::ClientGone`];
    /// the error of `admit`.
    pub(crate) fn run<T>(
        &self,
        attempt: &LoginAttempt,
        client_has_gone: &dyn Fn() -> bool,
        admit: impl FnMut(&mut PasswordCheck<'_>, &Credentials) -> Result<Option<T>, SessionError>,
    ) -> Result<T, RefusedLogin> {
        let (admission, verified, account) = (None, None, None);
        let mut check =
            PasswordCheck { checker: self, attempt, client_has_gone, admission, verified, account };
        let outcome = check.rounds(admit).or_else(|error| check.note_failure(error));
        outcome.map_err(|error| RefusedLogin { error, account: check.account })
    }
}

impl PasswordCheck<'_> {
    /// Maximum number of times that a check reads the account. It is read again after each change
    /// during the check.
    const MAX_ROUNDS: usize = 3;

    fn rounds<T>(
        &mut self,
        mut admit: impl FnMut(&mut Self, &Credentials) -> Result<Option<T>, SessionError>,
    ) -> Result<T, SessionError> {
        for round in 0..Self::MAX_ROUNDS {
            self.go_on()?;
            if round == 0 {
                let subject = Subject::Account(self.attempt.email.clone());
                self.admission = Some(self.checker.throttle.admit(&subject, &self.attempt.client)??);
            }
            let found = self.checker.store.autocommit()?.passwords().find(&self.attempt.email)?;
            self.account = found.as_ref().map(|known| known.id);
            let known = self.verify(found)?;
            if let Some(admitted) = admit(self, &known)? {
                return Ok(admitted);
            }
        }
        Err(SessionError::Contended)
    }

    /// Records a wrong password. Returns the error.
    fn note_failure<T>(&mut self, error: SessionError) -> Result<T, SessionError> {
        match self.admission.take() {
            Some(admission) if error == SessionError::WrongCredentials => admission.fail()?,
            _ => {}
        }
        Err(error)
    }

    fn go_on(&self) -> Result<(), SessionError> {
        if (self.client_has_gone)() { Err(SessionError::ClientGone) } else { Ok(()) }
    }

    fn verify(&mut self, found: Option<Credentials>) -> Result<Credentials, SessionError> {
        let stored = found.as_ref().map(|known| &known.password);
        if !self.verified.as_ref().zip(stored).is_some_and(|(verified, stored)| verified.covers(stored)) {
            let outcome = self.checker.hasher.verify(&self.attempt.password, stored)?;
            self.verified = stored.filter(|_| outcome != VerifyOutcome::Wrong).map(|stored| Verified {
                stored: stored.clone(),
                is_outdated: outcome == VerifyOutcome::Outdated,
                upgraded: None,
            });
        }
        let known = found
            .filter(|known| self.attempt.role.is_none_or(|role| role == known.role))
            .filter(|_| self.verified.is_some())
            .filter(|known| !self.checker.email_policy.hides(known))
            .ok_or(SessionError::WrongCredentials)?;
        if let Some(admission) = self.admission.take() {
            admission.succeed()?;
        }
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
            none => &*none.insert(self.checker.hasher.hash(&self.attempt.password)?),
        };
        if verified.stored == known.password {
            match self.checker.store.autocommit()?.passwords().replace(known.id, &verified.stored, new) {
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
