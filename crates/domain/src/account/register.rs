use std::sync::Arc;

use super::{Account, Profile, RoleDetails};
use crate::approval::Approval;
use crate::clock::Clock;
use crate::error::Error;
use crate::ids::ProfileId;
use crate::password::{Password, PasswordHasher};
use crate::randomness::Randomness;
use crate::session::{ClientInfo, NewSession, SessionIssuer, SessionOwner, TokenPair};
use crate::store::Store;

/// What somebody sends to get an account.
#[derive(Debug)]
pub struct Registration {
    /// What every holder has.
    pub profile: Profile,
    /// What the role has beside it.
    pub details: RoleDetails,
    /// The password that will log in.
    pub password: Password,
    /// Where it was sent from.
    pub client: ClientInfo,
}

/// An account just made, and its first tokens.
#[derive(Debug)]
pub struct Registered {
    /// The account.
    pub account: Account,
    /// Tokens; those of a waiting account open only what it may see of itself.
    pub tokens: TokenPair,
}

/// Registers an account of any role.
pub struct Register {
    /// Where accounts are kept.
    pub store: Arc<dyn Store>,
    /// Hashes the password.
    pub hasher: Arc<dyn PasswordHasher>,
    /// Hands out the tokens.
    pub sessions: Arc<SessionIssuer>,
    /// Tells the time of registration.
    pub clock: Arc<dyn Clock>,
    /// Makes the id.
    pub randomness: Arc<dyn Randomness>,
}

impl Register {
    /// Makes the account and opens its first session, both or neither.
    ///
    /// # Errors
    ///
    /// [`Error::Taken`] if the e-mail or the card number is another account's.
    pub fn run(&self, registration: Registration) -> Result<Registered, Error> {
        // Hashing takes tens of milliseconds: first, so that no connection waits for it.
        let password = self.hasher.hash(&registration.password)?;
        let now = self.clock.now();
        let role = registration.details.role();
        let account = Account {
            id: ProfileId::generate(now, &*self.randomness),
            registered_at: now,
            profile: registration.profile,
            details: registration.details,
            approval: role.needs_approval().then_some(Approval::Pending),
        };
        let owner = SessionOwner { profile_id: account.id, role, is_approved: account.is_approved() };

        let NewSession { session, current, tokens } = self.sessions.begin(owner, registration.client)?;
        self.store.autocommit()?.accounts().insert(&account, &password, Some((&session, &current)))?;
        Ok(Registered { account, tokens })
    }
}
