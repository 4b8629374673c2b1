use chrono::{DateTime, TimeDelta, Utc};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use strum::{IntoStaticStr, VariantArray};

use crate::account::EmailAddress;
use crate::ids::ProfileId;
use crate::randomness::Randomness;

/// A token that only the reader of a mail has: the account in clear, so that a distributed database
/// asks one shard, and a secret. Never printed.
#[derive(Debug, Clone)]
pub struct MailToken {
    profile_id: ProfileId,
    secret: SecretString,
}

impl MailToken {
    /// Number of random bytes of the secret.
    const BYTES: usize = 32;

    /// Generates a token for the account.
    #[must_use]
    pub fn generate(profile_id: ProfileId, randomness: &dyn Randomness) -> Self {
        let mut secret = [0; Self::BYTES];
        randomness.fill(&mut secret);
        let digits = hex::encode(secret);
        Self { profile_id, secret: digits.into() }
    }

    /// Parses `<profile id>.<secret>`. Returns `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (profile_id, secret) = text.trim().split_once('.')?;
        Self::of_parts(profile_id.parse().ok()?, secret)
    }

    /// Returns the token of an account with that secret: 64 hexadecimal digits in lower case. Returns
    /// `None` for another secret.
    #[must_use]
    pub fn of_parts(profile_id: ProfileId, secret: &str) -> Option<Self> {
        let is_hex = secret.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        (is_hex && secret.len() == 2 * Self::BYTES).then(|| Self { profile_id, secret: secret.into() })
    }

    /// Returns the account that the token names. Only its digest shows whether the token is good.
    #[must_use]
    pub const fn profile_id(&self) -> ProfileId {
        self.profile_id
    }

    /// Returns the secret, for links and for encryption only.
    #[must_use]
    pub fn expose_secret(&self) -> &str {
        self.secret.expose_secret()
    }

    /// Returns `<profile id>.<secret>`, for links only.
    #[must_use]
    pub fn expose(&self) -> String {
        format!("{}.{}", self.profile_id, self.expose_secret())
    }

    /// Returns the digest that a store keeps.
    #[must_use]
    pub fn digest(&self) -> MailTokenDigest {
        let digest = Sha256::new().chain_update("mail token ").chain_update(self.expose_secret());
        MailTokenDigest(digest.finalize().into())
    }
}

/// The digest of a [`MailToken`]. A fast hash is enough for 256 random bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MailTokenDigest([u8; 32]);

impl MailTokenDigest {
    /// Returns the digest that a store kept.
    #[must_use]
    pub const fn on_record(digest: [u8; 32]) -> Self {
        Self(digest)
    }

    /// Returns the digest.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// What a token is for. It has no other use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum TokenPurpose {
    /// Confirms the address of the account.
    VerifyEmail,
    /// Confirms a new address, and changes the account to it.
    ConfirmEmail,
    /// Sets a new password.
    ResetPassword,
    /// Takes back a change of the address.
    RevertEmail,
}

impl TokenPurpose {
    /// Every purpose.
    pub const ALL: &'static [Self] = Self::VARIANTS;

    /// Returns the purpose's name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// Returns the purpose with that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::VARIANTS.iter().copied().find(|purpose| purpose.as_str() == name)
    }

    /// Returns how long a token can be used.
    #[must_use]
    pub const fn lifetime(self) -> TimeDelta {
        match self {
            Self::VerifyEmail | Self::ConfirmEmail => TimeDelta::hours(24),
            Self::ResetPassword => TimeDelta::minutes(30),
            Self::RevertEmail => TimeDelta::days(7),
        }
    }

    /// Returns whether a new token of this purpose replaces the earlier ones. Every former address can
    /// take back its change.
    #[must_use]
    pub const fn replaces_earlier(self) -> bool {
        !matches!(self, Self::RevertEmail)
    }
}

/// A token as the store keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredMailToken {
    /// The account.
    pub profile_id: ProfileId,
    /// Identifies the token.
    pub digest: MailTokenDigest,
    /// What it is for.
    pub purpose: TokenPurpose,
    /// The address that it is about: the one that is confirmed, or to which the account goes back. For
    /// a new password, the address that it was sent to.
    pub address: EmailAddress,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it expires.
    pub expires_at: DateTime<Utc>,
    /// When and how it ended before; `None` if it did not.
    pub ended: Option<(DateTime<Utc>, TokenEnd)>,
}

impl StoredMailToken {
    /// Returns the token that the store found, if it can be used at `now` for one of `purposes`.
    pub(crate) fn usable(
        found: Option<Self>,
        purposes: &[TokenPurpose],
        now: DateTime<Utc>,
    ) -> Result<Self, MailTokenError> {
        let token = found.ok_or(MailTokenError::Unknown)?;
        match token.ended {
            _ if !purposes.contains(&token.purpose) => Err(MailTokenError::OtherPurpose),
            Some((_, TokenEnd::Used)) => Err(MailTokenError::Used),
            Some((_, TokenEnd::Replaced)) => Err(MailTokenError::Replaced),
            None if token.expires_at <= now => Err(MailTokenError::Expired),
            None => Ok(token),
        }
    }
}

/// Why a token of a mail is not accepted. For the log; a client learns only that it is not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, thiserror::Error)]
pub enum MailTokenError {
    /// The account has no such token, or there is no such account.
    #[default]
    #[error("unknown")]
    Unknown,
    /// It is too old.
    #[error("expired")]
    Expired,
    /// It was used before.
    #[error("used")]
    Used,
    /// A later token, or another change of the account, replaced it.
    #[error("replaced")]
    Replaced,
    /// It is for something else.
    #[error("other purpose")]
    OtherPurpose,
}

/// How a token ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum TokenEnd {
    /// It was used.
    Used,
    /// A later token of its purpose, or another change of the account, replaced it.
    Replaced,
}

impl TokenEnd {
    /// Returns the name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// Returns the end with that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::VARIANTS.iter().copied().find(|end| end.as_str() == name)
    }
}
