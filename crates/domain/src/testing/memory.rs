//! A store in memory, for tests and trials.

use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};

use crate::account::{Account, AccountRepository, EmailAddress, InsertError, Profile, Role};
use crate::approval::{Application, ApplicationFilter, Approval, ApprovalRepository, ApprovalState};
use crate::error::UniqueField;
use crate::ids::{ProfileId, SessionId, TokenDigest};
use crate::password::{Credentials, PasswordHash, PasswordRepository};
use crate::session::{AccountLock, EndReason, EndedSession, Rotated, Rotation, Session, SessionRepository};
use crate::store::{Repositories, Store, StoreError, Transaction};

/// Keeps accounts in memory. One transaction or reader at a time; the next one waits.
#[derive(Default)]
pub struct MemoryStore(Mutex<State>);

#[derive(Clone, Default)]
struct State {
    rows: Vec<Row>,
    sessions: Vec<SessionRow>,
}

#[derive(Clone)]
struct SessionRow {
    session: Session,
    current: TokenDigest,
    previous: Option<TokenDigest>,
    ended: Option<(DateTime<Utc>, EndReason)>,
}

#[derive(Clone)]
struct Row {
    account: Account,
    password: PasswordHash,
    sessions_not_before: Option<DateTime<Utc>>,
}

/// A working copy of the state; `commit` puts it in its place, and so does the end of one that commits by itself.
struct MemoryTransaction<'a> {
    kept: MutexGuard<'a, State>,
    state: State,
    autocommit: bool,
}

impl Drop for MemoryTransaction<'_> {
    fn drop(&mut self) {
        if self.autocommit {
            *self.kept = std::mem::take(&mut self.state);
        }
    }
}

impl MemoryStore {
    fn open(&self, autocommit: bool) -> MemoryTransaction<'_> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        MemoryTransaction { state: kept.clone(), kept, autocommit }
    }
}

impl Store for MemoryStore {
    fn autocommit(&self) -> Result<Box<dyn Repositories + '_>, StoreError> {
        Ok(Box::new(self.open(true)))
    }

    fn begin(&self) -> Result<Box<dyn Transaction + '_>, StoreError> {
        Ok(Box::new(self.open(false)))
    }

    fn ping(&self) -> Result<(), StoreError> {
        Ok(())
    }
}

impl Repositories for MemoryTransaction<'_> {
    fn accounts(&mut self) -> &mut dyn AccountRepository {
        self
    }

    fn passwords(&mut self) -> &mut dyn PasswordRepository {
        self
    }

    fn approvals(&mut self) -> &mut dyn ApprovalRepository {
        self
    }

    fn sessions(&mut self) -> &mut dyn SessionRepository {
        self
    }
}

impl Transaction for MemoryTransaction<'_> {
    fn commit(mut self: Box<Self>) -> Result<(), StoreError> {
        *self.kept = std::mem::take(&mut self.state);
        Ok(())
    }
}

impl MemoryTransaction<'_> {
    fn row(&mut self, id: ProfileId) -> Option<&mut Row> {
        self.state.rows.iter_mut().find(|row| row.account.id == id)
    }

    fn by_email(&self, email: &EmailAddress) -> Option<&Row> {
        self.state.rows.iter().find(|row| row.account.profile.email.canonical() == email.canonical())
    }

    fn applications(&self, filter: ApplicationFilter) -> Vec<Application> {
        let mut found: Vec<_> = self
            .state
            .rows
            .iter()
            .filter_map(|row| application(&row.account))
            .filter(|application| filter.role.is_none_or(|role| application.role == role))
            .filter(|application| filter.state.is_none_or(|state| application.approval.state() == state))
            .collect();
        found.sort_by_key(|application| (application.registered_at, application.id));
        found
    }
}

fn application(account: &Account) -> Option<Application> {
    let (first_name, last_name) = account.holder.display_name();
    let name = match account.role() {
        Role::Patient | Role::Doctor => format!("{first_name} {last_name}"),
        Role::Hospital | Role::Labo => first_name.to_owned(),
    };
    Some(Application {
        id: account.id,
        role: account.role(),
        email: account.profile.email.clone(),
        name,
        registered_at: account.registered_at,
        approval: account.approval.clone()?,
    })
}

