mod change_form;
pub(crate) mod me;
mod profile_change_form;
pub(crate) mod profile_request;
pub(crate) mod register;
pub(crate) mod register_request;
pub(crate) mod response;
