use std::fmt;

use validator::ValidateEmail;

use crate::field::{FieldError, Format};
use crate::text;

/// An e-mail address, the login name (RFC 5321, as narrowed by HTML's `input type=email`).
///
/// The part before the `@` is ASCII and kept as it was sent. The domain is written in one form, whatever was
/// sent, so that one mailbox has one spelling: in Unicode and lower case (UTS #46), `hôpital.fr` and not
/// `xn--hpital-ixa.fr`. Two addresses that differ in case alone are the same account's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmailAddress(String);

impl EmailAddress {
    /// Greatest length in characters (RFC 5321 §4.5.3.1.3, less the angle brackets).
    pub const MAX: usize = 254;

    /// Reads an address; white space around it is removed.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        let malformed = FieldError::Malformed { format: Format::Email };
        let text = text::formatted(text, Self::MAX)?;
        let (local, domain) = text.rsplit_once('@').ok_or_else(|| malformed.clone())?;
        let domain = canonical_domain(domain).ok_or_else(|| malformed.clone())?;
        // Once more, as the canonical form may be longer.
        let address = text::formatted(&format!("{local}@{domain}"), Self::MAX)?;
        // Literals such as user@[127.0.0.1] are valid to the crate, but nobody's address.
        if domain.contains('[') || !domain.contains('.') || !address.validate_email() {
            return Err(malformed);
        }
        Ok(Self(address))
    }

    /// Reads what somebody types to find an account, such as a login name: an address, or what was one under another
    /// rule. It is never stored.
    pub fn attempt(text: &str) -> Result<Self, FieldError> {
        Self::parse(text).or_else(|error| {
            let text = text::formatted(text, Self::MAX)?;
            match text.split_once('@') {
                Some((local, domain))
                    if !local.is_empty()
                        && !domain.is_empty()
                        && !domain.contains('@')
                        && !text.contains(char::is_whitespace) =>
                {
                    Ok(Self(text))
                }
                _ => Err(error),
            }
        })
    }

    /// The address as it is stored, under whatever rule it was taken.
    #[must_use]
    pub const fn on_record(text: String) -> Self {
        Self(text)
    }

    /// The address; what is taken today has its domain in canonical form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form to compare by: all in lower case. The local part is ASCII, so this is exact.
    #[must_use]
    pub fn canonical(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

/// The domain in Unicode and lower case; `None` if it cannot be one.
fn canonical_domain(domain: &str) -> Option<String> {
    let (unicode, outcome) = idna::domain_to_unicode(domain);
    outcome.ok().map(|()| unicode)
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
