//! The commands, one file each.

pub(crate) mod accounts;
mod application_event;
pub(crate) mod approvals;
pub(crate) mod blocklist;
mod found_account;
pub(crate) mod keys;
pub(crate) mod legacy_tokens;
pub(crate) mod mail;
pub(crate) mod migrate;
pub(crate) mod serve;
pub(crate) mod sessions;
pub(crate) mod staff;
mod staff_name;
mod suspensions;
mod use_cases;
