use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::issue::StaffGrant;
use super::second_factor::OneTimeCode;
use super::{
    OneTimeCodes, OtpSecret, RecoveryDigest, StaffCredentials, StaffMember, StaffRef, StaffRepository,
    StaffSessionError, StaffSessionIssuer,
};
use crate::account::EmailAddress;
use crate::clock::Clock;
use crate::ids::StaffId;
use crate::password::{Password, PasswordHash, PasswordHasher, VerifyOutcome};
use crate::secret_box::SecretBox;
use crate::session::{ClientInfo, TokenPair};
use crate::store::{Store, StoreError, in_transaction};
use crate::throttle::{Subject, Throttle};

/// A request of a member of staff to log in.
#[derive(Debug)]
pub struct StaffLoginAttempt {
    /// The login name.
    pub email: EmailAddress,
    /// The password.
    pub password: Password,
    /// A one-time password or a recovery code, as it was typed.
    pub otp: Option<String>,
    /// The HTTP client.
    pub client: ClientInfo,
}

/// A successful login of staff.
#[derive(Debug)]
pub struct StaffLoggedIn {
    /// The member.
    pub member: StaffMember,
    /// The tokens.
    pub tokens: TokenPair,
}

/// A refused login of staff.
#[derive(Debug)]
pub struct RefusedStaffLogin {
    /// The reason.
    pub error: StaffSessionError,
    /// The member with this e-mail. For the log only: the client must not learn that it exists.
    pub member: Option<StaffId>,
}

/// Logs in a member of staff, with a password and a second factor.
pub struct StaffLogin {
    /// Stores members and sessions.
    pub store: Arc<dyn Store>,
    /// Limits guesses.
    pub throttle: Throttle,
    /// Verifies the password.
    pub hasher: Arc<dyn PasswordHasher>,
    /// Verifies one-time passwords.
    pub codes: Arc<dyn OneTimeCodes>,
    /// Decrypts the secret of the one-time passwords.
    pub secret_box: Arc<dyn SecretBox>,
    /// Tells the time step.
    pub clock: Arc<dyn Clock>,
    /// Issues the tokens.
    pub session_issuer: Arc<StaffSessionIssuer>,
}

impl StaffLogin {
    /// Maximum number of times that a login reads the credentials. They are read again after each
    /// change during the login.
    const MAX_ROUNDS: usize = 3;

    /// Checks the password, then the second factor. Only a client that knows the password learns about
    /// the latter. A one-time password or a recovery code is used up by one login. Failures of both
    /// count alike, and only a login forgives them: who knows the password cannot guess codes.
    ///
    /// No connection is held while the password is verified. `client_has_gone` is called before that.
    ///
    /// # Errors
    ///
    /// [`StaffSessionError::WrongCredentials`], after the same time for every reason;
    /// [`StaffSessionError::OtpRequired`]; [`StaffSessionError::Throttled`]; [`StaffSessionError::SecretBox`] if there is no key for the
    /// secret; [`StaffSessionError::Contended`] if the credentials changed in each round;
    /// [`StaffSessionError::ClientGone`].
    pub fn run(
        &self,
        attempt: &StaffLoginAttempt,
        client_has_gone: &dyn Fn() -> bool,
    ) -> Result<StaffLoggedIn, RefusedStaffLogin> {
        let mut member = None;
        let outcome = self.throttle.guard(
            &Subject::Staff(attempt.email.clone()),
            &attempt.client,
            || self.log_in(attempt, client_has_gone, &mut member),
            |error| match error {
                StaffSessionError::WrongCredentials => true,
                // A front end that asks for the code after the password sends the first without it.
                StaffSessionError::OtpRequired => attempt.otp.is_some(),
                _ => false,
            },
        );
        outcome.map_err(|error| RefusedStaffLogin { error, member })
    }

