//! One folder a noun, one file an action.

pub(crate) mod account;
pub(crate) mod docs;
pub(crate) mod health;
pub(crate) mod key;
pub(crate) mod password;
pub(crate) mod session;
pub(crate) mod specialite;
