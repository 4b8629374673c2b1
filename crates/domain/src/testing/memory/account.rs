use chrono::{DateTime, Utc};

use super::mail::{MemoryMailTokens, MemoryOutbox};
use super::state::{AccountRow, State};
use crate::account::{
    Account, AccountRepository, Claim, EmailAddress, InsertError, NewAccount, Profile, UniqueField,
};
use crate::approval::Application;
use crate::ids::{ProfileId, SessionId};
use crate::mail::{Addressee, MailTokenRepository, Outbox, OutboxRepository};
use crate::session::Caller;
use crate::staff_name::StaffName;
use crate::store::{BatchResults, StoreError};

pub(super) struct MemoryAccounts<'a>(pub(super) &'a mut State);

impl AccountRepository for MemoryAccounts<'_> {
    fn insert(&mut self, new: &NewAccount<'_>) -> Result<(), InsertError> {
        let NewAccount { account, password, session, device, verification } = *new;
        if self.find_claimed(&account.claims())?.is_some() {
            return Err(InsertError::Taken);
        }
        self.0.accounts.push(AccountRow {
            account: account.clone(),
            password: password.clone(),
            sessions_not_before: None,
            suspensions: Vec::new(),
            application: submitted(account),
            events: Vec::new(),
        });
        if let Some((session, current)) = session {
            self.0.add_session(session, current);
        }
        if let Some(device) = device {
            self.0.devices.push((account.id, device, account.registered_at));
        }
        if let Some((token, message)) = verification {
            MemoryMailTokens(self.0).add(token)?;
            MemoryOutbox(self.0).add(message)?;
            let key = Outbox::rate_key(&message.to).as_str().to_owned();
            self.0.rate_limits.entry(key).or_default().push(message.queued_at);
        }
        Ok(())
    }

    fn find_claimed(&mut self, claims: &[Claim]) -> Result<Option<UniqueField>, StoreError> {
        let reserved = self.0.former_emails.iter();
        let reserved = reserved.map(|(key, ..)| Claim { field: UniqueField::Email, key: key.clone() });
        let own = self.0.accounts.iter().flat_map(|row| row.account.claims());
        let held: Vec<Claim> = own.chain(reserved).collect();
        Ok(claims.iter().find(|claim| held.contains(claim)).map(|claim| claim.field))
    }

    fn lock(&mut self, _: ProfileId) -> Result<(), StoreError> {
        // There is no other transaction at the same time.
        Ok(())
    }

    fn find_addressee(&mut self, id: ProfileId) -> Result<Option<Addressee>, StoreError> {
        Ok(self.0.account(id).map(|row| Addressee::from(&row.account)))
    }

    fn confirm_email(
        &mut self,
        id: ProfileId,
        email: &EmailAddress,
        at: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let row = self.0.account_mut(id).filter(|row| row.account.profile.email == *email);
        Ok(row.map(|row| row.account.email_verified_at.get_or_insert(at)).is_some())
    }

    fn change_email(
        &mut self,
        id: ProfileId,
        old: &EmailAddress,
        new: &EmailAddress,
        at: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        self.0.former_emails.retain(|(key, owner, _)| *owner != id || *key != new.canonical());
        let claim = Claim { field: UniqueField::Email, key: new.canonical() };
        if old.canonical() != new.canonical() {
            if self.find_claimed(&[claim])?.is_some() {
                return Ok(false);
            }
            self.0.former_emails.push((old.canonical(), id, at));
        }
        if let Some(AccountRow { account, .. }) = self.0.account_mut(id) {
            account.profile.email = new.clone();
            account.email_verified_at = Some(at);
        }
        Ok(true)
    }

    fn release_former_email(
        &mut self,
        id: ProfileId,
        email: &EmailAddress,
        since: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let key = email.canonical();
        self.0.former_emails.retain(|(other, owner, at)| *owner != id || *other != key || *at > since);
        Ok(())
    }

    fn find(&mut self, id: ProfileId) -> Result<Option<Account>, StoreError> {
        Ok(self.0.account(id).map(|row| row.account.clone()))
    }

    fn page(&mut self, after: Option<ProfileId>, limit: u32) -> Result<Vec<Account>, StoreError> {
        let accounts = self.0.accounts.iter().map(|row| &row.account);
        let mut accounts: Vec<_> = accounts.filter(|account| Some(account.id) > after).cloned().collect();
        accounts.sort_by_key(|account| account.id);
        accounts.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(accounts)
    }

    fn find_in_sessions(
        &mut self,
        callers: &[Caller],
        now: DateTime<Utc>,
    ) -> Result<BatchResults<Option<Account>>, StoreError> {
        let find = |caller: &Caller| {
            let is_live = self.0.has_live_session(caller.profile_id, caller.session, now);
            let row = self.0.account(caller.profile_id).filter(|_| is_live);
            let account = row.map(|row| row.account.clone());
            (caller.session, Ok(account.filter(|account| account.role() == caller.role)))
        };
        Ok(callers.iter().filter(|caller| self.0.is_returned(caller.session)).map(find).collect())
    }

    fn lock_in_session(
        &mut self,
        id: ProfileId,
        session: SessionId,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        // There is no other transaction at the same time.
        Ok(self.0.has_live_session(id, session, now))
    }

    fn update(
        &mut self,
        stored: &Account,
        changed: &Account,
        _: DateTime<Utc>,
    ) -> Result<Option<UniqueField>, StoreError> {
        let (_, made) = stored.changed_claims(changed);
        if let Some(field) = self.find_claimed(&made)? {
            return Ok(Some(field));
        }
        if let Some(AccountRow { account, .. }) = self.0.account_mut(stored.id) {
            let (email, carte_id) = (account.profile.email.clone(), account.profile.carte_id.clone());
            account.profile = Profile { email, carte_id, ..changed.profile.clone() };
            account.details = changed.details.clone();
        }
        Ok(None)
    }

    fn verify_identifiers(
        &mut self,
        _: ProfileId,
        _: &StaffName,
        _: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        // Nothing reads yet which identifiers are verified.
        Ok(())
    }
}

/// Returns the application of an account that is being inserted, if its role needs one.
fn submitted(account: &Account) -> Option<Application> {
    Some(Application {
        account: account.clone(),
        state: account.approval_state()?,
        submitted_at: account.registered_at,
        resubmitted_at: None,
        effective_at: None,
        claim: None,
        possible_duplicates: None,
    })
}
