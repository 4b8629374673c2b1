use super::ThrottlePolicy;
use crate::account::EmailAddress;
use crate::ids::ProfileId;
use crate::rate_limit::RateKey;
use crate::session::ClientInfo;
use crate::store::{Repositories, StoreError};

/// Whose password, code or token is guessed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// An account, by its e-mail: counted alike whether an account has it or not.
    Account(EmailAddress),
    /// A member of staff, by the e-mail.
    Staff(EmailAddress),
    /// The links in the mails of an account. Their tokens have 256 random bits, so only a network is
    /// ever refused: guesses must not take a link from its owner.
    Links(ProfileId),
}

impl Subject {
    /// Forgets all failures of the subject: its owner proved who it is, or an admin decided so.
    ///
    /// # Errors
    ///
    /// The error of the store.
    pub fn lift(&self, repositories: &mut dyn Repositories) -> Result<(), StoreError> {
        repositories.throttles().lift(&self.key())
    }

    /// Returns the key of the counts.
    pub(super) fn key(&self) -> RateKey {
        match self {
            Self::Account(email) => RateKey::new("account", &email.canonical()),
            Self::Staff(email) => RateKey::new("staff", &email.canonical()),
            Self::Links(id) => RateKey::new("links", &id.to_string()),
        }
    }

    /// Returns how attempts are limited.
    pub(super) const fn policy(&self) -> ThrottlePolicy {
        match self {
            Self::Account(_) | Self::Staff(_) => ThrottlePolicy::OF_PASSWORD,
            Self::Links(_) => ThrottlePolicy::DELAYS,
        }
    }
}

/// Returns the key of a client's network: a /24 of IPv4, a /56 of IPv6. Clients without an address
/// share one.
pub(super) fn network_of(client: &ClientInfo) -> RateKey {
    RateKey::new("network", &client.network().map(|network| network.to_string()).unwrap_or_default())
}
