//! Errors of the values that a client sent: codes and parameters. The HTTP layer has the texts.

use std::collections::BTreeMap;

use strum::{Display, EnumDiscriminants, IntoStaticStr, VariantArray};

/// The error of one value.
///
/// `Display` is for logs and the terminal. The texts for users are selected by [`Self::code`] and
/// the parameters.
#[derive(Debug, Clone, PartialEq, Eq, EnumDiscriminants, thiserror::Error)]
#[strum_discriminants(
    name(FieldErrorCode),
    doc = "Stable names of [`FieldError`]'s variants, for programs. A published one never changes.",
    derive(Display, IntoStaticStr, VariantArray),
    strum(serialize_all = "snake_case")
)]
#[non_exhaustive]
pub enum FieldError {
    /// The field is missing, `null` or empty, but must be given.
    #[error("is required")]
    Required,
    /// The value is of another type.
    #[error("must be of the type {expected}")]
    WrongType {
        /// The type that it must have.
        expected: ValueType,
    },
    /// Fewer characters than allowed.
    #[error("must have at least {min} characters")]
    TooShort {
        /// Minimum number of code points.
        min: usize,
    },
    /// More characters than allowed.
    #[error("must have at most {max} characters")]
    TooLong {
        /// Maximum number of code points.
        max: usize,
    },
    /// More list entries than allowed.
    #[error("must have at most {max} entries")]
    TooMany {
        /// Maximum number of entries.
        max: usize,
    },
    /// A list has another entry of the same kind, but may have only one of each.
    #[error("occurs more than once")]
    Duplicate,
    /// A control character (Unicode category Cc), a line separator, a direction override, a
    /// noncharacter, a tag character, or a placeholder of an annotation or object.
    #[error("must not contain control characters")]
    ControlCharacter,
    /// The text is not in the field's format.
    #[error("is not a valid {format}")]
    Malformed {
        /// The format that it must have.
        format: Format,
    },
    /// A date that the calendar does not have, such as 30 February.
    #[error("is no such day")]
    NoSuchDay,
    /// A date after today.
    #[error("must not be in the future")]
    InFuture,
    /// A date before any living person's birth.
    #[error("must not be more than {years} years ago")]
    TooLongAgo {
        /// Maximum age in years.
        years: u32,
    },
    /// A number outside its range.
    #[error("must be between {min} and {max}")]
    OutOfRange {
        /// Minimum value.
        min: u32,
        /// Maximum value.
        max: u32,
    },
    /// Not a value of the enumeration.
    #[error("must be one of {}", first(.choices))]
    UnknownChoice {
        /// All values of the enumeration.
        choices: &'static [&'static str],
    },
    /// The commune belongs to another wilaya than the given one.
    #[error("the commune is in wilaya {wilaya}")]
    OtherWilaya {
        /// The code of the commune's wilaya.
        wilaya: &'static str,
    },
    /// Not equal to the value on record.
    #[error("is incorrect")]
    Wrong,
    /// Equal to the value on record.
    #[error("is the present value")]
    Unchanged,
    /// Differs from the value on record, which cannot be changed.
    #[error("cannot be changed")]
    ReadOnly,
    /// An account has this value.
    #[error("is already taken")]
    Taken,
    /// A new password is on the blocklist.
    #[error("is one of the most common passwords")]
    PasswordTooCommon {
        /// How to choose another.
        advice: PasswordAdvice,
    },
    /// A new password is a fact about its owner, apart from letter case, spaces and separators.
    #[error("must not be the {attribute} of its owner")]
    PasswordTooSimilar {
        /// The fact.
        attribute: OwnerFact,
        /// How to choose another.
        advice: PasswordAdvice,
    },
}

/// A fact about the owner of a password, which others may know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Display, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
#[non_exhaustive]
pub enum OwnerFact {
    /// The e-mail address, or its part before the `@`.
    Email,
    /// The card number.
    Card,
    /// The given name, the family name, or both in either order; an organisation's name.
    Name,
    /// The telephone number.
    Phone,
}

/// How easily a refused password is guessed, and how to choose another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordAdvice {
    /// From 0, guessed immediately, to 4.
    pub score: u8,
    /// Code of what makes it weak, if that is known.
    pub warning: Option<&'static str>,
    /// Codes of what would make it stronger.
    pub suggestions: Vec<&'static str>,
}

/// The type of a value in a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Display, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
#[non_exhaustive]
pub enum ValueType {
    /// A text.
    String,
    /// `true` or `false`.
    Boolean,
    /// A whole number.
    Integer,
    /// A list of values.
    Array,
    /// Named values.
    Object,
}

/// How a text must be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Display, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
#[non_exhaustive]
pub enum Format {
    /// Any text with at least one letter or digit.
    Text,
    /// Digits, with spaces, hyphens or slashes between them.
    Digits,
    /// Latin letters and digits, with spaces, hyphens or slashes between them.
    LettersAndDigits,
    /// Any text with at least one Arabic letter.
    ArabicText,
    /// A date as `YYYY-MM-DD`; a presumed date of birth may be `YYYY-MM` or `YYYY`.
    Date,
    /// An e-mail address.
    Email,
    /// A telephone number.
    PhoneNumber,
    /// An address that begins with `https://` or `http://`.
    Url,
    /// A position in a list, as a response gave it.
    Cursor,
}

/// Returns the first ten values of an enumeration, for a line of a log.
fn first(choices: &[&str]) -> String {
    let rest = if choices.len() > 10 { ", …" } else { "" };
    choices[..choices.len().min(10)].join(", ") + rest
}

impl FieldError {
    /// Returns the stable code for programs. A code never changes; texts may.
    #[must_use]
    pub fn code(&self) -> FieldErrorCode {
        self.into()
    }
}

/// All field errors of a request, by the path that the client sent, such as `profile.email`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FieldErrors(BTreeMap<String, Vec<FieldError>>);

impl FieldErrors {
    /// Returns field errors with only this error.
    #[must_use]
    pub fn one(path: impl Into<String>, error: FieldError) -> Self {
        Self([(path.into(), vec![error])].into())
    }

    /// Adds an error at `path`.
    pub fn add(&mut self, path: impl Into<String>, error: FieldError) {
        self.0.entry(path.into()).or_default().push(error);
    }

    /// Returns whether there is no error.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the errors, by path in alphabetical order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[FieldError])> {
        self.0.iter().map(|(path, errors)| (path.as_str(), errors.as_slice()))
    }
}
