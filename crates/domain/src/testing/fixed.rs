//! Time, randomness, hashes and tokens that a test can predict.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};

use secrecy::{SecretSlice, SecretString};
use sha2::{Digest, Sha256};

use crate::account::EmailAddress;
use crate::clock::Clock;
use crate::mail::{DeliveryError, Mailer, OutgoingMail};
use crate::password::{HashError, Password, PasswordHash, PasswordHasher, VerifyOutcome};
use crate::randomness::Randomness;
use crate::secret_box::{SecretBox, SecretBoxError};
use crate::session::{Claims, SigningError, Token, TokenError, TokenIssuer};
use crate::staff::{OneTimeCodes, OtpSecret, StaffClaims, StaffTokenIssuer};

/// A clock that stands still until it is advanced.
pub struct FixedClock(Mutex<DateTime<Utc>>);

impl FixedClock {
    /// Returns a clock that shows `moment`, in the format of RFC 3339.
    ///
    /// # Panics
    ///
    /// If `moment` has another format.
    #[must_use]
    pub fn at(moment: &str) -> Self {
        Self(Mutex::new(moment.parse().expect("a time in the format of RFC 3339")))
    }

    /// Advances the clock.
    pub fn advance(&self, by: TimeDelta) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) += by;
    }
}

impl Clock for FixedClock {
    fn now(&self) -> DateTime<Utc> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).trunc_subsecs(6)
    }
}

/// Bytes that count upwards: unique, and the same in each run.
#[derive(Default)]
pub struct SequenceRandomness(AtomicU64);

impl SequenceRandomness {
    /// Returns a source that counts from `number`.
    #[must_use]
    pub const fn starting_at(number: u64) -> Self {
        Self(AtomicU64::new(number))
    }
}

impl Randomness for SequenceRandomness {
    fn fill(&self, bytes: &mut [u8]) {
        let next = self.0.fetch_add(1, Ordering::Relaxed) + 1;
        bytes.fill(0);
        for (byte, value) in bytes.iter_mut().rev().zip(next.to_le_bytes()) {
            *byte = value;
        }
    }
}

/// A hasher without cost or secrecy: `generation:salt:password`.
#[derive(Default)]
pub struct PlainHasher {
    /// Represents the parameters: a hash of another generation is outdated.
    pub generation: u8,
}

impl PasswordHasher for PlainHasher {
    fn hash(&self, password: &Password) -> Result<PasswordHash, HashError> {
        static SALT: AtomicU64 = AtomicU64::new(0);
        let salt = SALT.fetch_add(1, Ordering::Relaxed);
        Ok(PasswordHash::new(format!("{}:{salt}:{}", self.generation, password.expose())))
    }

    fn verify(&self, password: &Password, hash: Option<&PasswordHash>) -> Result<VerifyOutcome, HashError> {
        let parts = hash.map(|hash| hash.expose().splitn(3, ':').collect::<Vec<_>>());
        let Some([generation, _, stored]) = parts.as_deref() else { return Ok(VerifyOutcome::Wrong) };
        Ok(if *stored == password.expose() && *generation == self.generation.to_string() {
            VerifyOutcome::Right
        } else if *stored == password.expose() || password.expose_earlier().any(|form| form == *stored) {
            VerifyOutcome::Outdated
        } else {
            VerifyOutcome::Wrong
        })
    }
}

/// An issuer that remembers the tokens that it issued.
#[derive(Default)]
pub struct PlainIssuer(Mutex<HashMap<String, Claims>>);

impl TokenIssuer for PlainIssuer {
    fn issue(&self, claims: &Claims) -> Result<Token, SigningError> {
        let signed = format!("{}-{}", claims.token_type(), claims.common().id);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(signed.clone(), claims.clone());
        Ok(Token::new(signed))
    }

    fn verify(&self, token: &str, now: DateTime<Utc>) -> Result<Claims, TokenError> {
        let issued = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let claims = issued.get(token).cloned().ok_or(TokenError::BadSignature)?;
        if claims.common().expires_at <= now { Err(TokenError::Expired) } else { Ok(claims) }
    }
}

