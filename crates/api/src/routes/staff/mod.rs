//! What staff do over HTTP: review applications, and administer accounts and staff.

pub(crate) mod accounts;
pub(crate) mod applications;
mod change;
pub(crate) mod credentials;
pub(crate) mod cursor;
pub(crate) mod decide;
pub(crate) mod decisions;
mod describe;
pub(crate) mod login;
pub(crate) mod members;
mod query;
pub(crate) mod queue;
mod response;
pub(crate) mod suspensions;
