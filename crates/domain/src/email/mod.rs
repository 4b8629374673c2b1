//! The e-mail address of an account: its confirmation, its change, and the way back from a change.
//!
//! The address itself is [`EmailAddress`](crate::account::EmailAddress).

mod change;
mod error;
mod revert;
mod send_verification;
mod verify;

pub use change::{ChangeEmail, EmailChange};
pub use error::EmailError;
pub use revert::RevertEmail;
pub use send_verification::SendVerification;
pub use verify::VerifyEmail;
