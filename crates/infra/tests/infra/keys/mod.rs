//! The key store.

mod files;
mod fixture;
mod rotation;
