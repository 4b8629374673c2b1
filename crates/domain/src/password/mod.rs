//! Passwords: the secret, its hash, the hasher, the rules for new passwords, the change of a
//! password, and a new one for a forgotten one.

mod advice;
mod change;
mod error;
mod owner_facts;
mod policy;
mod ports;
mod reset;
mod secret;

pub use change::{ChangePassword, PasswordChange};
pub use error::PasswordError;
pub use owner_facts::OwnerFacts;
pub use policy::{Blocklist, PasswordPolicy};
pub use ports::{Credentials, HashError, PasswordHasher, PasswordRepository, VerifyOutcome};
pub use reset::{PasswordReset, ResetPassword};
pub use secret::{Password, PasswordHash};
