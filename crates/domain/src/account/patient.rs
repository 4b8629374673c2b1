use super::PersonName;

/// A patient (FHIR `Patient`). Active immediately after registration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patient {
    /// Given name.
    pub first_name: PersonName,
    /// Family name.
    pub last_name: PersonName,
    /// Whether married, if known.
    pub married: Option<bool>,
}
