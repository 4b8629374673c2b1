use std::sync::Arc;

use super::request::check_password;
use super::{
    ManagementRequest, OneTimeCodes, OtpSecret, RecoveryCode, SecondFactor, StaffEndReason, StaffError,
    StaffMember, StaffPassword, StaffRef, StoredSecondFactor,
};
use crate::clock::Clock;
use crate::idempotency::Outcome;
use crate::password::{OwnerFacts, PasswordHasher, PasswordPolicy};
use crate::randomness::Randomness;
use crate::secret_box::{SecretBox, SecretBoxError};
use crate::store::Store;
use crate::throttle::Subject;

/// Makes second factors.
pub struct SecondFactorMaker {
    /// Writes the URI for authenticator apps.
    pub codes: Arc<dyn OneTimeCodes>,
    /// Encrypts the secret.
    pub secret_box: Arc<dyn SecretBox>,
    /// Makes the secret and the recovery codes.
    pub randomness: Arc<dyn Randomness>,
}

impl SecondFactorMaker {
    /// Returns a new second factor of `member`, and what the store keeps of it.
    pub(super) fn make(
        &self,
        member: &StaffMember,
    ) -> Result<(SecondFactor, StoredSecondFactor), SecretBoxError> {
        let secret = OtpSecret::generate(&*self.randomness);
        let sealed_secret = self.secret_box.seal(&OtpSecret::context(member.id), secret.expose())?;
        let recovery_codes: Vec<_> =
            (0..RecoveryCode::COUNT).map(|_| RecoveryCode::generate(&*self.randomness)).collect();
        let digests = recovery_codes.iter().map(RecoveryCode::digest).collect();
        let otpauth_uri = self.codes.uri(&secret, &member.email);
        let stored = StoredSecondFactor { sealed_secret, recovery_codes: digests };
        Ok((SecondFactor { otpauth_uri, recovery_codes }, stored))
    }
}

/// Replaces the password of a member of staff.
pub struct ResetStaffPassword {
    /// Stores the password.
    pub store: Arc<dyn Store>,
    /// Hashes the password.
    pub hasher: Arc<dyn PasswordHasher>,
    /// The rules for the new password.
    pub policy: PasswordPolicy,
    /// Tells when the sessions were revoked.
    pub clock: Arc<dyn Clock>,
}

impl ResetStaffPassword {
    /// Replaces the password, revokes all sessions of the member, and forgets failed logins.
    ///
    /// # Errors
    ///
    /// [`StaffError::UnknownMember`]; [`StaffError::WeakPassword`]; [`StaffError::KeyReused`], also if the
    /// member has another password.
    pub fn run(
        &self,
        request: &ManagementRequest<'_, StaffMember>,
        member: &StaffRef,
        new: &StaffPassword,
    ) -> Result<Outcome<StaffMember>, StaffError> {
        let found = self.store.autocommit()?.staff().find(member)?.ok_or(StaffError::UnknownMember)?;
        let owner = OwnerFacts::of_staff(&found.email, &found.name);
        self.policy.check(new.password(), &owner).map_err(StaffError::WeakPassword)?;
        let hash = self.hasher.hash(new.password())?;
        let outcome = request.run(&*self.store, &*self.clock, None, |transaction| {
            let found = transaction.staff().lock(member)?.ok_or(StaffError::UnknownMember)?;
            transaction.staff().set_password(found.id, &hash)?;
            let now = self.clock.now();
            transaction.staff_sessions().revoke_all(found.id, now, StaffEndReason::PasswordReset)?;
            Subject::Staff(found.email.clone()).lift(transaction)?;
            Ok(found)
        })?;
        if matches!(outcome, Outcome::Repeated(_)) {
            check_password(&*self.store, &*self.hasher, member, new)?;
        }
        Ok(outcome)
    }
}

/// Replaces the second factor of a member of staff.
pub struct ResetSecondFactor {
    /// Stores the second factor.
    pub store: Arc<dyn Store>,
    /// Makes the second factor.
    pub second_factors: Arc<SecondFactorMaker>,
    /// Tells when the sessions were revoked.
    pub clock: Arc<dyn Clock>,
}

impl ResetSecondFactor {
    /// Replaces the secret and all recovery codes, revokes all sessions of the member, and forgets
    /// failed logins.
    ///
    /// # Errors
    ///
    /// [`StaffError::UnknownMember`]; [`StaffError::SecretBox`] if there is no key;
    /// [`StaffError::KeyReused`].
    pub fn run(
        &self,
        request: &ManagementRequest<'_, (StaffMember, SecondFactor)>,
        member: &StaffRef,
    ) -> Result<Outcome<(StaffMember, SecondFactor)>, StaffError> {
        let secret_box = Some(&*self.second_factors.secret_box);
        request.run(&*self.store, &*self.clock, secret_box, |transaction| {
            let found = transaction.staff().lock(member)?.ok_or(StaffError::UnknownMember)?;
            let (second_factor, stored) = self.second_factors.make(&found)?;
            transaction.staff().set_second_factor(found.id, &stored)?;
            let now = self.clock.now();
            transaction.staff_sessions().revoke_all(found.id, now, StaffEndReason::SecondFactorReset)?;
            Subject::Staff(found.email.clone()).lift(transaction)?;
            Ok((found, second_factor))
        })
    }
}
