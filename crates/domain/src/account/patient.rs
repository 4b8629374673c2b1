use super::PersonName;

/// A patient (FHIR `Patient`): active as soon as registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patient {
    /// Given name.
    pub first_name: PersonName,
    /// Family name.
    pub last_name: PersonName,
    /// Whether married, where it was given.
    pub married: Option<bool>,
}
