pub(crate) mod change;
pub(crate) mod link;
pub(crate) mod revert;
pub(crate) mod send_verification;
pub(crate) mod verify;