impl AccountRepository for MemoryTransaction<'_> {
    fn insert(&mut self, account: &Account, password: &PasswordHash) -> Result<(), InsertError> {
        if self.by_email(&account.profile.email).is_some() {
            return Err(InsertError::Taken(UniqueField::Email));
        }
        if self.state.rows.iter().any(|row| row.account.profile.carte_id == account.profile.carte_id) {
            return Err(InsertError::Taken(UniqueField::CarteId));
        }
        self.state.rows.push(Row {
            account: account.clone(),
            password: password.clone(),
            sessions_not_before: None,
        });
        Ok(())
    }

    fn lock(&mut self, _: ProfileId) -> Result<(), StoreError> {
        // There is no other transaction meanwhile.
        Ok(())
    }

    fn find(&mut self, id: ProfileId) -> Result<Option<Account>, StoreError> {
        Ok(self.row(id).map(|row| row.account.clone()))
    }

    fn find_in_session(
        &mut self,
        id: ProfileId,
        session: SessionId,
        now: DateTime<Utc>,
    ) -> Result<Option<Account>, StoreError> {
        let live = self.live(id, now)?.iter().any(|live| live.id == session);
        if live { AccountRepository::find(self, id) } else { Ok(None) }
    }

    fn lock_in_session(
        &mut self,
        id: ProfileId,
        session: SessionId,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        // A transaction has the whole store to itself.
        Ok(AccountRepository::find_in_session(self, id, session, now)?.is_some())
    }

    fn update(&mut self, account: &Account) -> Result<(), StoreError> {
        if let Some(Row { account: kept, .. }) = self.row(account.id) {
            let (email, carte_id) = (kept.profile.email.clone(), kept.profile.carte_id.clone());
            kept.profile = Profile { email, carte_id, ..account.profile.clone() };
            kept.holder = account.holder.clone();
        }
        Ok(())
    }
}

impl PasswordRepository for MemoryTransaction<'_> {
    fn find(&mut self, email: &EmailAddress) -> Result<Option<Credentials>, StoreError> {
        Ok(self.by_email(email).map(|row| Credentials {
            id: row.account.id,
            role: row.account.role(),
            password: row.password.clone(),
            is_approved: row.account.is_approved(),
        }))
    }

    fn find_in_session(
        &mut self,
        id: ProfileId,
        session: SessionId,
        now: DateTime<Utc>,
    ) -> Result<Option<PasswordHash>, StoreError> {
        let live = self.live(id, now)?.iter().any(|live| live.id == session);
        Ok(self.row(id).filter(|_| live).map(|row| row.password.clone()))
    }

    fn replace(&mut self, id: ProfileId, old: &PasswordHash, new: &PasswordHash) -> Result<bool, StoreError> {
        let row = self.row(id).filter(|row| row.password.expose() == old.expose());
        Ok(row.map(|row| row.password = new.clone()).is_some())
    }
}

impl ApprovalRepository for MemoryTransaction<'_> {
    fn list(&mut self, filter: ApplicationFilter) -> Result<Vec<Application>, StoreError> {
        let mut found = self.applications(filter);
        found.truncate(filter.limit as usize);
        Ok(found)
    }

    fn count(&mut self, filter: ApplicationFilter) -> Result<u64, StoreError> {
        Ok(self.applications(filter).len() as u64)
    }

    fn lock(&mut self, role: Role, email: &EmailAddress) -> Result<Option<Application>, StoreError> {
        Ok(self
            .by_email(email)
            .filter(|row| row.account.role() == role)
            .and_then(|row| application(&row.account)))
    }

    fn record(&mut self, id: ProfileId, approval: &Approval) -> Result<(), StoreError> {
        if let Some(row) = self.row(id) {
            row.account.approval = Some(approval.clone());
        }
        Ok(())
    }
}

impl SessionRow {
    fn is_live(&self, now: DateTime<Utc>) -> bool {
        self.ended.is_none() && self.session.expires_at > now
    }
}

impl MemoryTransaction<'_> {
    fn remove(&mut self, limit: u32, over: impl Fn(&SessionRow) -> bool) -> u32 {
        let mut removed = 0;
        self.state.sessions.retain(|row| {
            let kept = removed == limit || !over(row);
            removed += u32::from(!kept);
            kept
        });
        removed
    }
}

