//! What the holder of an account sees and does of its sessions.

use std::sync::Arc;

use super::{Claims, EndReason, EndedSession, Session, TokenError};
use crate::clock::Clock;
use crate::error::Error;
use crate::ids::SessionId;
use crate::store::{Store, in_transaction};

/// The caller's sessions.
pub struct OwnSessions {
    /// Where sessions are kept.
    pub store: Arc<dyn Store>,
    /// Tells which are live.
    pub clock: Arc<dyn Clock>,
}

impl OwnSessions {
    /// Maximum number of sessions in a list, live or ended.
    pub const MAX_LISTED: u32 = Session::MAX_PER_ACCOUNT;

    /// Lists the live ones, the newest first, at most [`Self::MAX_LISTED`]. The caller's own is always among them.
    ///
    /// # Errors
    ///
    /// [`Error::TokenNotValid`] if the caller's own has ended.
    pub fn list(&self, caller: &Claims) -> Result<Vec<Session>, Error> {
        let now = self.clock.now();
        let mut repositories = self.store.autocommit()?;
        let mut sessions = repositories.sessions();
        let mut live = sessions.live(caller.user_id, now, Self::MAX_LISTED)?;
        if live.iter().all(|session| session.id != caller.session) {
            // It has ended, or the account has more from before there was a maximum.
            let own = sessions.find_live(caller.user_id, caller.session, now)?;
            let own = own.ok_or(TokenError::SessionEnded)?;
            live.truncate(Self::MAX_LISTED as usize - 1);
            live.push(own);
        }
        Ok(live)
    }

    /// Lists those that were ended in the last [`Session::KEPT_AFTER_END`] and why, the last to end first, at most
    /// [`Self::MAX_LISTED`].
    ///
    /// # Errors
    ///
    /// [`Error::TokenNotValid`] if the caller's own has ended.
    pub fn list_ended(&self, caller: &Claims) -> Result<Vec<EndedSession>, Error> {
        let now = self.clock.now();
        let mut repositories = self.store.autocommit()?;
        let mut sessions = repositories.sessions();
        sessions.find_live(caller.user_id, caller.session, now)?.ok_or(TokenError::SessionEnded)?;
        Ok(sessions.ended(caller.user_id, now - Session::KEPT_AFTER_END, Self::MAX_LISTED)?)
    }

    /// Ends one of the live ones, the caller's own if it asks for that.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownSession`] if it is no live session of the caller; [`Error::TokenNotValid`] if
    /// the caller's own has ended.
    pub fn end(&self, caller: &Claims, id: SessionId) -> Result<(), Error> {
        let now = self.clock.now();
        let mut repositories = self.store.autocommit()?;
        let mut sessions = repositories.sessions();
        if sessions.revoke_as(caller.user_id, caller.session, id, now)? {
            return Ok(());
        }
        sessions.find_live(caller.user_id, caller.session, now)?.ok_or(TokenError::SessionEnded)?;
        Err(Error::UnknownSession)
    }

    /// Ends all of them but the caller's own.
    ///
    /// # Errors
    ///
    /// [`Error::TokenNotValid`] if the caller's own has ended.
    pub fn end_others(&self, caller: &Claims) -> Result<(), Error> {
        let now = self.clock.now();
        in_transaction(&*self.store, |transaction| {
            if !transaction.accounts().lock_in_session(caller.user_id, caller.session, now)? {
                return Err(TokenError::SessionEnded.into());
            }
            let own = Some(caller.session);
            transaction.sessions().revoke_all(caller.user_id, own, now, EndReason::EndedByOwner)?;
            Ok(())
        })
    }
}
