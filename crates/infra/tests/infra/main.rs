//! Tests of the adapters with real databases, files and threads.

mod applications;
mod argon2;
mod blocklist;
mod cards;
mod claims;
mod distribution;
mod hostile_tokens;
mod jwt;
mod keys;
mod locks;
mod login_race;
mod migrations;
mod queue;
mod schema;
mod search;
mod search_keys;
mod staff_records;
mod staff_tokens;
mod store;
mod totp;
mod trusted_path;
