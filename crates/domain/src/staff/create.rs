use std::sync::Arc;

use super::request::check_password;
use super::{
    ManagementRequest, SecondFactor, SecondFactorMaker, StaffDetails, StaffError, StaffMember, StaffPassword,
    StaffRef,
};
use crate::account::EmailAddress;
use crate::clock::Clock;
use crate::idempotency::Outcome;
use crate::ids::StaffId;
use crate::password::{OwnerFacts, PasswordHasher, PasswordPolicy};
use crate::randomness::Randomness;
use crate::store::Store;

/// A member of staff to create.
#[derive(Debug)]
pub struct NewStaff {
    /// The login name.
    pub email: EmailAddress,
    /// Name, role and scope.
    pub details: StaffDetails,
    /// The password.
    pub password: StaffPassword,
}

/// A member of staff who was created.
#[derive(Debug, Clone)]
pub struct CreatedStaff {
    /// The member.
    pub member: StaffMember,
    /// The second factor, for the person only. It cannot be read again.
    pub second_factor: SecondFactor,
}

/// Creates a member of staff, with a second factor.
pub struct CreateStaff {
    /// Stores the member.
    pub store: Arc<dyn Store>,
    /// Hashes the password.
    pub hasher: Arc<dyn PasswordHasher>,
    /// The rules for the new password.
    pub policy: PasswordPolicy,
    /// Makes the second factor.
    pub second_factors: Arc<SecondFactorMaker>,
    /// Tells when the member was created.
    pub clock: Arc<dyn Clock>,
    /// Makes the id.
    pub randomness: Arc<dyn Randomness>,
}

impl CreateStaff {
    /// Creates the member.
    ///
    /// # Errors
    ///
    /// [`StaffError::WeakPassword`]; [`StaffError::EmailTaken`]; [`StaffError::SecretBox`] if there is no key, before the password is
    /// hashed; [`StaffError::KeyReused`], also if the member has another password.
    pub fn run(
        &self,
        request: &ManagementRequest<'_, CreatedStaff>,
        new: &NewStaff,
    ) -> Result<Outcome<CreatedStaff>, StaffError> {
        let owner = OwnerFacts::of_staff(&new.email, &new.details.name);
        self.policy.check(new.password.password(), &owner).map_err(StaffError::WeakPassword)?;
        let created_at = self.clock.now();
        let StaffDetails { name, directorate, role, scope } = new.details.clone();
        let member = StaffMember {
            id: StaffId::generate(created_at, &*self.randomness),
            email: new.email.clone(),
            name,
            directorate,
            role,
            scope,
            created_at,
            disabled_at: None,
            last_login_at: None,
        };
        let (second_factor, stored) = self.second_factors.make(&member)?;
        let hash = self.hasher.hash(new.password.password())?;
        let created = CreatedStaff { member, second_factor };
        let secret_box = Some(&*self.second_factors.secret_box);
        let outcome = request.run(&*self.store, &*self.clock, secret_box, |transaction| {
            if transaction.staff().insert(&created.member, &hash, &stored)? {
                Ok(created.clone())
            } else {
                Err(StaffError::EmailTaken)
            }
        })?;
        if matches!(outcome, Outcome::Repeated(_)) {
            check_password(&*self.store, &*self.hasher, &StaffRef::Email(new.email.clone()), &new.password)?;
        }
        Ok(outcome)
    }
}
