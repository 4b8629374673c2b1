//! An in-memory store, for tests and experiments.

mod key;
mod session;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};

use crate::account::{
    Account, AccountRef, AccountRepository, EmailAddress, InsertError, Profile, UniqueField,
};
use crate::approval::{Application, ApplicationFilter, Approval, ApprovalRepository};
use crate::ids::{ProfileId, RecordId, SessionId, TokenDigest};
use crate::key::{KeyUse, KeyUseRepository};
use crate::password::{Credentials, PasswordHash, PasswordRepository};
use crate::session::{EndReason, Session, SessionRepository};
use crate::store::{Outage, Repositories, Store, StoreError, Transaction};
use crate::suspension::{AccountStanding, Reinstatement, Suspension, SuspensionRepository};
use crate::testing::conformance::ObservableStore;

/// A store in memory. It runs one transaction or reader at a time; the next one waits.
#[derive(Default)]
pub struct MemoryStore {
    state: Mutex<State>,
    /// Threads that wait for `state`.
    waiting: AtomicUsize,
    outage: Mutex<Option<Outage>>,
}

#[derive(Clone, Default)]
struct State {
    rows: Vec<Row>,
    sessions: Vec<SessionRow>,
    key_uses: Vec<KeyUse>,
}

#[derive(Clone)]
struct SessionRow {
    session: Session,
    current: TokenDigest,
    previous: Option<TokenDigest>,
    ended: Option<(DateTime<Utc>, EndReason)>,
    is_restored: bool,
}

#[derive(Clone)]
struct Row {
    account: Account,
    password: PasswordHash,
    sessions_not_before: Option<DateTime<Utc>>,
    suspensions: Vec<Suspension>,
    decisions: Vec<Approval>,
}

impl Row {
    fn is_suspended(&self) -> bool {
        self.suspensions.last().is_some_and(|last| last.reinstatement.is_none())
    }
}

