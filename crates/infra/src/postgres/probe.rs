use std::sync::atomic::Ordering;

use diesel::connection::SimpleConnection;

use super::database::Database;
use super::libpq::{PqConnection, SqlState};
use super::limits::StatementLimits;
use super::server_state::ServerState;

/// Checks whether the server can do the service's work, on its own connection, which nothing else
/// uses.
pub(super) struct Probe {
    database: Database,
    pg: Option<PqConnection>,
}

impl Probe {
    pub(super) fn new(database: Database) -> Self {
        Self { database, pg: None }
    }

    /// Returns the reason why the server cannot do the service's work, or `None` if it can.
    pub(super) fn fault(&mut self, server: &ServerState) -> Option<&'static str> {
        let fault = self.check(server);
        match fault {
            None => server.outages.note_success(),
            Some(_) => server.outages.note_failure(StatementLimits::PROBE.statement),
        }
        fault
    }

    fn check(&mut self, server: &ServerState) -> Option<&'static str> {
        let is_open = self.pg.as_mut().is_some_and(|pg| !pg.has_been_closed());
        let ask = |pg: &mut PqConnection| self.database.accepts_writes(pg).ok();
        let writes = if is_open { self.pg.as_mut().and_then(ask) } else { None };
        let writes = match writes {
            Some(writes) => writes,
            // The connection broke since the last check, perhaps because the server restarted.
            None => match self.connect() {
                Some(writes) => writes,
                None => return Some("the database does not answer"),
            },
        };
        if !writes {
            // At the next check, the address may lead to another server.
            self.pg = None;
            return Some("the database is read-only or a standby");
        }
        if server.is_write_uncertain.load(Ordering::Relaxed) {
            if !self.can_write() {
                return Some("the database does not complete writes");
            }
            server.is_write_uncertain.store(false, Ordering::Relaxed);
        }
        None
    }

    fn connect(&mut self) -> Option<bool> {
        self.pg = None;
        let (pg, writes) = self.database.connect_to_write(&StatementLimits::PROBE).ok()?;
        self.pg = Some(pg);
        Some(writes)
    }

    /// Makes the server write a new page, which needs disk space, and commit, which may wait for a
    /// standby. If the role may not create temporary tables, the result is true.
    fn can_write(&mut self) -> bool {
        const WRITE: &str =
            "BEGIN; CREATE TEMPORARY TABLE sihha_probe ON COMMIT DROP AS SELECT 1 AS one; COMMIT";
        let Some(pg) = &mut self.pg else { return false };
        if pg.batch_execute(WRITE).is_ok() {
            return true;
        }
        let is_forbidden = pg.last_error() == Some(SqlState::INSUFFICIENT_PRIVILEGE);
        pg.batch_execute("ROLLBACK").is_ok() && is_forbidden
    }
}
