use super::{Address, ArabicPersonName, Bio, PersonName, Specialite};

/// A doctor (FHIR `Practitioner`). Needs an approval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doctor {
    /// Given name.
    pub first_name: PersonName,
    /// Family name.
    pub last_name: PersonName,
    /// Given name in Arabic script, if the account has both.
    pub first_name_ar: Option<ArabicPersonName>,
    /// Family name in Arabic script, if the account has both.
    pub last_name_ar: Option<ArabicPersonName>,
    /// The medical speciality.
    pub specialite: Specialite,
    /// A description of the work, written by the doctor.
    pub bio: Option<Bio>,
    /// Whether the doctor practises privately.
    pub is_privee: bool,
    /// Where the doctor practises.
    pub address: Option<Address>,
}
