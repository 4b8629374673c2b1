use super::{Address, ArabicOrganisationName, FacilityType, OrganisationName, PhoneNumber};

/// A medical laboratory or a radiology practice (FHIR `Organization`). Needs an approval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labo {
    /// The name.
    pub name: OrganisationName,
    /// The name in Arabic script, if the account has both.
    pub name_ar: Option<ArabicOrganisationName>,
    /// The telephone number.
    pub number: PhoneNumber,
    /// The address.
    pub address: Address,
    /// The kind of facility, if known.
    pub facility_type: Option<FacilityType>,
}

impl Labo {
    /// Shown as the last name where a person would have one.
    pub const DISPLAY_LAST_NAME: &'static str = "Labo Profile";
}
