use strum::{IntoStaticStr, VariantArray, VariantNames};

use super::{Account, Doctor, Hospital, Labo, Patient, RoleDetails};
use crate::identifier::Identifiers;
use crate::place::Place;

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

    /// Returns the fact's value in `account`; `None` if it is not given, or the role does not have it.
    #[must_use]
    pub fn of(self, account: &Account) -> Option<FactValue> {
        let profile = &account.profile;
        let text =
            |value: Option<&dyn AsRef<str>>| value.map(|value| FactValue::Text(value.as_ref().to_owned()));
        match self {
            Self::CarteId => text(Some(&profile.carte_id)),
            Self::Email => Some(FactValue::Text(profile.email.as_str().to_owned())),
            Self::BirthDate => profile.birth_date.map(|date| FactValue::Text(date.to_string())),
            Self::Gender => text(profile.gender.as_ref().map(|value| value as _)),
            Self::NumeroTel => text(profile.numero_tel.as_ref().map(|value| value as _)),
            Self::Address => text(profile.address.as_ref().map(|value| value as _)),
            Self::Wilaya => text(profile.place.as_ref().map(|place| place.wilaya() as _)),
            Self::Commune => text(profile.place.as_ref().and_then(Place::commune).map(|value| value as _)),
            Self::Identifiers => {
                let is_given = profile.identifiers.iter().next().is_some();
                is_given.then(|| FactValue::Identifiers(profile.identifiers.clone()))
            }
            _ => self.of_role(&account.details),
        }
    }

    fn of_role(self, details: &RoleDetails) -> Option<FactValue> {
        let text =
            |value: Option<&dyn AsRef<str>>| value.map(|value| FactValue::Text(value.as_ref().to_owned()));
        match (self, details) {
            (
                Self::FirstName,
                RoleDetails::Patient(Patient { first_name, .. })
                | RoleDetails::Doctor(Doctor { first_name, .. }),
            ) => text(Some(first_name)),
            (
                Self::LastName,
                RoleDetails::Patient(Patient { last_name, .. })
                | RoleDetails::Doctor(Doctor { last_name, .. }),
            ) => text(Some(last_name)),
            (
                Self::FirstNameAr,
                RoleDetails::Patient(Patient { first_name_ar: name, .. })
                | RoleDetails::Doctor(Doctor { first_name_ar: name, .. }),
            )
            | (
                Self::LastNameAr,
                RoleDetails::Patient(Patient { last_name_ar: name, .. })
                | RoleDetails::Doctor(Doctor { last_name_ar: name, .. }),
            ) => text(name.as_ref().map(|value| value as _)),
            (
                Self::Name,
                RoleDetails::Hospital(Hospital { name, .. }) | RoleDetails::Labo(Labo { name, .. }),
            ) => text(Some(name)),
            (
                Self::NameAr,
                RoleDetails::Hospital(Hospital { name_ar, .. }) | RoleDetails::Labo(Labo { name_ar, .. }),
            ) => text(name_ar.as_ref().map(|value| value as _)),
            (
                Self::FacilityType,
                RoleDetails::Hospital(Hospital { facility_type, .. })
                | RoleDetails::Labo(Labo { facility_type, .. }),
            ) => text(facility_type.as_ref().map(|value| value as _)),
            (Self::Specialite, RoleDetails::Doctor(doctor)) => text(Some(&doctor.specialite)),
            (Self::IsPrivee, RoleDetails::Doctor(doctor)) => Some(FactValue::Flag(doctor.is_privee)),
            (Self::DoctorAddress, RoleDetails::Doctor(doctor)) => {
                text(doctor.address.as_ref().map(|value| value as _))
            }
            (Self::Bio, RoleDetails::Doctor(doctor)) => text(doctor.bio.as_ref().map(|value| value as _)),
            (Self::HospitalAddress, RoleDetails::Hospital(hospital)) => text(Some(&hospital.address)),
            (Self::HospitalNumber, RoleDetails::Hospital(hospital)) => text(Some(&hospital.number)),
            (Self::LaboAddress, RoleDetails::Labo(labo)) => text(Some(&labo.address)),
            (Self::LaboNumber, RoleDetails::Labo(labo)) => text(Some(&labo.number)),
            _ => None,
        }
    }
}
