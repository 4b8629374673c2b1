//! The adapters, each against the real thing behind it.

mod argon2;
mod jwt;
mod migrations;
mod schema;
mod store;
