use super::{NameKey, SearchTerms};
use crate::account::{CarteId, EmailAddress, PhoneNumber};
use crate::ids::ProfileId;

/// Minimum number of digits of a telephone, a card or another identifier.
const MIN_DIGITS: usize = 3;

/// Maximum number of characters that are read. No value that can be found is longer.
const MAX_LENGTH: usize = 256;

/// What to search for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SearchQuery {
    /// The account with this id.
    Account(ProfileId),
    /// Accounts whose canonical e-mail begins with this.
    Email(String),
    /// Accounts with this telephone number, or with a card or another identifier whose key begins
    /// with this.
    Number {
        /// The term of the telephone number.
        telephone: Option<String>,
        /// The beginning of the key.
        key: String,
    },
    /// Accounts with these names, in any order and spelling. Without a name, no account.
    Names(NameKey),
}

impl SearchQuery {
    /// Recognises what `text` names. Every text is a query, and a long text costs no more than a
    /// short one.
    ///
    /// - An id is a UUID.
    /// - An e-mail has an `@`, with at least one character before it.
    /// - A number has at least three digits. It is one word, or has no more letters than digits:
    ///   `AB 123 456`, but not `EPSP 1er Novembre 1954`.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let end = text.trim_start().char_indices().nth(MAX_LENGTH).map(|(end, _)| end);
        let text = text.trim_start();
        let text = text[..end.unwrap_or(text.len())].trim_end();
        if let Ok(id) = text.parse() {
            return Self::Account(id);
        }
        if text.find('@').is_some_and(|at| at > 0) {
            return Self::Email(email_prefix(text));
        }
        if is_number(text) {
            return Self::Number {
                telephone: PhoneNumber::parse(text).ok().and_then(|number| SearchTerms::telephone(&number)),
                key: CarteId::on_record(text.to_owned()).canonical(),
            };
        }
        Self::Names(NameKey::new(&[text]))
    }
}

/// Returns the canonical form of a complete address, or of its beginning.
fn email_prefix(text: &str) -> String {
    EmailAddress::attempt(text).map_or_else(|_| text.to_lowercase(), |email| email.canonical())
}

fn is_number(text: &str) -> bool {
    let digits = text.chars().filter(|c| c.is_numeric()).count();
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    digits >= MIN_DIGITS && (letters <= digits || !text.contains(char::is_whitespace))
}
