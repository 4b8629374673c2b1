use strum::{IntoStaticStr, VariantArray, VariantNames};

use crate::identifier::Identifiers;

/// A fact of an account that staff check, as opposed to its password or its picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, IntoStaticStr, VariantArray, VariantNames)]
#[strum(serialize_all = "snake_case")]
#[expect(missing_docs, reason = "they are the fields of an account")]
pub enum Fact {
    FirstName,
    LastName,
    FirstNameAr,
    LastNameAr,
    Name,
    NameAr,
    Specialite,
    FacilityType,
    Identifiers,
    CarteId,
    BirthDate,
    Gender,
    #[strum(serialize = "isPrivee")]
    IsPrivee,
    DoctorAddress,
    HospitalAddress,
    LaboAddress,
    Wilaya,
    Commune,
    HospitalNumber,
    LaboNumber,
    NumeroTel,
    Email,
    Address,
    Bio,
}

/// The value of a [`Fact`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FactValue {
    /// A text, as the account holder typed it, or a code.
    Text(String),
    /// Yes or no.
    Flag(bool),
    /// Identifiers, at least one.
    Identifiers(Identifiers),
}

impl Fact {
    /// Every fact, in the order in which a reviewer reads them.
    pub const ALL: &[Self] = <Self as VariantArray>::VARIANTS;

    /// The name of every fact.
    pub const NAMES: &[&str] = <Self as VariantNames>::VARIANTS;

    /// Returns the fact's name: that of the member of requests, without `profile`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// Returns the fact with that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|fact| fact.as_str() == text)
    }

    /// Returns whether an approval vouches for the fact, so that a change needs another one.
    #[must_use]
    pub const fn is_vetted(self) -> bool {
        matches!(
            self,
            Self::FirstName
                | Self::LastName
                | Self::FirstNameAr
                | Self::LastNameAr
                | Self::Name
                | Self::NameAr
                | Self::Specialite
                | Self::FacilityType
                | Self::Identifiers
        )
    }
}
