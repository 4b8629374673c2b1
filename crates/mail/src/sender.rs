use std::str::FromStr;

use lettre::Address;
use lettre::message::Mailbox;

/// Who mail is from: a name, and an address whose domain is in ASCII.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender(Mailbox);

/// A text is not a sender.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be an address such as no-reply@example.dz, or Sihha <no-reply@example.dz>")]
pub struct InvalidSenderError;

impl FromStr for Sender {
    type Err = InvalidSenderError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mailbox: Mailbox = text.trim().parse().map_err(|_| InvalidSenderError)?;
        let email = ascii_address(mailbox.email.as_ref()).ok_or(InvalidSenderError)?;
        Ok(Self(Mailbox::new(mailbox.name, email)))
    }
}

impl Sender {
    /// Returns the name and the address.
    pub(crate) const fn mailbox(&self) -> &Mailbox {
        &self.0
    }

    /// Returns the domain of the address.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.0.email.domain()
    }
}

/// Returns the address with its domain in ASCII (A-labels, RFC 5890). Returns `None` if the part before
/// the `@` is not ASCII.
///
/// So SMTPUTF8 (RFC 6531) is never needed: the domain has an ASCII form, and the service accepts no
/// address whose local part is not ASCII.
pub(crate) fn ascii_address(address: &str) -> Option<Address> {
    let (local, domain) = address.rsplit_once('@').filter(|(local, _)| local.is_ascii())?;
    Address::new(local, idna::domain_to_ascii(domain).ok()?).ok()
}
