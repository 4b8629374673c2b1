use std::sync::Arc;

use super::{Client, SessionOwner, Sessions, TokenPair};
use crate::account::{EmailAddress, Role};
use crate::approval::ApprovalState;
use crate::error::Error;
use crate::ids::ProfileId;
use crate::password::{Password, PasswordHasher, Verdict};
use crate::store::Store;

/// What somebody sends to log in.
#[derive(Debug)]
pub struct LoginAttempt {
    /// The role under whose path it was sent.
    pub role: Role,
    /// The login name.
    pub email: EmailAddress,
    /// The password.
    pub password: Password,
    /// Where it was sent from.
    pub client: Client,
}

/// A login that succeeded.
#[derive(Debug)]
pub struct LoggedIn {
    /// Whose account.
    pub id: ProfileId,
    /// Its role.
    pub role: Role,
    /// Its tokens.
    pub tokens: TokenPair,
}

/// Logs in to an account of any role.
pub struct Login {
    /// Where accounts are kept.
    pub store: Arc<dyn Store>,
    /// Checks the password.
    pub hasher: Arc<dyn PasswordHasher>,
    /// Hands out the tokens.
    pub sessions: Arc<Sessions>,
}

impl Login {
    /// Checks the password, then the role, then the approval, in this order: what is refused for another
    /// reason than the password is told to the account's owner alone.
    ///
    /// # Errors
    ///
    /// [`Error::WrongCredentials`], after the same time whatever the reason; [`Error::NotApproved`].
    pub fn run(&self, attempt: &LoginAttempt) -> Result<LoggedIn, Error> {
        let found = self.store.autocommit()?.passwords().find(&attempt.email)?;
        let verdict = self.hasher.verify(&attempt.password, found.as_ref().map(|known| &known.password))?;
        let known = found
            .filter(|known| verdict != Verdict::Wrong && known.role == attempt.role)
            .ok_or(Error::WrongCredentials)?;
        if !known.is_approved {
            return Err(Error::NotApproved);
        }
        // The only moment when a hash with old parameters can be replaced: the password is at hand.
        let upgraded = match verdict {
            Verdict::Outdated => Some(self.hasher.hash(&attempt.password)?),
            Verdict::Right | Verdict::Wrong => None,
        };

        let mut transaction = self.store.begin()?;
        if known.role.needs_approval() {
            // Staff may have decided while the password was checked; from here on they wait for this login.
            let application = transaction.approvals().lock(known.role, &attempt.email)?;
            let still = application.is_some_and(|found| found.approval.state() == ApprovalState::Approved);
            if !still {
                return Err(Error::NotApproved);
            }
        }
        if let Some(new) = upgraded {
            transaction.passwords().replace(known.id, &known.password, &new)?;
        }
        let owner = SessionOwner { profile_id: known.id, role: known.role, is_approved: known.is_approved };
        let tokens = self.sessions.open(&mut *transaction, owner, attempt.client.clone())?;
        transaction.commit()?;
        Ok(LoggedIn { id: known.id, role: known.role, tokens })
    }
}
