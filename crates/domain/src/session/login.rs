use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::password_check::{LoginAttempt, PasswordChecker, RefusedLogin};
use super::{
    ClientAddress, Device, DeviceSighting, NewSession, Session, SessionError, SessionIssuer, TokenPair,
};
use crate::account::Role;
use crate::ids::ProfileId;
use crate::mail::{Content, Outbox};
use crate::password::Credentials;
use crate::store::{Store, StoreError, in_transaction};

/// A successful login.
#[derive(Debug)]
pub struct LoggedIn {
    /// The account's id.
    pub id: ProfileId,
    /// The account's role.
    pub role: Role,
    /// The tokens.
    pub tokens: TokenPair,
}

/// Logs in to an account of any role.
pub struct Login {
    /// Where accounts are kept.
    pub store: Arc<dyn Store>,
    /// Checks the password.
    pub checker: PasswordChecker,
    /// Issues the tokens.
    pub session_issuer: Arc<SessionIssuer>,
    /// Writes the notice of a login from a new device.
    pub outbox: Outbox,
}

impl Login {
    /// Checks the password, then the role, then the suspension, the approval and the confirmation of
    /// the address. Only a client that knows the password learns about the last three.
    ///
    /// Four statements, whatever the role: read the credentials, read whether the device is known,
    /// insert the session if the credentials still hold, revoke the oldest sessions beyond the
    /// maximum. A device is recorded once a day, and the owner gets a notice of a new one. No
    /// connection is held while the password is verified. A hash is computed again only if the stored
    /// one has changed.
    ///
    /// `client_has_gone` is called before each expensive step.
    ///
    /// # Errors
    ///
    /// [`SessionError::WrongCredentials`], after the same time for every reason;
    /// [`SessionError::Suspended`]; [`SessionError::NotApproved`];
    /// [`SessionError::EmailNotVerified`]; [`SessionError::Contended`] if the account changed in each
    /// round; [`SessionError::ClientGone`].
    pub fn run(
        &self,
        attempt: &LoginAttempt,
        client_has_gone: &dyn Fn() -> bool,
    ) -> Result<LoggedIn, RefusedLogin> {
        self.checker.run(attempt, client_has_gone, |check, known| {
            if !known.is_approved {
                return Err(SessionError::NotApproved);
            }
            if self.checker.email_policy.refuses(known) {
                return Err(SessionError::EmailNotVerified);
            }
            check.upgrade(known)?;
            self.open(known, attempt)
        })
    }

    /// Opens the session. Returns `None` without a session if the credentials no longer hold: a
    /// change of the password, a rejection and a suspension revoke all sessions.
    fn open(&self, known: &Credentials, attempt: &LoginAttempt) -> Result<Option<LoggedIn>, SessionError> {
        let Credentials { id, role, .. } = *known;
        let (session, tokens) = self.session_issuer.new_session(known.into(), attempt.client.clone())?;
        let device = attempt.client.device();
        let mut store = self.store.autocommit()?;
        let sighting = store.devices().find(id, device.digest())?;
        let not_before = known.sessions_not_before;
        let is_open = if sighting.is_recent(session.session.opened_at) {
            session.insert(&mut *store, not_before)?
        } else {
            // Two transactions on one connection would wait for each other.
            drop(store);
            let is_open = self.record(&session, not_before, &device, sighting)?;
            store = self.store.autocommit()?;
            is_open
        };
        if !is_open {
            return Ok(None);
        }
        session.revoke_oldest(&mut *store)?;
        Ok(Some(LoggedIn { id, role, tokens }))
    }

    /// Inserts the session, records its device, and adds a notice if the device is new: all or
    /// nothing. Returns whether the session was inserted.
    fn record(
        &self,
        new: &NewSession,
        not_before: Option<DateTime<Utc>>,
        device: &Device,
        sighting: DeviceSighting,
    ) -> Result<bool, StoreError> {
        let Session { profile_id, opened_at: now, client, .. } = &new.session;
        in_transaction(&*self.store, |transaction| {
            if !new.insert(transaction, not_before)? {
                return Ok(false);
            }
            transaction.devices().record(*profile_id, device.digest(), *now)?;
            if sighting.is_new(*now) {
                let address = client.address.as_ref().map(ClientAddress::as_str);
                let notice = Content::new_device(device.family.as_deref(), address, *now);
                self.outbox.notify(transaction, *profile_id, &notice, *now)?;
            }
            Ok(true)
        })
    }
}
