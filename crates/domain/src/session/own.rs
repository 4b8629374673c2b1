//! What the holder of an account sees and does of its sessions.

use std::sync::Arc;

use super::{Claims, EndReason, EndedSession, Session, TokenError};
use crate::clock::Clock;
use crate::error::Error;
use crate::ids::SessionId;
use crate::store::Store;

/// The caller's sessions.
pub struct OwnSessions {
    /// Where sessions are kept.
    pub store: Arc<dyn Store>,
    /// Tells which are live.
    pub clock: Arc<dyn Clock>,
}

impl OwnSessions {
    /// How many ended sessions are listed at most.
    pub const MOST_ENDED: u32 = 100;

    /// Lists the live ones, the newest first.
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

    /// Lists those that were ended in the last [`Session::KEPT_AFTER_END`] and why, the last to end first, at most
    /// [`Self::MOST_ENDED`].
    ///
    /// # Errors
    ///
    /// [`Error::TokenNotValid`] if the caller's own has ended.
    pub fn list_ended(&self, caller: &Claims) -> Result<Vec<EndedSession>, Error> {
        self.list(caller)?;
        let since = self.clock.now() - Session::KEPT_AFTER_END;
        Ok(self.store.autocommit()?.sessions().ended(caller.user_id, since, Self::MOST_ENDED)?)
    }

    /// Ends one of the live ones, the caller's own if it asks for that.
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
