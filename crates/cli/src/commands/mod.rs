//! The commands, one file each.

pub(crate) mod approvals;
pub(crate) mod keys;
pub(crate) mod legacy_tokens;
pub(crate) mod migrate;
pub(crate) mod openapi;
pub(crate) mod serve;
pub(crate) mod sessions;
mod staff_name;
pub(crate) mod suspensions;
mod use_cases;
