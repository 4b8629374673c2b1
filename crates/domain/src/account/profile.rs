use super::{
    Address, BirthDate, BloodType, CarteId, EmailAddress, EmergencyNumbers, Gender, ImageUrl, PhoneNumber,
};
use crate::identifier::Identifiers;
use crate::language::Language;
use crate::place::Place;

/// The data that every account has, of a person or an organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// The login name, unique and case-insensitive.
    pub email: EmailAddress,
    /// The card number, unique.
    pub carte_id: CarteId,
    /// Date of birth; required for a person.
    pub birth_date: Option<BirthDate>,
    /// Telephone number; required for a person.
    pub numero_tel: Option<PhoneNumber>,
    /// Home address. A doctor's practice is in [`super::Doctor::address`].
    pub address: Option<Address>,
    /// Wilaya and commune; those of a doctor's practice.
    pub place: Option<Place>,
    /// Blood type, if known; a medical fact is never invented.
    pub blood_type: Option<BloodType>,
    /// Gender; required for a person.
    pub gender: Option<Gender>,
    /// The profile picture.
    pub image: Option<ImageUrl>,
    /// Telephone numbers for an emergency.
    pub emergency_numbers: EmergencyNumbers,
    /// The language of the mails to the owner.
    pub language: Language,
    /// Numbers in other registers than that of the card.
    pub identifiers: Identifiers,
}
