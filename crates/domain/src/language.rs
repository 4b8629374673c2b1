//! The languages of texts that people read.

use strum::{IntoStaticStr, VariantArray};

use crate::field::FieldError;
use crate::text::one_of;

/// A language in which the service writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, IntoStaticStr, VariantArray)]
pub enum Language {
    /// English.
    #[strum(serialize = "en")]
    English,
    /// French.
    #[strum(serialize = "fr")]
    French,
    /// Arabic, written from right to left.
    #[strum(serialize = "ar")]
    Arabic,
}

impl Language {
    /// Every language.
    pub const ALL: &'static [Self] = Self::VARIANTS;

    /// The language of an account whose owner named none: that of Algeria's health services.
    pub const OF_ACCOUNTS: Self = Self::French;

    /// Returns the language's tag (BCP 47).
    #[must_use]
    pub fn tag(self) -> &'static str {
        self.into()
    }

    /// Parses a tag.
    ///
    /// # Errors
    ///
    /// [`FieldError::UnknownChoice`] for any other text; [`FieldError::Required`] for none.
    pub fn parse(tag: &str) -> Result<Self, FieldError> {
        let tag = one_of(&Self::TAGS, tag)?;
        let found = Self::ALL.iter().copied().find(|language| language.tag() == tag);
        found.ok_or(FieldError::UnknownChoice { choices: &Self::TAGS })
    }

    /// Returns the stored language; [`Language::OF_ACCOUNTS`] for a tag that a later release stored.
    #[must_use]
    pub fn on_record(tag: &str) -> Self {
        Self::parse(tag).unwrap_or(Self::OF_ACCOUNTS)
    }

    /// The tag of every language.
    pub const TAGS: [&'static str; 3] = ["en", "fr", "ar"];
}
