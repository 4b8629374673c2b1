//! Passwords: the secret, its hash, and who hashes it.

mod ports;
mod secret;

pub use ports::{Credentials, HashError, PasswordHasher, PasswordRepository, Verdict};
pub use secret::{Password, PasswordHash};
