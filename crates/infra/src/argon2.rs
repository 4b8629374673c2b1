//! Password hashing with Argon2id (RFC 9106), in the PHC string format.

mod memory;
mod threads;

use std::sync::Arc;
use std::time::Duration;

use ::argon2::password_hash::phc::{Output, ParamsString, Salt};
use ::argon2::{ARGON2ID_IDENT, Algorithm, Argon2, Params, PasswordHash as Phc, Version};
use sihha_domain::password::{HashError, Password, PasswordHash, PasswordHasher, VerifyOutcome};
use sihha_domain::randomness::Randomness;

use self::threads::HashThreads;

/// Length of the salt in bytes (RFC 9106 §3.1).
const SALT_LENGTH: usize = 16;
/// Length of the hash in bytes.
const HASH_LENGTH: usize = 32;

/// The cost parameters of a hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Argon2Cost {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Number of passes over the memory.
    pub passes: u32,
    /// Number of lanes. They are computed one after the other, because cores are better used for
    /// several hashes in parallel.
    pub lanes: u32,
}

impl Default for Argon2Cost {
    /// Returns the parameters of OWASP's Password Storage Cheat Sheet: m=19456 (19 MiB), t=2, p=1.
    fn default() -> Self {
        Self { memory_kib: 19_456, passes: 2, lanes: 1 }
    }
}

/// Why no hasher could be created.
#[derive(Debug, thiserror::Error)]
pub enum HasherError {
    /// Argon2 does not allow the cost parameters.
    #[error(transparent)]
    Cost(#[from] HashError),
    /// The system cannot create a thread.
    #[error("{0}")]
    Threads(String),
}

/// Hashes passwords on its own threads. Their number is the maximum number of simultaneous hashes;
/// further callers wait.
pub struct Argon2Hasher {
    params: Params,
    threads: HashThreads,
    randomness: Arc<dyn Randomness>,
    /// Verified if there is no account, so that the response takes the same time.
    absent: Phc,
}

impl Argon2Hasher {
    /// Creates a hasher with `threads` threads, each with `cost.memory_kib` of memory.
    ///
    /// # Errors
    ///
    /// If Argon2 does not allow the cost parameters, or the system cannot create a thread.
    pub fn new(
        cost: Argon2Cost,
        threads: usize,
        randomness: Arc<dyn Randomness>,
    ) -> Result<Self, HasherError> {
        let Argon2Cost { memory_kib, passes, lanes } = cost;
        let params = Params::new(memory_kib, passes, lanes, Some(HASH_LENGTH)).map_err(failed)?;
        let mut random = [0; SALT_LENGTH + HASH_LENGTH];
        randomness.fill(&mut random);
        let (salt, hash) = random.split_at(SALT_LENGTH);
        let absent = phc(&params, salt, hash)?;
        let threads = HashThreads::start(threads, params.block_count())
            .map_err(|error| HasherError::Threads(error.to_string()))?;
        Ok(Self { params, threads, randomness, absent })
    }

    /// Returns the number of hashes that run or wait.
    #[must_use]
    pub fn jobs(&self) -> usize {
        self.threads.jobs()
    }

    /// Returns the processor time that hashing has used.
    #[must_use]
    pub fn processor_time(&self) -> Duration {
        self.threads.processor_time()
    }

    fn compute(
        &self,
        argon2: &Argon2<'_>,
        password: &str,
        salt: &[u8],
        out: &mut [u8],
    ) -> Result<(), HashError> {
        let password = password.as_bytes();
        self.threads
            .run(argon2.params().block_count(), |memory| {
                argon2.hash_password_into_with_memory(password, salt, out, memory)
            })
            .map_err(failed)
    }

    fn matches(&self, password: &str, phc: &Phc) -> Result<bool, HashError> {
        let unreadable = || HashError("a stored hash is not an Argon2 hash".to_owned());
        let algorithm = Algorithm::try_from(phc.algorithm.as_str()).map_err(failed)?;
        let version = phc.version.map_or(Ok(Version::V0x10), Version::try_from).map_err(failed)?;
        let params = Params::try_from(phc).map_err(failed)?;
        let salt = phc.salt.as_ref().ok_or_else(unreadable)?;
        let kept = phc.hash.as_ref().ok_or_else(unreadable)?;

        let mut out = vec![0; kept.len()];
        self.compute(&Argon2::new(algorithm, version, params), password, salt, &mut out)?;
        // `Output` compares in constant time.
        Ok(Output::new(&out).map_err(failed)? == *kept)
    }

    fn is_outdated(&self, phc: &Phc) -> bool {
        phc.algorithm != ARGON2ID_IDENT
            || phc.version != Some(Version::V0x13.into())
            || Params::try_from(phc).ok().as_ref() != Some(&self.params)
    }
}

impl PasswordHasher for Argon2Hasher {
    fn hash(&self, password: &Password) -> Result<PasswordHash, HashError> {
        let mut salt = [0; SALT_LENGTH];
        self.randomness.fill(&mut salt);
        let mut out = [0; HASH_LENGTH];
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, self.params.clone());
        self.compute(&argon2, password.expose(), &salt, &mut out)?;
        Ok(PasswordHash::new(phc(&self.params, &salt, &out)?.to_string()))
    }

    fn verify(&self, password: &Password, hash: Option<&PasswordHash>) -> Result<VerifyOutcome, HashError> {
        let stored = hash.map(|hash| Phc::new(hash.expose()).map_err(failed)).transpose()?;
        let phc = stored.as_ref().unwrap_or(&self.absent);
        let mut outcome = match self.matches(password.expose(), phc)? {
            false => VerifyOutcome::Wrong,
            true if self.is_outdated(phc) => VerifyOutcome::Outdated,
            true => VerifyOutcome::Right,
        };
        for form in password.expose_earlier() {
            if outcome == VerifyOutcome::Wrong && self.matches(form, phc)? {
                outcome = VerifyOutcome::Outdated;
            }
        }
        Ok(if stored.is_some() { outcome } else { VerifyOutcome::Wrong })
    }
}

fn phc(params: &Params, salt: &[u8], hash: &[u8]) -> Result<Phc, HashError> {
    Ok(Phc {
        algorithm: ARGON2ID_IDENT,
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(params).map_err(failed)?,
        salt: Some(Salt::new(salt).map_err(failed)?),
        hash: Some(Output::new(hash).map_err(failed)?),
    })
}

/// Converts an error of the crate. These errors contain parameters and lengths, but no password and
/// no hash.
fn failed(error: impl std::fmt::Display) -> HashError {
    HashError(error.to_string())
}
