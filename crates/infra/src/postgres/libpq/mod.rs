//! Diesel on libpq, with what Diesel's own connection keeps to itself: the server's error codes, a deadline for each
//! statement, cancelling, and libpq's reading of connection strings ([ADR 0026](../../../../../docs/adr/0026-own-connection-on-libpq.md)).

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
