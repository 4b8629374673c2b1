pub(crate) mod login;
pub(crate) mod manage;
pub(crate) mod token;
