//! The second factor: time-based one-time passwords (RFC 6238), and recovery codes.

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use sha2::{Digest, Sha256};

use crate::account::EmailAddress;
use crate::ids::StaffId;
use crate::randomness::Randomness;
use crate::text::characters::{ascii_digit, is_dash, is_space};

/// Makes and verifies time-based one-time passwords: six digits, a new one every 30 seconds.
pub trait OneTimeCodes: Send + Sync {
    /// Returns the URI (`otpauth://totp/…`) from which an authenticator app reads the secret.
    fn uri(&self, secret: &OtpSecret, email: &EmailAddress) -> SecretString;

    /// Returns the time step of `code`, which has six digits, or `None` if it is incorrect.
    ///
    /// MUST accept the code of the step at `now`, of the one before and of the one after, and no
    /// other.
    fn verify(&self, secret: &OtpSecret, code: &str, now: DateTime<Utc>) -> Option<i64>;
}

/// The secret that an authenticator app shares with the service. Never printed.
#[derive(Debug, Clone)]
pub struct OtpSecret(SecretSlice<u8>);

impl OtpSecret {
    /// Length in bytes: that of the hash (RFC 4226 §4, R6).
    const LENGTH: usize = 20;

    /// Generates a secret.
    #[must_use]
    pub fn generate(randomness: &dyn Randomness) -> Self {
        let mut secret = vec![0; Self::LENGTH];
        randomness.fill(&mut secret);
        Self(secret.into())
    }

    /// Returns the secret that a store kept.
    #[must_use]
    pub const fn on_record(secret: SecretSlice<u8>) -> Self {
        Self(secret)
    }

    /// Returns the secret, for codes and for encryption only.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        self.0.expose_secret()
    }

    /// Returns the context in which the secret of a member is encrypted.
    pub(super) fn context(id: StaffId) -> String {
        format!("staff.otp_secret {id}")
    }
}

/// A code that replaces a one-time password once. Never printed.
#[derive(Debug, Clone)]
pub struct RecoveryCode(SecretString);

/// RFC 4648 §6.
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

impl RecoveryCode {
    /// Number of codes of a member.
    pub const COUNT: usize = 10;
    /// Number of characters without separators: 140 random bits (OWASP ASVS 5.0, 11.5.1).
    const LENGTH: usize = 28;
    const GROUP: usize = 4;

    /// Generates a code.
    #[must_use]
    pub fn generate(randomness: &dyn Randomness) -> Self {
        let mut random = [0; Self::LENGTH];
        randomness.fill(&mut random);
        let mut code = String::new();
        for (index, byte) in random.iter().enumerate() {
            if index > 0 && index % Self::GROUP == 0 {
                code.push('-');
            }
            code.push(char::from(BASE32[usize::from(byte % 32)]));
        }
        Self(code.into())
    }

    /// Returns the code in groups of four characters, for the person only.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// Returns the digest that a store keeps.
    #[must_use]
    pub fn digest(&self) -> RecoveryDigest {
        RecoveryDigest::of(&self.expose().replace('-', ""))
    }
}

/// The digest of a [`RecoveryCode`]. A fast hash is enough for 140 random bits (OWASP ASVS 5.0,
/// 6.5.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecoveryDigest([u8; 32]);

impl RecoveryDigest {
    /// `code` has capitals, and no separators.
    fn of(code: &str) -> Self {
        Self(Sha256::new().chain_update("recovery code ").chain_update(code).finalize().into())
    }

    /// Returns the digest.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// What a person types as the second factor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum OneTimeCode {
    /// Six digits.
    Timed(String),
    /// A recovery code.
    Recovery(RecoveryDigest),
}

impl OneTimeCode {
    /// Reads six digits or a recovery code, with any case and separators. Returns `None` for anything
    /// else.
    pub(super) fn read(text: &str) -> Option<Self> {
        let typed = text.chars().filter(|c| !is_space(*c) && !is_dash(*c));
        let typed: String = typed
            .map(|c| ascii_digit(c).unwrap_or(c).to_ascii_uppercase())
            .take(RecoveryCode::LENGTH + 1)
            .collect();
        if typed.len() == 6 && typed.bytes().all(|byte| byte.is_ascii_digit()) {
            return Some(Self::Timed(typed));
        }
        let is_recovery =
            typed.len() == RecoveryCode::LENGTH && typed.bytes().all(|byte| BASE32.contains(&byte));
        is_recovery.then(|| Self::Recovery(RecoveryDigest::of(&typed)))
    }
}

/// Reads what a person types, for the fuzz targets of `tests/fuzz`: six digits, or the digest of a
/// recovery code.
#[cfg(feature = "testing")]
#[must_use]
pub fn read_code(text: &str) -> Option<Result<String, RecoveryDigest>> {
    OneTimeCode::read(text).map(|code| match code {
        OneTimeCode::Timed(digits) => Ok(digits),
        OneTimeCode::Recovery(digest) => Err(digest),
    })
}

/// A new second factor, which is shown once.
#[derive(Debug, Clone)]
pub struct SecondFactor {
    /// The URI from which an authenticator app reads the secret.
    pub otpauth_uri: SecretString,
    /// The codes for a person whose app is lost.
    pub recovery_codes: Vec<RecoveryCode>,
}
