pub(crate) mod response;
pub(crate) mod resubmit;
pub(crate) mod status;