impl SessionRepository for MemoryTransaction<'_> {
    fn insert(&mut self, session: &Session, current: &TokenDigest) -> Result<(), StoreError> {
        let row = SessionRow { session: session.clone(), current: *current, previous: None, ended: None };
        self.state.sessions.push(row);
        Ok(())
    }

    fn adopt(&mut self, session: &Session, current: &TokenDigest) -> Result<(), StoreError> {
        let known = self.state.sessions.iter().any(|row| row.session.id == session.id);
        if known { Ok(()) } else { SessionRepository::insert(self, session, current) }
    }

    fn lock_owner(&mut self, id: ProfileId) -> Result<Option<AccountLock>, StoreError> {
        Ok(self.row(id).map(|row| AccountLock {
            role: row.account.role(),
            is_rejected: row.account.approval.as_ref().map(Approval::state) == Some(ApprovalState::Rejected),
            not_before: row.sessions_not_before,
        }))
    }

    fn rotate(&mut self, rotation: &Rotation) -> Result<Option<Rotated>, StoreError> {
        let Rotation { presented, successor, now, expires_at, grace_since, .. } = *rotation;
        let live = |row: &&mut SessionRow| row.session.id == rotation.session && row.is_live(now);
        let Some(row) = self.state.sessions.iter_mut().find(live) else { return Ok(None) };
        if row.current == presented {
            row.previous = Some(presented);
            row.current = successor;
            row.session.used_at = now;
            row.session.expires_at = expires_at.min(row.session.ends_at);
        } else if row.previous != Some(presented) || row.session.used_at <= grace_since {
            return Ok(None);
        }
        let Session { profile_id, used_at, expires_at, .. } = row.session;
        Ok(self.row(profile_id).map(|row| Rotated {
            profile_id,
            role: row.account.role(),
            is_approved: row.account.is_approved(),
            used_at,
            expires_at,
        }))
    }

    fn end(&mut self, id: SessionId, at: DateTime<Utc>, reason: EndReason) -> Result<bool, StoreError> {
        let found = self.state.sessions.iter_mut().find(|row| row.session.id == id && row.is_live(at));
        Ok(found.map(|row| row.ended = Some((at, reason))).is_some())
    }

    fn end_all(
        &mut self,
        profile_id: ProfileId,
        except: Option<SessionId>,
        at: DateTime<Utc>,
        reason: EndReason,
    ) -> Result<u64, StoreError> {
        if let Some(row) = self.row(profile_id) {
            row.sessions_not_before = Some(at);
        }
        let mut count = 0;
        for row in self.state.sessions.iter_mut().filter(|row| row.is_live(at)) {
            if row.session.profile_id == profile_id && Some(row.session.id) != except {
                row.ended = Some((at, reason));
                count += 1;
            }
        }
        Ok(count)
    }

    fn lock_removal(&mut self) -> Result<bool, StoreError> {
        // There is no other transaction meanwhile.
        Ok(true)
    }

    fn remove_expired(&mut self, now: DateTime<Utc>, limit: u32) -> Result<u32, StoreError> {
        let expired = |row: &SessionRow| row.session.expires_at.date_naive() < now.date_naive();
        Ok(self.remove(limit, |row| row.ended.is_none() && expired(row)))
    }

    fn remove_ended(&mut self, moment: DateTime<Utc>, limit: u32) -> Result<u32, StoreError> {
        Ok(self.remove(limit, |row| row.ended.is_some_and(|(at, _)| at < moment)))
    }

    fn ended(
        &mut self,
        profile_id: ProfileId,
        since: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<EndedSession>, StoreError> {
        let rows = self.state.sessions.iter().filter(|row| row.session.profile_id == profile_id);
        let mut ended: Vec<_> = rows
            .filter_map(|SessionRow { session, ended, .. }| {
                let (ended_at, reason) = ended.filter(|(at, _)| *at >= since)?;
                Some(EndedSession { session: session.clone(), ended_at, reason })
            })
            .collect();
        ended.sort_by_key(|ended| std::cmp::Reverse((ended.ended_at, ended.session.id)));
        ended.truncate(limit as usize);
        Ok(ended)
    }

    fn live(&mut self, profile_id: ProfileId, now: DateTime<Utc>) -> Result<Vec<Session>, StoreError> {
        let live = self.state.sessions.iter().filter(|row| row.is_live(now)).map(|row| row.session.clone());
        let mut own: Vec<_> = live.filter(|session| session.profile_id == profile_id).collect();
        own.sort_by_key(|session| std::cmp::Reverse(session.id));
        Ok(own)
    }
}
