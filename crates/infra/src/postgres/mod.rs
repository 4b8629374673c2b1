//! Accounts kept in Postgres.

mod account;
mod approval;
mod clock;
mod collation;
mod combined_insert;
mod connect_error;
mod connection;
mod database;
mod errors;
mod key;
mod libpq;
mod limits;
mod locate;
mod lock_watcher;
mod migrations;
mod outages;
mod password;
mod rights;
mod room;
mod schema;
mod session;
mod start_connection;
mod store;
mod suspension;

pub use clock::DatabaseClock;
pub use connect_error::ConnectError;
pub use database::Database;
pub use libpq::InvalidConnInfo;
pub use limits::StatementLimits;
pub use locate::{LocateError, locate};
pub use lock_watcher::Blocker;
pub use migrations::{
    Contracting, MigrateError, MigrateSettings, Migrated, SchemaError, check_schema, migrate,
};
pub use rights::{RightsError, check_ownership, check_rights, grant_rights};
pub use room::allowed_connections;
pub use store::{PgStore, PoolSettings};
