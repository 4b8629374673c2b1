use super::{Doctor, Hospital, Labo, Patient};

/// The role of an account. It never changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// A patient; the contract calls the role `user`.
    Patient,
    /// A doctor.
    Doctor,
    /// A hospital.
    Hospital,
    /// A medical laboratory or a radiology practice.
    Labo,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 4] = [Self::Patient, Self::Doctor, Self::Hospital, Self::Labo];

    /// The names of all roles.
    pub const NAMES: [&'static str; 4] =
        [Self::ALL[0].as_str(), Self::ALL[1].as_str(), Self::ALL[2].as_str(), Self::ALL[3].as_str()];

    /// Returns the role's name in the contract: in paths, claims, commands and the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Patient => "user",
            Self::Doctor => "doctor",
            Self::Hospital => "hospital",
            Self::Labo => "labo",
        }
    }

    /// Returns the role with that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }

    /// Returns the member that is `true` in responses and tokens of this role.
    #[must_use]
    pub const fn flag(self) -> &'static str {
        match self {
            Self::Patient => "isPatient",
            Self::Doctor => "isDoctor",
            Self::Hospital => "isHospital",
            Self::Labo => "isLabo",
        }
    }

    /// Returns whether staff must approve an account of this role before it may log in.
    #[must_use]
    pub const fn needs_approval(self) -> bool {
        !matches!(self, Self::Patient)
    }
}

/// A value for each role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PerRole<T> {
    /// For patients.
    pub patient: T,
    /// For doctors.
    pub doctor: T,
    /// For hospitals.
    pub hospital: T,
    /// For laboratories.
    pub labo: T,
}

impl<T: Copy> PerRole<T> {
    /// Returns the same value for every role.
    #[must_use]
    pub const fn same(value: T) -> Self {
        Self { patient: value, doctor: value, hospital: value, labo: value }
    }

    /// Returns the value for `role`.
    #[must_use]
    pub const fn of(&self, role: Role) -> T {
        match role {
            Role::Patient => self.patient,
            Role::Doctor => self.doctor,
            Role::Hospital => self.hospital,
            Role::Labo => self.labo,
        }
    }
}

/// The data that a role adds to a profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RoleDetails {
    /// A patient.
    Patient(Patient),
    /// A doctor.
    Doctor(Doctor),
    /// A hospital.
    Hospital(Hospital),
    /// A laboratory.
    Labo(Labo),
}

impl RoleDetails {
    /// Returns the role.
    #[must_use]
    pub const fn role(&self) -> Role {
        match self {
            Self::Patient(_) => Role::Patient,
            Self::Doctor(_) => Role::Doctor,
            Self::Hospital(_) => Role::Hospital,
            Self::Labo(_) => Role::Labo,
        }
    }

    /// Returns the first and last name of a person, or an organisation's name.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Patient(patient) => {
                format!("{} {}", patient.first_name.as_str(), patient.last_name.as_str())
            }
            Self::Doctor(doctor) => format!("{} {}", doctor.first_name.as_str(), doctor.last_name.as_str()),
            Self::Hospital(hospital) => hospital.name.as_str().to_owned(),
            Self::Labo(labo) => labo.name.as_str().to_owned(),
        }
    }

    /// Returns all names by which a search finds the account.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        let (mut names, arabic) = match self {
            Self::Patient(Patient { first_name, last_name, first_name_ar, last_name_ar, .. })
            | Self::Doctor(Doctor { first_name, last_name, first_name_ar, last_name_ar, .. }) => (
                vec![first_name.as_str(), last_name.as_str()],
                [first_name_ar, last_name_ar].map(|name| name.as_ref().map(AsRef::as_ref)),
            ),
            Self::Hospital(Hospital { name, name_ar, .. }) | Self::Labo(Labo { name, name_ar, .. }) => {
                (vec![name.as_str()], [name_ar.as_ref().map(AsRef::as_ref), None])
            }
        };
        names.extend(arabic.into_iter().flatten());
        names
    }

    /// Returns a first and a last name to show. An organisation has its name and a constant, as
    /// front ends of the legacy API expect.
    #[must_use]
    pub fn display_name(&self) -> (&str, &str) {
        match self {
            Self::Patient(patient) => (patient.first_name.as_str(), patient.last_name.as_str()),
            Self::Doctor(doctor) => (doctor.first_name.as_str(), doctor.last_name.as_str()),
            Self::Hospital(hospital) => (hospital.name.as_str(), Hospital::DISPLAY_LAST_NAME),
            Self::Labo(labo) => (labo.name.as_str(), Labo::DISPLAY_LAST_NAME),
        }
    }
}