/// A working copy of the state. `commit` replaces the state with it; with `autocommit`, its drop does.
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
    /// Sets the outage that the store reports.
    pub fn report_outage(&self, outage: Option<Outage>) {
        *self.outage.lock().unwrap_or_else(PoisonError::into_inner) = outage;
    }

    fn open(&self, autocommit: bool) -> MemoryTransaction<'_> {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        let kept = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        self.waiting.fetch_sub(1, Ordering::SeqCst);
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

    fn last_outage(&self) -> Option<Outage> {
        *self.outage.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ObservableStore for MemoryStore {
    fn wait_until_blocked(&self) {
        let deadline = Instant::now() + Duration::from_secs(30);
        while self.waiting.load(Ordering::SeqCst) == 0 {
            assert!(Instant::now() < deadline, "no transaction waits");
            std::thread::yield_now();
        }
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

    fn suspensions(&mut self) -> &mut dyn SuspensionRepository {
        self
    }

    fn sessions(&mut self) -> &mut dyn SessionRepository {
        self
    }

    fn key_uses(&mut self) -> &mut dyn KeyUseRepository {
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

    fn named(&self, account: &AccountRef) -> Option<&Row> {
        match account {
            AccountRef::Id(id) => self.state.rows.iter().find(|row| row.account.id == *id),
            AccountRef::Email(email) => self.by_email(email),
        }
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
    Some(Application {
        id: account.id,
        role: account.role(),
        email: account.profile.email.clone(),
        name: account.details.name(),
        registered_at: account.registered_at,
        approval: account.approval.clone()?,
    })
}

impl AccountRepository for MemoryTransaction<'_> {
    fn insert(
        &mut self,
        account: &Account,
        password: &PasswordHash,
        first_session: Option<(&Session, &TokenDigest)>,
    ) -> Result<(), InsertError> {
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
            suspensions: Vec::new(),
            decisions: Vec::new(),
        });
        if let Some((session, current)) = first_session {
            self.add_session(session, current);
        }
        Ok(())
    }

    fn lock(&mut self, _: ProfileId) -> Result<(), StoreError> {
        // No other transaction runs at the same time.
        Ok(())
    }

    fn find(&mut self, id: ProfileId) -> Result<Option<Account>, StoreError> {
        Ok(self.row(id).map(|row| row.account.clone()))
    }

    fn page(&mut self, after: Option<ProfileId>, limit: u32) -> Result<Vec<Account>, StoreError> {
        let accounts = self.state.rows.iter().map(|row| &row.account);
        let mut accounts: Vec<_> = accounts.filter(|account| Some(account.id) > after).cloned().collect();
        accounts.sort_by_key(|account| account.id);
        accounts.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(accounts)
    }

    fn find_in_sessions(
        &mut self,
        wanted: &[(ProfileId, SessionId)],
        now: DateTime<Utc>,
    ) -> Vec<Result<Option<Account>, StoreError>> {
        let mut find = |&(id, session)| {
            let live = self.find_live(id, session, now)?.is_some();
            if live { AccountRepository::find(self, id) } else { Ok(None) }
        };
        wanted.iter().map(&mut find).collect()
    }

    fn lock_in_session(
        &mut self,
        id: ProfileId,
        session: SessionId,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        // A transaction locks the whole store.
        Ok(self.find_live(id, session, now)?.is_some())
    }

    fn update(&mut self, account: &Account) -> Result<(), StoreError> {
        if let Some(Row { account: kept, .. }) = self.row(account.id) {
            let (email, carte_id) = (kept.profile.email.clone(), kept.profile.carte_id.clone());
            kept.profile = Profile { email, carte_id, ..account.profile.clone() };
            kept.details = account.details.clone();
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
            is_suspended: row.is_suspended(),
            sessions_not_before: row.sessions_not_before,
        }))
    }

    fn find_in_session(
        &mut self,
        id: ProfileId,
        session: SessionId,
        now: DateTime<Utc>,
    ) -> Result<Option<PasswordHash>, StoreError> {
        let live = self.find_live(id, session, now)?.is_some();
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

    fn find(&mut self, account: &AccountRef) -> Result<Option<Application>, StoreError> {
        Ok(self.named(account).and_then(|row| application(&row.account)))
    }

    fn lock(&mut self, account: &AccountRef) -> Result<Option<Application>, StoreError> {
        ApprovalRepository::find(self, account)
    }

    fn record(&mut self, id: ProfileId, approval: &Approval) -> Result<(), StoreError> {
        if let Some(row) = self.row(id) {
            row.account.approval = Some(approval.clone());
        }
        Ok(())
    }

    fn append(&mut self, id: ProfileId, _: RecordId, decided: &Approval) -> Result<(), StoreError> {
        if let Some(row) = self.row(id) {
            row.decisions.push(decided.clone());
        }
        Ok(())
    }

    fn decisions(&mut self, id: ProfileId) -> Result<Vec<Approval>, StoreError> {
        Ok(self.row(id).map(|row| row.decisions.clone()).unwrap_or_default())
    }
}

impl SuspensionRepository for MemoryTransaction<'_> {
    fn lock(&mut self, account: &AccountRef) -> Result<Option<AccountStanding>, StoreError> {
        Ok(self.named(account).map(|row| AccountStanding {
            id: row.account.id,
            role: row.account.role(),
            email: row.account.profile.email.clone(),
            name: row.account.details.name(),
            suspension: row.suspensions.last().cloned(),
        }))
    }

    fn add(&mut self, id: ProfileId, _: RecordId, suspension: &Suspension) -> Result<(), StoreError> {
        if let Some(row) = self.row(id) {
            row.suspensions.push(suspension.clone());
        }
        Ok(())
    }

    fn reinstate(&mut self, id: ProfileId, reinstatement: &Reinstatement) -> Result<(), StoreError> {
        if let Some(last) = self.row(id).and_then(|row| row.suspensions.last_mut()) {
            last.reinstatement = Some(reinstatement.clone());
        }
        Ok(())
    }
}
