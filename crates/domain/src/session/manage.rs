//! Lists and revokes the caller's sessions.

use std::sync::Arc;

use super::{Caller, EndReason, EndedSession, Session, SessionError, TokenError};
use crate::clock::Clock;
use crate::ids::SessionId;
use crate::store::{Store, in_transaction};

/// Lists the caller's sessions.
pub struct ListSessions {
    /// Where sessions are kept.
    pub store: Arc<dyn Store>,
    /// Tells which are live.
    pub clock: Arc<dyn Clock>,
}

impl ListSessions {
    /// Maximum number of sessions in a list, live or ended.
    pub const MAX_LISTED: u32 = Session::MAX_PER_ACCOUNT;

    /// Lists the live sessions, newest first, at most [`Self::MAX_LISTED`]. The caller's own
    /// session is always among them.
    ///
    /// # Errors
    ///
    /// [`SessionError::Token`] if the caller's own session is not live.
    pub fn live(&self, caller: &Caller) -> Result<Vec<Session>, SessionError> {
        let now = self.clock.now();
        let mut repositories = self.store.autocommit()?;
        let mut sessions = repositories.sessions();
        let mut live = sessions.live(caller.profile_id, now, Self::MAX_LISTED)?;
        if live.iter().all(|session| session.id != caller.session) {
            // It was revoked, or the account still has more sessions than the maximum.
            let own = sessions.find_live(caller.profile_id, caller.session, now)?;
            let own = own.ok_or(TokenError::SessionEnded)?;
            live.truncate(Self::MAX_LISTED as usize - 1);
            live.push(own);
        }
        Ok(live)
    }

    /// Lists the sessions that were revoked in the last [`Session::KEPT_AFTER_END`], with the
    /// reason, last revoked first, at most [`Self::MAX_LISTED`].
    ///
    /// # Errors
    ///
    /// [`SessionError::Token`] if the caller's own session is not live.
    pub fn ended(&self, caller: &Caller) -> Result<Vec<EndedSession>, SessionError> {
        let now = self.clock.now();
        let mut repositories = self.store.autocommit()?;
        let mut sessions = repositories.sessions();
        sessions.find_live(caller.profile_id, caller.session, now)?.ok_or(TokenError::SessionEnded)?;
        Ok(sessions.ended(caller.profile_id, now - Session::KEPT_AFTER_END, Self::MAX_LISTED)?)
    }
}

/// Revokes sessions of the caller's account.
pub struct RevokeSession {
    /// Where sessions are kept.
    pub store: Arc<dyn Store>,
    /// Tells which are live.
    pub clock: Arc<dyn Clock>,
}

impl RevokeSession {
    /// Revokes one live session, which may be the caller's own.
    ///
    /// # Errors
    ///
    /// [`SessionError::UnknownSession`] if the caller has no live session with that id;
    /// [`SessionError::Token`] if the caller's own session is not live.
    pub fn run(&self, caller: &Caller, id: SessionId) -> Result<(), SessionError> {
        let now = self.clock.now();
        let mut repositories = self.store.autocommit()?;
        let mut sessions = repositories.sessions();
        if sessions.revoke_as(caller.profile_id, caller.session, id, now)? {
            return Ok(());
        }
        sessions.find_live(caller.profile_id, caller.session, now)?.ok_or(TokenError::SessionEnded)?;
        Err(SessionError::UnknownSession)
    }

    /// Revokes all sessions except the caller's own.
    ///
    /// # Errors
    ///
    /// [`SessionError::Token`] if the caller's own session is not live.
    pub fn others(&self, caller: &Caller) -> Result<(), SessionError> {
        let now = self.clock.now();
        in_transaction(&*self.store, |transaction| {
            if !transaction.accounts().lock_in_session(caller.profile_id, caller.session, now)? {
                return Err(SessionError::from(TokenError::SessionEnded));
            }
            let own = Some(caller.session);
            transaction.sessions().revoke_all(caller.profile_id, own, now, EndReason::EndedByOwner)?;
            Ok(())
        })
    }
}
