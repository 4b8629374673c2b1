use super::{Address, OrganisationName, PhoneNumber};

/// A hospital (FHIR `Organization`): waits for approval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hospital {
    /// Its name.
    pub name: OrganisationName,
    /// Its telephone.
    pub number: PhoneNumber,
    /// Where it is.
    pub address: Address,
}

impl Hospital {
    /// What stands for a last name where one is shown.
    pub const DISPLAY_LAST_NAME: &'static str = "Hospital Profile";
}
