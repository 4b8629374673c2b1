pub(crate) mod login;
pub(crate) mod own;
pub(crate) mod token;
