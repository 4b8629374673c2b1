//! Accounts kept in Postgres.

mod account;
mod approval;
mod connection;
mod errors;
mod key;
mod migrations;
mod password;
mod rights;
mod schema;
mod session;
mod store;
mod suspension;
mod together;

pub use connection::{ConnectError, Database, StatementLimits};
pub use migrations::{MigrateError, SchemaError, check_schema, migrate};
pub use rights::{RightsError, check_rights};
pub use store::{PgStore, PoolSettings};
