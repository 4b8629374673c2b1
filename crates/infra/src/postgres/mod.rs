//! The store on Postgres.

mod account;
mod account_ref;
mod advisory_locks;
mod approval;
mod clock;
mod collation;
mod combined_insert;
mod connect_error;
mod connection;
mod connection_limit;
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
mod place;
mod probe;
mod repositories;
mod rights;
mod schema;
mod server_state;
mod session;
mod start_connection;
mod store;
mod store_connection;
mod suspension;

pub use clock::DatabaseClock;
pub use connect_error::ConnectError;
pub use connection_limit::allowed_connections;
pub use database::Database;
pub use libpq::InvalidConnInfo;
pub use limits::StatementLimits;
pub use locate::{LocateError, locate};
pub use lock_watcher::Blocker;
pub use migrations::{
    Contracting, MigrateError, MigrateSettings, Migrated, SchemaError, check_schema, migrate,
};
pub use rights::{RightsError, check_ownership, check_rights, grant_rights};
pub use store::{PgStore, PoolSettings};
