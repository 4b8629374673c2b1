//! One file a command.

pub(crate) mod approvals;
pub(crate) mod keys;
pub(crate) mod migrate;
pub(crate) mod openapi;
pub(crate) mod serve;
pub(crate) mod sessions;
mod staff;
pub(crate) mod suspensions;
