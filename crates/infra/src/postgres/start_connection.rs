use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use diesel::connection::SimpleConnection;

use super::connect_error::ConnectError;
use super::libpq::PqConnection;

/// Keeps the connection that the steps of a start share: opening a connection takes longer than
/// their queries.
#[derive(Clone, Default)]
pub(super) struct StartConnections(Arc<Mutex<Option<PqConnection>>>);

/// A connection that is kept again when it is dropped, if it still works.
pub(super) struct StartConnection {
    pg: Option<PqConnection>,
    kept: StartConnections,
}

impl StartConnections {
    /// Returns the kept connection, or a new one.
    pub(super) fn take(
        &self,
        connect: impl FnOnce() -> Result<PqConnection, ConnectError>,
    ) -> Result<StartConnection, ConnectError> {
        let kept = self.lock().take();
        let pg = kept.map_or_else(connect, Ok)?;
        Ok(StartConnection { pg: Some(pg), kept: self.clone() })
    }

    /// Closes the kept connection.
    pub(super) fn close(&self) {
        self.lock().take();
    }

    /// Changes the settings of the kept connection, or closes it if that fails.
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
        self.pg.as_ref().expect("only `drop` takes the connection")
    }
}

impl DerefMut for StartConnection {
    fn deref_mut(&mut self) -> &mut PqConnection {
        self.pg.as_mut().expect("only `drop` takes the connection")
    }
}

impl Drop for StartConnection {
    fn drop(&mut self) {
        let usable = self.pg.take().filter(|pg| !pg.is_broken() && !pg.is_in_transaction());
        *self.kept.lock() = usable;
    }
}
