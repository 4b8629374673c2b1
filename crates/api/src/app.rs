//! What the handlers work with.

use std::sync::Arc;
use std::time::Duration;

use chrono::NaiveDate;
use sihha_domain::Error;
use sihha_domain::account::{Account, ChangeAccount, ReadAccount, Register};
use sihha_domain::clock::{Clock, date_in_algeria};
use sihha_domain::ids::Randomness;
use sihha_domain::key::ListPublicKeys;
use sihha_domain::password::ChangePassword;
use sihha_domain::session::{
    Authenticate, Claims, Login, Logout, OwnSessions, Refresh, RefreshAttempt, RefreshOutcome,
};
use sihha_domain::store::CheckStore;

use crate::batch::Batch;
use crate::bulkhead::Bulkhead;
use crate::problem::ApiError;

/// How many milliseconds a refusal for want of room waits before it is told, at least and at most. Clients that try again
/// at once would otherwise take the cores from everybody else by being refused. Each waits another time, or all of
/// them would be back at the same moment.
const REFUSAL: (u8, u8) = (28, 40);

/// The use cases that are reachable over HTTP, and the two ports that the edge itself needs.
pub struct UseCases {
    /// Registers an account.
    pub register: Register,
    /// Logs in.
    pub login: Login,
    /// Reads a token.
    pub authenticate: Authenticate,
    /// Exchanges a refresh token.
    pub refresh: Refresh,
    /// Logs out.
    pub logout: Logout,
    /// Lists and ends the caller's sessions.
    pub own_sessions: OwnSessions,
    /// Changes the caller's password.
    pub change_password: ChangePassword,
    /// Changes the caller's account.
    pub change_account: ChangeAccount,
    /// Reads the caller's account.
    pub read_account: ReadAccount,
    /// Lists the keys by which others verify tokens.
    pub list_public_keys: ListPublicKeys,
    /// Checks that the store answers.
    pub check_store: CheckStore,
    /// Tells what day it is, and how long a request took.
    pub clock: Arc<dyn Clock>,
    /// Makes request ids.
    pub randomness: Arc<dyn Randomness>,
}

/// How much work is let in at a time.
#[derive(Debug, Clone, Copy)]
pub struct Bulkheads {
    /// Threads for what hashes a password.
    pub credentials: usize,
    /// How many more such requests may wait.
    pub credentials_queue: usize,
    /// Threads for what only asks the database.
    pub database: usize,
    /// How many more such requests may wait.
    pub database_queue: usize,
    /// Threads for reading accounts, and as many again for refreshing sessions: what most requests ask for.
    pub hot: usize,
    /// How many more of either may wait.
    pub hot_queue: usize,
}

/// The use cases behind their bulkheads, shared by all handlers.
pub struct App {
    pub(crate) use_cases: Arc<UseCases>,
    credentials: Bulkhead,
    database: Bulkhead,
    accounts: Batch<Claims, Result<Account, Error>>,
    refreshments: Batch<RefreshAttempt, RefreshOutcome>,
}

impl App {
    /// Starts the bulkheads' threads.
    ///
    /// # Errors
    ///
    /// If the system gives no thread.
    pub fn new(use_cases: UseCases, bulkheads: Bulkheads) -> std::io::Result<Self> {
        let Bulkheads { credentials, credentials_queue, database, database_queue, hot, hot_queue } =
            bulkheads;
        let use_cases = Arc::new(use_cases);
        let (reading, refreshing) = (Arc::clone(&use_cases), Arc::clone(&use_cases));
        let read = move |callers: Vec<Claims>| reading.read_account.run(&callers);
        let refresh = move |attempts: Vec<RefreshAttempt>| refreshing.refresh.run(&attempts);
        Ok(Self {
            use_cases,
            credentials: Bulkhead::new("credentials", credentials, credentials_queue)?,
            database: Bulkhead::new("database", database, database_queue)?,
            accounts: Batch::new("accounts", hot, hot_queue, read)?,
            refreshments: Batch::new("refreshments", hot, hot_queue, refresh)?,
        })
    }

