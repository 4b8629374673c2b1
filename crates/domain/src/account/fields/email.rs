use validator::ValidateEmail;

use crate::field::{FieldError, Format};
use crate::text::{Rule, Text, formatted};

/// An e-mail address, the login name (RFC 5321, restricted as HTML's `input type=email`).
///
/// The part before the `@` is ASCII and kept as sent. The domain is stored in Unicode and lower
/// case (UTS #46), `hôpital.fr` and not `xn--hpital-ixa.fr`, so that one mailbox has one spelling.
/// Addresses are compared case-insensitively.
pub type EmailAddress = Text<EmailAddressRule>;

/// The rule of an [`EmailAddress`].
pub enum EmailAddressRule {}

impl Rule for EmailAddressRule {
    // RFC 5321 §4.5.3.1.3, without the angle brackets.
    const MAX: usize = 254;

    fn read(text: &str) -> Result<String, FieldError> {
        let malformed = FieldError::Malformed { format: Format::Email };
        let text = formatted(text, Self::MAX)?;
        let (local, domain) = text.rsplit_once('@').ok_or_else(|| malformed.clone())?;
        let domain = canonical_domain(domain).ok_or_else(|| malformed.clone())?;
        // Checked again, because the canonical form may be longer.
        let address = formatted(&format!("{local}@{domain}"), Self::MAX)?;
        // Literals such as user@[127.0.0.1] are valid to the crate, but are no address of a person.
        if domain.contains('[') || !domain.contains('.') || !address.validate_email() {
            return Err(malformed);
        }
        Ok(address)
    }
}

impl EmailAddress {
    /// Parses an address that is used to find an account: at login, for example. It may break the
    /// rules of today, because an account may be older than they are. It is never stored.
    pub fn attempt(text: &str) -> Result<Self, FieldError> {
        Self::parse(text).or_else(|error| {
            let text = formatted(text, Self::MAX)?;
            match text.split_once('@') {
                Some((local, domain))
                    if !local.is_empty()
                        && !domain.is_empty()
                        && !domain.contains('@')
                        && !text.contains(char::is_whitespace) =>
                {
                    Ok(Self::on_record(text))
                }
                _ => Err(error),
            }
        })
    }

    /// Returns the form for comparisons, in lower case. The local part is ASCII, so this is exact.
    #[must_use]
    pub fn canonical(&self) -> String {
        self.as_str().to_ascii_lowercase()
    }
}

/// Returns the domain in Unicode and lower case, or `None` if it is no domain.
fn canonical_domain(domain: &str) -> Option<String> {
    let (unicode, outcome) = idna::domain_to_unicode(domain);
    outcome.ok().map(|()| unicode)
}
