//! A Diesel connection on libpq, with features that Diesel's own connection does not expose: the
//! server's error codes, a deadline for each statement, cancellation, and libpq's parser of
//! connection strings ([ADR 0026](../../../../../docs/adr/0026-own-connection-on-libpq.md)).

mod connection;
mod conninfo;
mod handle;
mod notices;
mod outcome;
mod row;
mod sqlstate;

pub(super) use self::connection::PqConnection;
pub(super) use self::conninfo::ConnInfo;
pub use self::conninfo::InvalidConnInfo;
pub(super) use self::handle::{Canceller, ConnectFailure};
pub(super) use self::sqlstate::SqlState;
