use super::{
    Address, BirthDate, BloodType, CarteId, EmailAddress, EmergencyNumbers, Gender, ImageUrl, PhoneNumber,
};

/// What every account holder has, person or organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// The login name, unique regardless of case.
    pub email: EmailAddress,
    /// The holder's card number, unique.
    pub carte_id: CarteId,
    /// Date of birth; a person's registration asks for it.
    pub birth_date: Option<BirthDate>,
    /// Telephone; a person's registration asks for it.
    pub numero_tel: Option<PhoneNumber>,
    /// Where the holder lives. A doctor's practice is in [`super::Doctor::address`].
    pub address: Option<Address>,
    /// Blood type, where it was given; a medical fact is never invented.
    pub blood_type: Option<BloodType>,
    /// Gender; a person's registration asks for it.
    pub gender: Option<Gender>,
    /// The profile picture.
    pub image: Option<ImageUrl>,
    /// Whom to call in an emergency.
    pub emergency_numbers: EmergencyNumbers,
}
