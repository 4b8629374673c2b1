use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::{Account, AccountError, Profile, RoleDetails};
use crate::approval::Approval;
use crate::clock::Clock;
use crate::ids::ProfileId;
use crate::password::{Password, PasswordHasher};
use crate::randomness::Randomness;
use crate::session::{ClientInfo, NewSession, SessionIssuer, SessionOwner, TokenPair};
use crate::store::Store;

/// The data of a new account.
#[derive(Debug)]
pub struct Registration {
    /// The data that every account has.
    pub profile: Profile,
    /// The data that the role adds.
    pub details: RoleDetails,
    /// The password that will log in.
    pub password: Password,
}

impl Registration {
    /// Returns the account that is registered at `now`.
    pub(super) fn into_account(self, now: DateTime<Utc>, randomness: &dyn Randomness) -> Account {
        Account {
            id: ProfileId::generate(now, randomness),
            registered_at: now,
            approval: self.details.role().needs_approval().then_some(Approval::Pending),
            profile: self.profile,
            details: self.details,
        }
    }
}

/// A new account and its first tokens.
#[derive(Debug)]
pub struct Registered {
    /// The account.
    pub account: Account,
    /// The tokens; those of a waiting account give access to its own data only.
    pub tokens: TokenPair,
}

/// Registers an account of any role.
pub struct Register {
    /// Where accounts are kept.
    pub store: Arc<dyn Store>,
    /// Hashes the password.
    pub hasher: Arc<dyn PasswordHasher>,
    /// Issues the tokens.
    pub session_issuer: Arc<SessionIssuer>,
    /// Tells the time of registration.
    pub clock: Arc<dyn Clock>,
    /// Makes the id.
    pub randomness: Arc<dyn Randomness>,
}

impl Register {
    /// Adds the account and opens its first session for `client`, both or neither.
    ///
    /// # Errors
    ///
    /// [`AccountError::Taken`] if another account has the e-mail or the card number.
    pub fn run(&self, registration: Registration, client: ClientInfo) -> Result<Registered, AccountError> {
        // Hashing takes tens of milliseconds: it comes first, so that no connection waits for it.
        let hash = self.hasher.hash(&registration.password)?;
        let account = registration.into_account(self.clock.now(), &*self.randomness);
        let owner =
            SessionOwner { profile_id: account.id, role: account.role(), is_approved: account.is_approved() };
        let NewSession { session, current, tokens } = self.session_issuer.new_session(owner, client)?;
        self.store.autocommit()?.accounts().insert(&account, &hash, Some((&session, &current)))?;
        Ok(Registered { account, tokens })
    }
}
