//! Passwords: the secret, its hash, who hashes it, and its change.

mod change;
mod error;
mod ports;
mod secret;

pub use change::{ChangePassword, PasswordChange};
pub use error::PasswordError;
pub use ports::{Credentials, HashError, PasswordHasher, PasswordRepository, VerifyOutcome};
pub use secret::{Password, PasswordHash};
