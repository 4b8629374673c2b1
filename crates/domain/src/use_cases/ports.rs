use std::sync::Arc;

use crate::clock::Clock;
use crate::key::{PublicKeys, SigningKeys};
use crate::mail::Mailer;
use crate::password::{PasswordHasher, PasswordPolicy};
use crate::randomness::Randomness;
use crate::secret_box::SecretBox;
use crate::session::{LegacyTokenReader, TokenIssuer};
use crate::staff::{OneTimeCodes, StaffTokenIssuer};
use crate::store::Store;

/// The adapters that use cases work with.
#[derive(Clone)]
pub struct Ports {
    /// Stores accounts and their data.
    pub store: Arc<dyn Store>,
    /// Hashes passwords.
    pub hasher: Arc<dyn PasswordHasher>,
    /// The rules for new passwords of account holders.
    pub password_policy: PasswordPolicy,
    /// The rules for new passwords of staff.
    pub staff_password_policy: PasswordPolicy,
    /// Issues and verifies tokens. A tool that opens no session gives
    /// [`NoTokens`](crate::session::NoTokens).
    pub issuer: Arc<dyn TokenIssuer>,
    /// Issues and verifies the tokens of staff.
    pub staff_issuer: Arc<dyn StaffTokenIssuer>,
    /// Verifies the one-time passwords of staff.
    pub one_time_codes: Arc<dyn OneTimeCodes>,
    /// Encrypts stored secrets. Without a key it is [`NoSecretKey`](crate::secret_box::NoSecretKey).
    pub secret_box: Arc<dyn SecretBox>,
    /// Delivers mail.
    pub mailer: Arc<dyn Mailer>,
    /// Publishes the keys that verify tokens.
    pub public_keys: Arc<dyn PublicKeys>,
    /// Names the keys that sign tokens.
    pub signing_keys: Arc<dyn SigningKeys>,
    /// Reads refresh tokens of the legacy backend, if there was one.
    pub legacy_tokens: Option<Arc<dyn LegacyTokenReader>>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Makes ids.
    pub randomness: Arc<dyn Randomness>,
}
