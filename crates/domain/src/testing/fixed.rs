//! Time, chance, hashes and tokens that a test can foresee.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

use crate::clock::Clock;
use crate::key::{PublicKey, PublicKeys};
use crate::password::{HashError, Password, PasswordHash, PasswordHasher, VerifyOutcome};
use crate::randomness::Randomness;
use crate::session::{Claims, SigningError, Token, TokenError, TokenIssuer};

/// A clock that stands still until it is moved.
pub struct FixedClock(Mutex<DateTime<Utc>>);

impl FixedClock {
    /// A clock that shows `moment`, written as RFC 3339 has it.
    ///
    /// # Panics
    ///
    /// If it is not written so.
    #[must_use]
    pub fn at(moment: &str) -> Self {
        Self(Mutex::new(moment.parse().expect("a moment as in RFC 3339")))
    }

    /// Moves the clock on.
    pub fn advance(&self, by: TimeDelta) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) += by;
    }
}

impl Clock for FixedClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Chance that counts upwards: unique, and the same at each run.
#[derive(Default)]
pub struct SequenceRandomness(AtomicU64);

impl SequenceRandomness {
    /// Counts from `number`.
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

/// A hasher with no cost and no secrecy: `generation:password`.
#[derive(Default)]
pub struct PlainHasher {
    /// Stands for the parameters: hashes of another generation are outdated.
    pub generation: u8,
}

impl PasswordHasher for PlainHasher {
    fn hash(&self, password: &Password) -> Result<PasswordHash, HashError> {
        Ok(PasswordHash::new(format!("{}:{}", self.generation, password.expose())))
    }

    fn verify(&self, password: &Password, hash: Option<&PasswordHash>) -> Result<VerifyOutcome, HashError> {
        let Some((generation, kept)) = hash.and_then(|hash| hash.expose().split_once(':')) else {
            return Ok(VerifyOutcome::Wrong);
        };
        Ok(match (kept == password.expose(), generation == self.generation.to_string()) {
            (false, _) => VerifyOutcome::Wrong,
            (true, true) => VerifyOutcome::Right,
            (true, false) => VerifyOutcome::Outdated,
        })
    }
}

/// An issuer that remembers what it issued.
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

impl PublicKeys for PlainIssuer {
    /// None: nothing is signed.
    fn published(&self, _: DateTime<Utc>) -> Vec<PublicKey> {
        Vec::new()
    }
}
