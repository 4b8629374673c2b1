//! An in-memory store, for tests and experiments.

mod account;
mod approval;
mod idempotency;
mod key;
mod legacy_token;
mod mail;
mod password;
mod search;
mod session;
mod staff;
mod state;
mod suspension;
mod throttle;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use self::account::MemoryAccounts;
use self::approval::MemoryApprovals;
use self::idempotency::MemoryIdempotency;
use self::key::MemoryKeyUses;
use self::legacy_token::MemoryLegacyTokens;
use self::mail::{MemoryDevices, MemoryMailRequests, MemoryMailTokens, MemoryOutbox, MemoryRateLimits};
use self::password::MemoryPasswords;
use self::search::MemorySearch;
use self::session::MemorySessions;
use self::staff::{MemoryStaff, MemoryStaffSessions};
use self::state::State;
use self::suspension::MemorySuspensions;
use self::throttle::MemoryThrottles;
use crate::account::AccountRepository;
use crate::approval::ApprovalRepository;
use crate::idempotency::IdempotencyRepository;
use crate::ids::SessionId;
use crate::key::KeyUseRepository;
use crate::mail::{MailRequestRepository, MailTokenRepository, OutboxRepository};
use crate::password::PasswordRepository;
use crate::rate_limit::RateLimitRepository;
use crate::search::AccountSearch;
use crate::session::{DeviceRepository, LegacyTokenRepository, SessionRepository};
use crate::staff::{StaffRepository, StaffSessionRepository};
use crate::store::{Outage, Repositories, Store, StoreError, Transaction};
use crate::suspension::SuspensionRepository;
use crate::testing::conformance::ObservableStore;
use crate::throttle::ThrottleRepository;

/// A store in memory. It runs one transaction or reader at a time; the next one waits.
#[derive(Default)]
pub struct MemoryStore {
    state: Mutex<State>,
    /// Threads that wait for `state`.
    waiting: AtomicUsize,
    outage: Mutex<Option<Outage>>,
}

/// A working copy of the state. `commit` replaces the state with it; with `autocommit`, its drop
/// does.
struct MemoryTransaction<'a> {
    stored: MutexGuard<'a, State>,
    state: State,
    autocommit: bool,
}

impl Drop for MemoryTransaction<'_> {
    fn drop(&mut self) {
        if self.autocommit {
            *self.stored = std::mem::take(&mut self.state);
        }
    }
}

impl MemoryStore {
    /// Sets the outage that the store reports.
    pub fn report_outage(&self, outage: Option<Outage>) {
        *self.outage.lock().unwrap_or_else(PoisonError::into_inner) = outage;
    }

    /// Makes batch calls return no result for `session`, as a defective adapter would.
    pub fn omit_results_of(&self, session: Option<SessionId>) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).omitted = session;
    }

    /// Makes the next commits of transactions fail with these errors.
    pub fn fail_commits(&self, errors: impl IntoIterator<Item = StoreError>) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).commit_errors.extend(errors);
    }

    fn open(&self, autocommit: bool) -> MemoryTransaction<'_> {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        let stored = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        self.waiting.fetch_sub(1, Ordering::SeqCst);
        MemoryTransaction { state: stored.clone(), stored, autocommit }
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
    fn accounts(&mut self) -> Box<dyn AccountRepository + '_> {
        Box::new(MemoryAccounts(&mut self.state))
    }

    fn search(&mut self) -> Box<dyn AccountSearch + '_> {
        Box::new(MemorySearch(&mut self.state))
    }

    fn passwords(&mut self) -> Box<dyn PasswordRepository + '_> {
        Box::new(MemoryPasswords(&mut self.state))
    }

    fn approvals(&mut self) -> Box<dyn ApprovalRepository + '_> {
        Box::new(MemoryApprovals(&mut self.state))
    }

    fn suspensions(&mut self) -> Box<dyn SuspensionRepository + '_> {
        Box::new(MemorySuspensions(&mut self.state))
    }

    fn sessions(&mut self) -> Box<dyn SessionRepository + '_> {
        Box::new(MemorySessions(&mut self.state))
    }

    fn staff(&mut self) -> Box<dyn StaffRepository + '_> {
        Box::new(MemoryStaff(&mut self.state))
    }

    fn staff_sessions(&mut self) -> Box<dyn StaffSessionRepository + '_> {
        Box::new(MemoryStaffSessions(&mut self.state))
    }

    fn devices(&mut self) -> Box<dyn DeviceRepository + '_> {
        Box::new(MemoryDevices(&mut self.state))
    }

    fn outbox(&mut self) -> Box<dyn OutboxRepository + '_> {
        Box::new(MemoryOutbox(&mut self.state))
    }

    fn mail_tokens(&mut self) -> Box<dyn MailTokenRepository + '_> {
        Box::new(MemoryMailTokens(&mut self.state))
    }

    fn mail_requests(&mut self) -> Box<dyn MailRequestRepository + '_> {
        Box::new(MemoryMailRequests(&mut self.state))
    }

    fn rate_limits(&mut self) -> Box<dyn RateLimitRepository + '_> {
        Box::new(MemoryRateLimits(&mut self.state))
    }

    fn throttles(&mut self) -> Box<dyn ThrottleRepository + '_> {
        Box::new(MemoryThrottles(&mut self.state))
    }

    fn idempotency(&mut self) -> Box<dyn IdempotencyRepository + '_> {
        Box::new(MemoryIdempotency(&mut self.state))
    }

    fn key_uses(&mut self) -> Box<dyn KeyUseRepository + '_> {
        Box::new(MemoryKeyUses(&mut self.state))
    }

    fn legacy_tokens(&mut self) -> Box<dyn LegacyTokenRepository + '_> {
        Box::new(MemoryLegacyTokens(&mut self.state))
    }
}

impl Transaction for MemoryTransaction<'_> {
    fn commit(mut self: Box<Self>) -> Result<(), StoreError> {
        if let Some(error) = self.stored.commit_errors.pop_front() {
            return Err(error);
        }
        *self.stored = std::mem::take(&mut self.state);
        Ok(())
    }
}
