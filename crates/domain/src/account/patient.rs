use super::{ArabicPersonName, PersonName};

/// A patient (FHIR `Patient`). Active immediately after registration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patient {
    /// Given name.
    pub first_name: PersonName,
    /// Family name.
    pub last_name: PersonName,
    /// Given name in Arabic script, if the account has both.
    pub first_name_ar: Option<ArabicPersonName>,
    /// Family name in Arabic script, if the account has both.
    pub last_name_ar: Option<ArabicPersonName>,
    /// Whether married, if known.
    pub married: Option<bool>,
}
