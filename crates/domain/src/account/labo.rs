use super::{Address, OrganisationName, PhoneNumber};

/// A medical laboratory or a radiology practice (FHIR `Organization`): waits for approval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labo {
    /// Its name.
    pub name: OrganisationName,
    /// Its telephone.
    pub number: PhoneNumber,
    /// Where it is.
    pub address: Address,
}

impl Labo {
    /// What stands for a last name where one is shown.
    pub const DISPLAY_LAST_NAME: &'static str = "Labo Profile";
}
