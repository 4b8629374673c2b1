//! What the holder of an account changes of it.

use std::sync::Arc;

use super::{
    Account, AccountError, Address, Bio, BirthDate, BloodType, EmergencyNumbers, Gender, ImageUrl,
    OrganisationName, PersonName, PhoneNumber, Profile, RoleDetails, Specialite,
};
use crate::clock::Clock;
use crate::field::FieldErrors;
use crate::session::{Caller, TokenError};
use crate::store::{Store, in_transaction};

/// What becomes of a value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Change<T> {
    /// It stays.
    #[default]
    Keep,
    /// This takes its place; of an optional value, `None` clears it.
    Set(T),
}

impl<T> Change<T> {
    fn apply(self, value: &mut T) {
        if let Self::Set(new) = self {
            *value = new;
        }
    }
}

/// What is to change of a profile. E-mail and card number are not among it: the one logs in, the other is
/// what staff approved.
#[derive(Debug, Clone, Default)]
pub struct ProfileChange {
    /// Date of birth.
    pub birth_date: Change<Option<BirthDate>>,
    /// Telephone.
    pub numero_tel: Change<Option<PhoneNumber>>,
    /// Where the holder lives.
    pub address: Change<Option<Address>>,
    /// Blood type.
    pub blood_type: Change<Option<BloodType>>,
    /// Gender.
    pub gender: Change<Option<Gender>>,
    /// The profile picture.
    pub image: Change<Option<ImageUrl>>,
    /// Whom to call in an emergency; all numbers together.
    pub emergency_numbers: Change<EmergencyNumbers>,
}

impl ProfileChange {
    fn apply(self, profile: &mut Profile) {
        self.birth_date.apply(&mut profile.birth_date);
        self.numero_tel.apply(&mut profile.numero_tel);
        self.address.apply(&mut profile.address);
        self.blood_type.apply(&mut profile.blood_type);
        self.gender.apply(&mut profile.gender);
        self.image.apply(&mut profile.image);
        self.emergency_numbers.apply(&mut profile.emergency_numbers);
    }
}

/// What is to change of what a role has. What the account's role does not have is passed over.
#[derive(Debug, Clone, Default)]
pub struct HolderChange {
    /// A person's given name.
    pub first_name: Change<PersonName>,
    /// A person's family name.
    pub last_name: Change<PersonName>,
    /// Whether a patient is married.
    pub married: Change<Option<bool>>,
    /// A doctor's speciality.
    pub specialite: Change<Specialite>,
    /// What a doctor says of their work.
    pub bio: Change<Option<Bio>>,
    /// Whether a doctor practises privately.
    pub is_privee: Change<bool>,
    /// Where a doctor practises.
    pub doctor_address: Change<Option<Address>>,
    /// An organisation's name.
    pub name: Change<OrganisationName>,
    /// An organisation's telephone.
    pub number: Change<PhoneNumber>,
    /// Where an organisation is.
    pub address: Change<Address>,
}

impl HolderChange {
    fn apply(self, details: &mut RoleDetails) {
        match details {
            RoleDetails::Patient(patient) => {
                self.first_name.apply(&mut patient.first_name);
                self.last_name.apply(&mut patient.last_name);
                self.married.apply(&mut patient.married);
            }
            RoleDetails::Doctor(doctor) => {
                self.first_name.apply(&mut doctor.first_name);
                self.last_name.apply(&mut doctor.last_name);
                self.specialite.apply(&mut doctor.specialite);
                self.bio.apply(&mut doctor.bio);
                self.is_privee.apply(&mut doctor.is_privee);
                self.doctor_address.apply(&mut doctor.address);
            }
            RoleDetails::Hospital(hospital) => {
                self.name.apply(&mut hospital.name);
                self.number.apply(&mut hospital.number);
                self.address.apply(&mut hospital.address);
            }
            RoleDetails::Labo(labo) => {
                self.name.apply(&mut labo.name);
                self.number.apply(&mut labo.number);
                self.address.apply(&mut labo.address);
            }
        }
    }
}

/// What the holder of an account wants to change of it.
#[derive(Debug, Clone, Default)]
pub struct AccountChange {
    /// Of what every holder has.
    pub profile: ProfileChange,
    /// Of what the role has beside it.
    pub details: HolderChange,
}

/// Changes an account for its own holder.
#[derive(Clone)]
pub struct ChangeAccount {
    /// Where accounts are kept.
    pub store: Arc<dyn Store>,
    /// Tells whether the session is live.
    pub clock: Arc<dyn Clock>,
}

impl ChangeAccount {
    /// Makes the change that `read` finds in what the caller sent, given the account as it is; answers the
    /// account as it is then. The account is locked from the reading to the writing, so of two changes at
    /// the same moment neither undoes the other.
    ///
    /// # Errors
    ///
    /// [`AccountError::Token`] if the caller's session has ended, or the account is gone;
    /// [`AccountError::InvalidFields`] if `read` refuses. Nothing is changed then.
    pub fn run(
        &self,
        caller: &Caller,
        read: impl Fn(&Account) -> Result<AccountChange, FieldErrors>,
    ) -> Result<Account, AccountError> {
        in_transaction(&*self.store, |transaction| {
            let accounts = transaction.accounts();
            if !accounts.lock_in_session(caller.profile_id, caller.session, self.clock.now())? {
                return Err(AccountError::from(TokenError::SessionEnded));
            }
            let account = accounts.find(caller.profile_id)?.ok_or(TokenError::SessionEnded)?;
            let AccountChange { profile, details } = read(&account).map_err(AccountError::InvalidFields)?;
            let mut changed = account.clone();
            profile.apply(&mut changed.profile);
            details.apply(&mut changed.details);
            if changed != account {
                accounts.update(&changed)?;
            }
            Ok(changed)
        })
    }
}
