//! The facts of an account, and changes to them.

use super::{Account, Doctor, Fact, FactValue, Hospital, Labo, Patient, PendingChanges, RoleDetails};
use crate::identifier::Identifiers;
use crate::place::Place;
use crate::text::Text;

impl Fact {
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

impl PendingChanges {
    /// Returns the changes to vetted facts that turn `stored` into `wanted`; `None` if there are none.
    #[must_use]
    pub fn between(stored: &Account, wanted: &Account) -> Option<Self> {
        let vetted = Fact::ALL.iter().copied().filter(|fact| fact.is_vetted());
        let changed =
            vetted.map(|fact| (fact, fact.of(wanted))).filter(|(fact, value)| fact.of(stored) != *value);
        Self::on_record(changed)
    }

    /// Returns `account` with these changes, and with its other facts as they are.
    #[must_use]
    pub fn applied_to(&self, account: &Account) -> Account {
        let mut changed = account.clone();
        for (fact, value) in self.iter() {
            match value {
                Some(FactValue::Identifiers(identifiers)) => {
                    changed.profile.identifiers = identifiers.clone();
                }
                None if fact == Fact::Identifiers => changed.profile.identifiers = Identifiers::default(),
                Some(FactValue::Text(text)) => set(&mut changed.details, fact, Some(text)),
                Some(FactValue::Flag(_)) | None => set(&mut changed.details, fact, None),
            }
        }
        changed
    }
}

/// Sets a vetted fact that is a text. A required fact is never cleared.
fn set(details: &mut RoleDetails, fact: Fact, value: Option<&String>) {
    match details {
        RoleDetails::Doctor(doctor) => match fact {
            Fact::FirstName => replace(&mut doctor.first_name, value),
            Fact::LastName => replace(&mut doctor.last_name, value),
            Fact::FirstNameAr => doctor.first_name_ar = optional(value),
            Fact::LastNameAr => doctor.last_name_ar = optional(value),
            Fact::Specialite => replace(&mut doctor.specialite, value),
            _ => {}
        },
        RoleDetails::Hospital(hospital) => match fact {
            Fact::Name => replace(&mut hospital.name, value),
            Fact::NameAr => hospital.name_ar = optional(value),
            Fact::FacilityType => hospital.facility_type = optional(value),
            _ => {}
        },
        RoleDetails::Labo(labo) => match fact {
            Fact::Name => replace(&mut labo.name, value),
            Fact::NameAr => labo.name_ar = optional(value),
            Fact::FacilityType => labo.facility_type = optional(value),
            _ => {}
        },
        // A patient has no vetted facts.
        RoleDetails::Patient(_) => {}
    }
}

fn replace<R>(text: &mut Text<R>, value: Option<&String>) {
    if let Some(value) = value {
        *text = Text::on_record(value.clone());
    }
}

fn optional<R>(value: Option<&String>) -> Option<Text<R>> {
    value.cloned().map(Text::on_record)
}