    /// Sets `member` to the member with this e-mail.
    fn log_in(
        &self,
        attempt: &StaffLoginAttempt,
        client_has_gone: &dyn Fn() -> bool,
        member: &mut Option<StaffId>,
    ) -> Result<StaffLoggedIn, StaffSessionError> {
        for _ in 0..Self::MAX_ROUNDS {
            if client_has_gone() {
                return Err(StaffSessionError::ClientGone);
            }
            let found = self.store.autocommit()?.staff().credentials(&attempt.email)?;
            *member = found.as_ref().map(|known| known.id);
            let stored = found.as_ref().map(|known| &known.password);
            let outcome = self.hasher.verify(&attempt.password, stored)?;
            let known = found
                .filter(|known| known.is_enabled && outcome != VerifyOutcome::Wrong)
                .ok_or(StaffSessionError::WrongCredentials)?;
            let code = self.verify_code(attempt, &known)?;
            // A hash with old parameters can be replaced only now, because the password is known.
            let is_outdated = outcome == VerifyOutcome::Outdated;
            let upgraded = is_outdated.then(|| self.hasher.hash(&attempt.password)).transpose()?;
            if let Some(logged_in) = self.open(attempt, &known, &code, upgraded.as_ref())? {
                return Ok(logged_in);
            }
            // The credentials changed during the login. They are read again, so that the reason is known.
        }
        Err(StaffSessionError::Contended)
    }

    /// Returns the code that the attempt uses. Whether a recovery code exists, the store tells.
    fn verify_code(
        &self,
        attempt: &StaffLoginAttempt,
        known: &StaffCredentials,
    ) -> Result<UsedCode, StaffSessionError> {
        let typed = attempt.otp.as_deref().and_then(OneTimeCode::read);
        match typed.ok_or(StaffSessionError::OtpRequired)? {
            OneTimeCode::Recovery(digest) => Ok(UsedCode::Recovery(digest)),
            OneTimeCode::Timed(code) => {
                let secret = self.secret_box.open(&OtpSecret::context(known.id), &known.sealed_secret)?;
                let step = self.codes.verify(&OtpSecret::on_record(secret), &code, self.clock.now());
                step.map(UsedCode::Step).ok_or(StaffSessionError::OtpRequired)
            }
        }
    }

    /// Uses the code and opens the session. Returns `None` without a session if the credentials no
    /// longer are `known`.
    fn open(
        &self,
        attempt: &StaffLoginAttempt,
        known: &StaffCredentials,
        code: &UsedCode,
        upgraded: Option<&PasswordHash>,
    ) -> Result<Option<StaffLoggedIn>, StaffSessionError> {
        let id = known.id;
        let (session, token) = self.session_issuer.new_session(id, attempt.client.clone());
        let opened = in_transaction(&*self.store, |transaction| {
            if transaction.staff().lock_credentials(id)?.as_ref() != Some(known) {
                return Ok(None);
            }
            let mut staff = transaction.staff();
            if !code.use_up(&mut *staff, id, session.opened_at)? {
                return Err(StaffSessionError::OtpRequired);
            }
            if let Some(new) = upgraded {
                staff.set_password(id, new)?;
            }
            staff.note_login(id, session.opened_at)?;
            let member = staff.find(&StaffRef::Id(id))?;
            drop(staff);
            transaction.staff_sessions().insert(&session, &token.digest())?;
            Ok(member)
        })?;
        let Some(member) = opened else { return Ok(None) };
        let grant = StaffGrant {
            staff_id: id,
            session: session.id,
            role: member.role,
            used_at: session.used_at,
            expires_at: session.expires_at,
        };
        Ok(Some(StaffLoggedIn { member, tokens: self.session_issuer.pair(token, &grant)? }))
    }
}

/// A code with which a member logs in.
enum UsedCode {
    /// The one-time password of this time step.
    Step(i64),
    Recovery(RecoveryDigest),
}

impl UsedCode {
    /// Returns whether the code was not used before.
    fn use_up(
        &self,
        staff: &mut dyn StaffRepository,
        id: StaffId,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        match self {
            Self::Step(step) => staff.use_step(id, *step),
            Self::Recovery(code) => staff.use_recovery_code(id, code, now),
        }
    }
}
