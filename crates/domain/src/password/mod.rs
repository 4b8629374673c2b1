//! Passwords: the secret, its hash, the hasher, and the change of a password.

mod change;
mod error;
mod ports;
mod secret;

pub use change::{ChangePassword, PasswordChange};
pub use error::PasswordError;
pub use ports::{Credentials, HashError, PasswordHasher, PasswordRepository, VerifyOutcome};
pub use secret::{Password, PasswordHash};