    /// Runs a use case that hashes a password.
    pub(crate) async fn credentials<T: Send + 'static>(
        &self,
        work: impl FnOnce(&UseCases) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, ApiError> {
        let outcome = Self::run(&self.credentials, Arc::clone(&self.use_cases), work).await;
        if matches!(outcome, Err(ApiError::Overloaded)) {
            tokio::time::sleep(self.refusal()).await;
        }
        outcome
    }

    fn refusal(&self) -> Duration {
        let (least, most) = REFUSAL;
        let mut random = [0];
        self.use_cases.randomness.fill(&mut random);
        Duration::from_millis(u64::from(least + random[0] % (most - least + 1)))
    }

    /// Runs a use case that only asks the database.
    pub(crate) async fn database<T: Send + 'static>(
        &self,
        work: impl FnOnce(&UseCases) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, ApiError> {
        Self::run(&self.database, Arc::clone(&self.use_cases), work).await
    }

    /// The caller's account, read together with what others ask for at the moment.
    pub(crate) async fn account(&self, caller: Claims) -> Result<Account, ApiError> {
        Ok(self.accounts.ask(caller).await??)
    }

    /// New tokens, made together with those that others ask for at the moment.
    pub(crate) async fn refresh(&self, attempt: RefreshAttempt) -> Result<RefreshOutcome, ApiError> {
        Ok(self.refreshments.ask(attempt).await?)
    }

    async fn run<T: Send + 'static>(
        bulkhead: &Bulkhead,
        use_cases: Arc<UseCases>,
        work: impl FnOnce(&UseCases) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, ApiError> {
        Ok(bulkhead.run(move || work(&use_cases)).await??)
    }

    /// Today's date in Algeria.
    pub(crate) fn today(&self) -> NaiveDate {
        date_in_algeria(self.use_cases.clock.now())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use chrono::TimeDelta;
    use sihha_domain::session::{RefreshTokens, RoleTimes, SessionLifetimes, Sessions};
    use sihha_domain::testing::{FixedClock, MemoryStore, PlainHasher, PlainIssuer, SequenceRandomness};

    use super::*;

    /// An app with nothing real behind it.
    pub(crate) fn app_in_memory() -> App {
        let (store, hasher) = (Arc::new(MemoryStore::default()), Arc::new(PlainHasher::default()));
        let (issuer, clock) =
            (Arc::new(PlainIssuer::default()), Arc::new(FixedClock::at("2026-11-23T09:30:00Z")));
        let randomness = Arc::new(SequenceRandomness::default());
        let times = RoleTimes::same(TimeDelta::hours(24));
        let lifetimes = SessionLifetimes { access: TimeDelta::minutes(5), idle: times, absolute: times };
        let sessions = Arc::new(Sessions {
            issuer: issuer.clone(),
            clock: clock.clone(),
            randomness: randomness.clone(),
            lifetimes,
        });
        let tokens = Arc::new(RefreshTokens { issuer: issuer.clone(), former: None });
        let register = Register {
            store: store.clone(),
            hasher: hasher.clone(),
            sessions: sessions.clone(),
            clock: clock.clone(),
            randomness: randomness.clone(),
        };
        let use_cases = UseCases {
            register,
            change_password: ChangePassword {
                store: store.clone(),
                hasher: hasher.clone(),
                clock: clock.clone(),
            },
            login: Login { store: store.clone(), hasher, sessions: sessions.clone() },
            authenticate: Authenticate { issuer: issuer.clone(), clock: clock.clone() },
            refresh: Refresh {
                store: store.clone(),
                tokens: tokens.clone(),
                sessions,
                grace: TimeDelta::seconds(10),
            },
            logout: Logout { store: store.clone(), tokens, clock: clock.clone() },
            list_public_keys: ListPublicKeys { keys: issuer, clock: clock.clone() },
            own_sessions: OwnSessions { store: store.clone(), clock: clock.clone() },
            change_account: ChangeAccount { store: store.clone(), clock: clock.clone() },
            read_account: ReadAccount { store: store.clone(), clock: clock.clone() },
            check_store: CheckStore { store },
            clock,
            randomness,
        };
        let one = Bulkheads {
            credentials: 1,
            credentials_queue: 1,
            database: 1,
            database_queue: 1,
            hot: 1,
            hot_queue: 1,
        };
        App::new(use_cases, one).unwrap()
    }
}
