use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use diesel::connection::SimpleConnection;

use super::connect_error::ConnectError;
use super::database::Database;
use super::libpq::PqConnection;
use super::limits::StatementLimits;

/// Keeps the connection that the steps of a start share: making one takes longer than what each of them asks.
#[derive(Clone, Default)]
pub(super) struct StartConnections(Arc<Mutex<Option<PqConnection>>>);

/// A connection on loan. It goes back when it is dropped, if it still works.
pub(super) struct StartConnection {
    pg: Option<PqConnection>,
    kept: StartConnections,
}

impl StartConnections {
    /// Lends the connection that is kept, or a new one.
    pub(super) fn lend(&self, database: &Database) -> Result<StartConnection, ConnectError> {
        let kept = self.lock().take();
        let pg = kept.map_or_else(|| database.connect(&StatementLimits::COMMANDS), Ok)?;
        Ok(StartConnection { pg: Some(pg), kept: self.clone() })
    }

    /// Closes the connection that is kept.
    pub(super) fn close(&self) {
        self.lock().take();
    }

    /// Has the connection that is kept use other settings, or closes it.
    pub(super) fn set(&self, settings: &str) {
        let mut kept = self.lock();
        if kept.as_mut().is_some_and(|pg| pg.batch_execute(settings).is_err()) {
            *kept = None;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<PqConnection>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Deref for StartConnection {
    type Target = PqConnection;

    fn deref(&self) -> &PqConnection {
        self.pg.as_ref().expect("it is given back by `drop` alone")
    }
}

impl DerefMut for StartConnection {
    fn deref_mut(&mut self) -> &mut PqConnection {
        self.pg.as_mut().expect("it is given back by `drop` alone")
    }
}

impl Drop for StartConnection {
    fn drop(&mut self) {
        let usable = self.pg.take().filter(|pg| !pg.is_broken() && !pg.is_in_transaction());
        *self.kept.lock() = usable;
    }
}
