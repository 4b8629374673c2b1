pub(crate) mod account_request;
mod identifiers;
pub(crate) mod me;
mod patch;
mod patch_schema;
pub(crate) mod profile_request;
mod reader;
pub(crate) mod register;
pub(crate) mod response;
