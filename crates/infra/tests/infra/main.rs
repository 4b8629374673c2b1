//! The adapters, each against the real thing behind it.

mod argon2;
mod distribution;
mod hostile_tokens;
mod jwt;
mod keys;
mod locks;
mod login_race;
mod migrations;
mod schema;
mod staff_records;
mod store;
