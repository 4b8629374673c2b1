pub(crate) mod check;
pub(crate) mod login;
pub(crate) mod manage;
pub(crate) mod token;
pub(crate) mod token_pair;
