//! Names, addresses and other free text of an account.

use crate::field::FieldError;
use crate::text::{Rule, Text, arabic_line, lines};

/// A person's first or last name, on one line. No pattern is required, because names follow none.
pub type PersonName = Text<PersonNameRule>;

/// The rule of a [`PersonName`].
pub enum PersonNameRule {}

impl Rule for PersonNameRule {
    const MAX: usize = 150;
}

/// A person's first or last name in Arabic script, beside the [`PersonName`].
pub type ArabicPersonName = Text<ArabicPersonNameRule>;

/// The rule of an [`ArabicPersonName`].
pub enum ArabicPersonNameRule {}

impl Rule for ArabicPersonNameRule {
    const MAX: usize = PersonName::MAX;

    fn read(text: &str) -> Result<String, FieldError> {
        arabic_line(text, Self::MAX)
    }
}

/// A hospital's or a laboratory's name, on one line.
pub type OrganisationName = Text<OrganisationNameRule>;

/// The rule of an [`OrganisationName`].
pub enum OrganisationNameRule {}

impl Rule for OrganisationNameRule {
    const MAX: usize = 200;
}

/// A hospital's or a laboratory's name in Arabic script, beside the [`OrganisationName`].
pub type ArabicOrganisationName = Text<ArabicOrganisationNameRule>;

/// The rule of an [`ArabicOrganisationName`].
pub enum ArabicOrganisationNameRule {}

impl Rule for ArabicOrganisationNameRule {
    const MAX: usize = OrganisationName::MAX;

    fn read(text: &str) -> Result<String, FieldError> {
        arabic_line(text, Self::MAX)
    }
}

/// A postal address as people write it, on one line or several.
pub type Address = Text<AddressRule>;

/// The rule of an [`Address`].
pub enum AddressRule {}

impl Rule for AddressRule {
    const MAX: usize = 500;

    fn read(text: &str) -> Result<String, FieldError> {
        lines(text, Self::MAX)
    }
}

/// A doctor's description of the work, on one line or several.
pub type Bio = Text<BioRule>;

/// The rule of a [`Bio`].
pub enum BioRule {}

impl Rule for BioRule {
    const MAX: usize = 5000;

    fn read(text: &str) -> Result<String, FieldError> {
        lines(text, Self::MAX)
    }
}
