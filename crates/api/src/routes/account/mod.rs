pub(crate) mod account_request;
pub(crate) mod me;
mod patch;
mod patch_schema;
pub(crate) mod place_request;
pub(crate) mod profile_request;
mod reader;
pub(crate) mod register;
pub(crate) mod response;
