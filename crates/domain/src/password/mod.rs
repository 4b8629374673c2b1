//! Passwords: the secret, its hash, the hasher, the change of a password, and a new one for a
//! forgotten one.

mod change;
mod error;
mod ports;
mod reset;
mod secret;

pub use change::{ChangePassword, PasswordChange};
pub use error::PasswordError;
pub use ports::{Credentials, HashError, PasswordHasher, PasswordRepository, VerifyOutcome};
pub use reset::{PasswordReset, ResetPassword};
pub use secret::{Password, PasswordHash};
