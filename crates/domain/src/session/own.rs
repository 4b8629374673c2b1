//! What the holder of an account sees and does of its sessions.

use std::sync::Arc;

use super::{Claims, EndReason, Session, TokenError};
use crate::clock::Clock;
use crate::error::Error;
use crate::ids::SessionId;
use crate::store::Store;

/// The caller's live sessions.
pub struct OwnSessions {
    /// Where sessions are kept.
    pub store: Arc<dyn Store>,
    /// Tells which are live.
    pub clock: Arc<dyn Clock>,
}

impl OwnSessions {
    /// Lists them, the newest first.
    ///
    /// # Errors
    ///
    /// [`Error::TokenNotValid`] if the caller's own has ended.
    pub fn list(&self, caller: &Claims) -> Result<Vec<Session>, Error> {
        let live = self.store.autocommit()?.sessions().live(caller.user_id, self.clock.now())?;
        if live.iter().any(|session| session.id == caller.session) {
            Ok(live)
        } else {
            Err(TokenError::SessionEnded.into())
        }
    }

    /// Ends one of them, the caller's own if it asks for that.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownSession`] if it is none of the caller's live ones, whoever's it is.
    pub fn end(&self, caller: &Claims, id: SessionId) -> Result<(), Error> {
        if !self.list(caller)?.iter().any(|session| session.id == id) {
            return Err(Error::UnknownSession);
        }
        self.store.autocommit()?.sessions().end(id, self.clock.now(), EndReason::EndedByOwner)?;
        Ok(())
    }

    /// Ends all of them but the caller's own.
    pub fn end_others(&self, caller: &Claims) -> Result<(), Error> {
        self.list(caller)?;
        let mut transaction = self.store.begin()?;
        let own = Some(caller.session);
        transaction.sessions().end_all(caller.user_id, own, self.clock.now(), EndReason::EndedByOwner)?;
        Ok(transaction.commit()?)
    }
}