/// An issuer of staff tokens that remembers the tokens that it issued.
#[derive(Default)]
pub struct PlainStaffIssuer(Mutex<HashMap<String, StaffClaims>>);

impl StaffTokenIssuer for PlainStaffIssuer {
    fn issue(&self, claims: &StaffClaims) -> Result<Token, SigningError> {
        let signed = format!("staff-{}-{}", claims.kind.as_str(), claims.id);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(signed.clone(), claims.clone());
        Ok(Token::new(signed))
    }

    fn verify(&self, token: &str, now: DateTime<Utc>) -> Result<StaffClaims, TokenError> {
        let issued = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let claims = issued.get(token).cloned().ok_or(TokenError::BadSignature)?;
        if claims.expires_at <= now { Err(TokenError::Expired) } else { Ok(claims) }
    }
}

/// Codes that are the time step, whatever the secret.
#[derive(Debug, Clone, Copy)]
pub struct PlainCodes;

impl PlainCodes {
    /// Returns the code at `now`.
    #[must_use]
    pub fn at(now: DateTime<Utc>) -> String {
        format!("{:06}", now.timestamp() / 30 % 1_000_000)
    }
}

impl OneTimeCodes for PlainCodes {
    fn uri(&self, _: &OtpSecret, email: &EmailAddress) -> SecretString {
        format!("otpauth://totp/Sihha:{email}").into()
    }

    fn verify(&self, _: &OtpSecret, code: &str, now: DateTime<Utc>) -> Option<i64> {
        let steps = [0, -1, 1].map(|drift| (drift, Self::at(now + TimeDelta::seconds(30 * drift))));
        let found = steps.into_iter().find(|(_, valid)| valid == code);
        found.map(|(drift, _)| now.timestamp() / 30 + drift)
    }
}

/// A box without secrecy: a number, the secret, and a digest of both and the context.
#[derive(Default)]
pub struct PlainSecretBox(AtomicU64);

impl PlainSecretBox {
    fn digest(context: &str, sealed: &[u8]) -> [u8; 32] {
        Sha256::new().chain_update(context).chain_update([0]).chain_update(sealed).finalize().into()
    }
}

impl SecretBox for PlainSecretBox {
    fn seal(&self, context: &str, secret: &[u8]) -> Result<Vec<u8>, SecretBoxError> {
        let number = self.0.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        let sealed = [&number, secret].concat();
        Ok([Self::digest(context, &sealed).as_slice(), &sealed].concat())
    }

    fn open(&self, context: &str, sealed: &[u8]) -> Result<SecretSlice<u8>, SecretBoxError> {
        let (digest, rest) = sealed.split_at_checked(32).ok_or(SecretBoxError::NotAuthentic)?;
        let secret = rest.get(8..).filter(|_| Self::digest(context, rest) == *digest);
        secret.map(|secret| secret.to_vec().into()).ok_or(SecretBoxError::NotAuthentic)
    }
}

/// A mailer that keeps what it delivers.
#[derive(Default)]
pub struct RecordingMailer {
    delivered: Mutex<Vec<OutgoingMail>>,
    failure: Mutex<Option<DeliveryError>>,
}

impl RecordingMailer {
    /// Returns what was delivered since the last call.
    pub fn take(&self) -> Vec<OutgoingMail> {
        std::mem::take(&mut self.delivered.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Makes all deliveries fail with that error, or succeed again.
    pub fn fail_with(&self, failure: Option<DeliveryError>) {
        *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = failure;
    }
}

impl Mailer for RecordingMailer {
    fn deliver(&self, mail: &OutgoingMail) -> Result<(), DeliveryError> {
        if let Some(failure) = self.failure.lock().unwrap_or_else(PoisonError::into_inner).clone() {
            return Err(failure);
        }
        self.delivered.lock().unwrap_or_else(PoisonError::into_inner).push(mail.clone());
        Ok(())
    }
}
