use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::taken::taken;
use super::{Account, AccountError, InsertError, NewAccount, Profile, RoleDetails};
use crate::approval::Approval;
use crate::clock::Clock;
use crate::idempotency::{IdempotentRequest, Operation};
use crate::ids::ProfileId;
use crate::mail::Outbox;
use crate::password::{OwnerFacts, Password, PasswordHasher, PasswordPolicy, VerifyOutcome};
use crate::randomness::Randomness;
use crate::session::{ClientInfo, SessionIssuer, TokenPair};
use crate::store::{Store, in_transaction};

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
    /// Checks the password.
    pub(super) fn check_password(&self, policy: &PasswordPolicy) -> Result<(), AccountError> {
        let owner = OwnerFacts::of_account(&self.profile, &self.details);
        policy.check(&self.password, &owner).map_err(AccountError::WeakPassword)
    }

    /// Returns the account that is registered at `now`, and its password.
    pub(super) fn into_account(self, now: DateTime<Utc>, randomness: &dyn Randomness) -> (Account, Password) {
        let account = Account {
            id: ProfileId::generate(now, randomness),
            registered_at: now,
            email_verified_at: None,
            submitted_at: now,
            approval: self.details.role().needs_approval().then_some(Approval::Pending),
            profile: self.profile,
            details: self.details,
            pending_changes: None,
        };
        (account, self.password)
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
    /// The rules for passwords.
    pub policy: PasswordPolicy,
    /// Issues the tokens.
    pub session_issuer: Arc<SessionIssuer>,
    /// Writes the mail that confirms the address.
    pub outbox: Outbox,
    /// Tells the time of registration.
    pub clock: Arc<dyn Clock>,
    /// Makes the id.
    pub randomness: Arc<dyn Randomness>,
}

impl Register {
    /// Adds the account, opens its first session for `client`, and adds the mail that confirms the
    /// address to the outbox: all or nothing.
    ///
    /// If `request` has already added the account, returns it as it is now, with the tokens of a new
    /// session, and sends nothing. Two simultaneous repetitions add one account: the second finds the e-mail taken.
    ///
    /// # Errors
    ///
    /// [`AccountError::WeakPassword`]; [`AccountError::Taken`] if an account has the e-mail or the card number. Also for a repetition
    /// after all sessions of the account were revoked, as by a change of the password: its owner
    /// logs in instead. [`AccountError::KeyReused`] if the key was used for another registration
    /// with this e-mail.
    pub fn run(
        &self,
        registration: Registration,
        client: ClientInfo,
        request: Option<&IdempotentRequest>,
    ) -> Result<Registered, AccountError> {
        registration.check_password(&self.policy)?;
        // Hashing takes tens of milliseconds: it comes first, so that no connection waits for it.
        let hash = self.hasher.hash(&registration.password)?;
        let (account, password) = registration.into_account(self.clock.now(), &*self.randomness);
        let (new, tokens) = self.session_issuer.new_session((&account).into(), client.clone())?;
        let verification = self.outbox.first_verification(&account);
        let whole = NewAccount {
            account: &account,
            password: &hash,
            session: Some((&new.session, &new.current)),
            device: Some(client.device().digest()),
            verification: verification.as_ref().map(|(token, message)| (token, message)),
        };
        match insert(&*self.store, &whole, request) {
            Ok(()) => return Ok(Registered { account, tokens }),
            Err(InsertError::Taken) => {}
            Err(InsertError::Store(error)) => return Err(error.into()),
        }
        let repeated = match request {
            Some(request) => self.repeat(request, &account, &password, client)?,
            None => None,
        };
        repeated.ok_or_else(|| taken(&*self.store, &account.claims()))
    }

    /// Returns the account that `request` added earlier, with the tokens of a new session. Returns
    /// `None` if it added none, or if the account's owner must log in.
    fn repeat(
        &self,
        request: &IdempotentRequest,
        wanted: &Account,
        password: &Password,
        client: ClientInfo,
    ) -> Result<Option<Registered>, AccountError> {
        let since = self.clock.now() - IdempotentRequest::KEPT;
        let mut store = self.store.autocommit()?;
        let found = store.passwords().find(&wanted.profile.email)?;
        let Some(known) = found.filter(|known| known.role == wanted.role()) else { return Ok(None) };
        let recorded = store.idempotency().find(known.id, Operation::Register, &request.key, since)?;
        drop(store);
        let Some(recorded) = recorded else { return Ok(None) };
        if recorded.content != request.content {
            return Err(AccountError::KeyReused);
        }
        if known.sessions_not_before.is_some() {
            return Ok(None);
        }
        // The content has no password. The account's is still the one of the registration: a change
        // would have revoked its sessions.
        if self.hasher.verify(password, Some(&known.password))? == VerifyOutcome::Wrong {
            return Err(AccountError::KeyReused);
        }
        let (new, tokens) = self.session_issuer.new_session((&known).into(), client)?;
        let mut store = self.store.autocommit()?;
        if !new.insert_unless_revoked(&mut *store, known.sessions_not_before)? {
            return Ok(None);
        }
        let account = store.accounts().find(known.id)?;
        Ok(account.map(|account| Registered { account, tokens }))
    }
}

/// Inserts the account by one statement, or in a transaction with the record of `request`.
pub(super) fn insert(
    store: &dyn Store,
    new: &NewAccount<'_>,
    request: Option<&IdempotentRequest>,
) -> Result<(), InsertError> {
    let Some(request) = request else { return store.autocommit()?.accounts().insert(new) };
    in_transaction(store, |transaction| {
        transaction.accounts().insert(new)?;
        let (id, at) = (new.account.id, new.account.registered_at);
        Ok(transaction.idempotency().record(id, Operation::Register, request, at, None)?)
    })
}
