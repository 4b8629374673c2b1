//! What can go wrong, typed. `api` maps [`Error`] to HTTP in one exhaustive `match`.

use std::collections::BTreeMap;
use std::fmt;

use crate::password::HashError;
use crate::session::TokenError;
use crate::store::StoreError;

/// Why a use case did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another account has this value already.
    #[error("{0} is already taken")]
    Taken(UniqueField),
    /// Fields with values that break their rules, or must stay as they are.
    #[error("some fields are not allowed")]
    InvalidFields(FieldErrors),
    /// Wrong password, unknown e-mail or another role's account: told alike, so nobody learns which.
    #[error("e-mail or password is wrong")]
    WrongCredentials,
    /// The present password, which is asked for to change it, is another one.
    #[error("the present password is another one")]
    WrongPassword,
    /// The password was right, but staff have not approved the account.
    #[error("the account is not approved")]
    NotApproved,
    /// The password was right, but staff have suspended the account.
    #[error("the account is suspended")]
    AccountSuspended,
    /// The account's sessions were ended again and again while this login was checked.
    #[error("the account kept changing during the login")]
    Contended,
    /// The client that asked has gone, so the rest of the work was not done.
    #[error("the client has gone")]
    ClientGone,
    /// The token does not open what was asked for. The reason is for the log.
    #[error("token not valid: {0}")]
    TokenNotValid(#[from] TokenError),
    /// The caller has no live session of that id.
    #[error("no such session")]
    UnknownSession,
    /// No account of that role has that e-mail.
    #[error("no such account")]
    UnknownAccount,
    /// Staff decided otherwise before; changing that takes an explicit wish.
    #[error("already decided otherwise")]
    AlreadyDecided(Box<crate::approval::Approval>),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The password hasher failed.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// A token could not be signed.
    #[error("a token could not be signed")]
    Signing,
}

/// A field whose value no two accounts share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UniqueField {
    /// The login name.
    Email,
    /// The holder's card number.
    CarteId,
}

impl UniqueField {
    /// The field's name in the contract.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::CarteId => "carte_id",
        }
    }
}

impl fmt::Display for UniqueField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What is wrong with one value. The text is for people; [`FieldError::code`] is for programs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FieldError {
    /// The field is missing, `null` or empty, but must be given.
    #[error("This field is required.")]
    Required,
    /// The JSON value is of another type.
    #[error("Must be {expected}.")]
    WrongType {
        /// What it must be, with its article: `a string`.
        expected: &'static str,
    },
    /// Fewer characters than allowed.
    #[error("Must have at least {min} characters.")]
    TooShort {
        /// Least number of code points.
        min: usize,
    },
    /// More characters than allowed.
    #[error("Must have at most {max} characters.")]
    TooLong {
        /// Greatest number of code points.
        max: usize,
    },
    /// More list entries than allowed.
    #[error("Must have at most {max} entries.")]
    TooMany {
        /// Greatest number of entries.
        max: usize,
    },
    /// A control character (Unicode category Cc), a line separator or a direction override.
    #[error("Must not contain control characters.")]
    ControlCharacter,
    /// Not written as this field is.
    #[error("Must be {expected}.")]
    Malformed {
        /// What it must be, with its article.
        expected: &'static str,
    },
    /// A date behind today.
    #[error("Must not be in the future.")]
    InFuture,
    /// A date before any living person's birth.
    #[error("Must not be more than {years} years ago.")]
    TooLongAgo {
        /// Greatest age in years.
        years: u32,
    },
    /// Not one of an enumeration's values.
    #[error("Must be {expected}.")]
    UnknownChoice {
        /// The values, or where they are listed.
        expected: &'static str,
    },
    /// Not what it must be equal to.
    #[error("Is wrong.")]
    Wrong,
    /// Another value than the one it has, and must keep.
    #[error("Cannot be changed here.")]
    ReadOnly,
    /// Another account has this value.
    #[error("Is already taken by another account.")]
    Taken,
}

impl FieldError {
    /// A stable name for programs. It never changes; the text may.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::WrongType { .. } => "wrong_type",
            Self::TooShort { .. } => "too_short",
            Self::TooLong { .. } => "too_long",
            Self::TooMany { .. } => "too_many",
            Self::ControlCharacter => "control_character",
            Self::Malformed { .. } => "malformed",
            Self::InFuture => "in_future",
            Self::TooLongAgo { .. } => "too_long_ago",
            Self::UnknownChoice { .. } => "unknown_choice",
            Self::Wrong => "wrong",
            Self::ReadOnly => "read_only",
            Self::Taken => "taken",
        }
    }
}

/// All that is wrong with a request, by the path that the client sent: `profile.email`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FieldErrors(BTreeMap<String, Vec<FieldError>>);

impl FieldErrors {
    /// Notes one more error at `path`.
    pub fn add(&mut self, path: impl Into<String>, error: FieldError) {
        self.0.entry(path.into()).or_default().push(error);
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The errors, by path in alphabetical order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[FieldError])> {
        self.0.iter().map(|(path, errors)| (path.as_str(), errors.as_slice()))
    }
}
