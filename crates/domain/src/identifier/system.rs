use std::fmt;

use crate::field::{FieldError, Format};
use crate::text::one_of;

/// What an identifier is of. An account has at most one of each system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IdentifierSystem {
    /// The national identification number, of a person or an organisation. Its last two digits are
    /// a check key. How it is computed is not published, so it is not checked.
    Nin,
    /// The national health identifier.
    Ins,
    /// The number of the health insurance's card.
    Chifa,
    /// The number in the register of the medical council (`Ordre des médecins`). It begins with the
    /// regional section.
    Cnom,
    /// The number of a health facility.
    Facility,
    /// Any other number, such as that of a passport.
    Other,
}

impl IdentifierSystem {
    /// Every system, in the order in which identifiers are listed.
    pub const ALL: [Self; 6] = [Self::Nin, Self::Ins, Self::Chifa, Self::Cnom, Self::Facility, Self::Other];

    /// The names of all systems.
    pub const NAMES: [&'static str; 6] = [
        Self::ALL[0].as_str(),
        Self::ALL[1].as_str(),
        Self::ALL[2].as_str(),
        Self::ALL[3].as_str(),
        Self::ALL[4].as_str(),
        Self::ALL[5].as_str(),
    ];

    /// Returns the name, in requests, responses and the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Nin => "nin",
            Self::Ins => "ins",
            Self::Chifa => "chifa",
            Self::Cnom => "cnom",
            Self::Facility => "facility",
            Self::Other => "other",
        }
    }

    /// Parses the name of a system that a client sent.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        let name = one_of(&Self::NAMES, text)?;
        Self::on_record(&name).ok_or(FieldError::UnknownChoice { choices: &Self::NAMES })
    }

    /// Returns the system with that name. A later release may have stored one that this release
    /// does not know.
    #[must_use]
    pub fn on_record(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|system| system.as_str() == name)
    }

    /// Returns which characters a key has, and the minimum and maximum number of them.
    #[must_use]
    pub const fn rule(self) -> (Format, usize, usize) {
        match self {
            Self::Nin | Self::Ins => (Format::Digits, 18, 18),
            Self::Chifa => (Format::Digits, 8, 20),
            Self::Cnom => (Format::LettersAndDigits, 3, 20),
            Self::Facility => (Format::LettersAndDigits, 2, 20),
            Self::Other => (Format::Text, 1, 40),
        }
    }
}

impl fmt::Display for IdentifierSystem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
