//! Paths that front ends of the legacy Django backend call (`djoser`).

pub(crate) mod activation;
mod link;
pub(crate) mod password;
