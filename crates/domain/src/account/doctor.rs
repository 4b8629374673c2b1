use super::{Address, Bio, PersonName, Specialite};

/// A doctor (FHIR `Practitioner`): waits for approval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doctor {
    /// Given name.
    pub first_name: PersonName,
    /// Family name.
    pub last_name: PersonName,
    /// The medical speciality.
    pub specialite: Specialite,
    /// What the doctor says of their work.
    pub bio: Option<Bio>,
    /// Whether the doctor practises privately.
    pub is_privee: bool,
    /// Where the doctor practises.
    pub address: Option<Address>,
}
