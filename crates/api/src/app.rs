//! The state that all handlers share: use cases, bulkheads and request batchers.

use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::{HttpRequest, web};
use chrono::{DateTime, NaiveDate, Utc};
use sihha_domain::account::{Account, AccountError, EmailAddress};
use sihha_domain::clock::{Clock, date_in_algeria};
use sihha_domain::ids::{ProfileId, StaffId};
use sihha_domain::mail::TokenPurpose;
use sihha_domain::randomness::Randomness;
use sihha_domain::session::{Caller, ClientInfo, PresentedToken, RefreshToken, SessionError, TokenPair};
use sihha_domain::store::StoreError;
use sihha_domain::use_cases::UseCases;

use crate::bulkhead::{AccountKey, Bulkhead, MAX_WAIT};
use crate::network_limits::NetworkLimits;
use crate::problem::ApiError;
use crate::proxies::TrustedProxies;
use crate::request_batcher::{Batching, RequestBatcher};

/// Minimum and maximum delay, in milliseconds, before an overload response is sent.
///
/// Without a delay, clients that retry immediately would use the cores that other requests need.
/// The delay is random, so that these clients do not all return at the same moment.
const OVERLOAD_DELAY: (u8, u8) = (28, 40);

/// Maximum time that a refresh is repeated while another transaction locks its session, and the
/// first pause. Two tabs that refresh simultaneously wait for each other's commit. During a pause,
/// a refresh uses neither a thread nor a connection.
const LOCKED_WAIT: Duration = Duration::from_millis(150);
const LOCKED_PAUSE: Duration = Duration::from_millis(2);

/// Maximum response time of `/health/ready`, and maximum number of such requests that wait.
const READY_TIMEOUT: Duration = Duration::from_millis(900);
const READY_QUEUE: usize = 1024;

/// Maximum numbers of requests that run simultaneously, and that wait, by kind.
#[derive(Debug, Clone, Copy)]
pub struct ConcurrencyLimits {
    /// Number of threads for requests that hash a password.
    pub credentials: usize,
    /// Maximum number of such requests that wait.
    pub credentials_queue: usize,
    /// Number of threads for requests that only use the database.
    pub database: usize,
    /// Maximum number of such requests that wait.
    pub database_queue: usize,
    /// Number of threads that read accounts, and of as many others that refresh sessions. Most
    /// requests are of these two kinds.
    pub batched: usize,
    /// Maximum number of requests of each of the two kinds that wait.
    pub batched_queue: usize,
    /// Maximum number of requests that one statement serves.
    pub batch_size: usize,
}

/// How the service treats its clients: which of them it trusts, and how much they may send.
#[derive(Clone, Default)]
pub struct HttpSettings {
    /// Reverse proxies that name the client and the request.
    pub trusted_proxies: TrustedProxies,
    /// Origins whose web pages may read every response (CORS), as browsers send them.
    pub cors_origins: Vec<String>,
    /// Limits of requests per network.
    pub network_limits: Arc<NetworkLimits>,
    /// Where to report a vulnerability, as URLs.
    pub security_contacts: Vec<String>,
    /// Address at which people reach the service, without a slash at its end.
    pub public_url: Option<String>,
}

/// The use cases and their bulkheads, shared by all handlers.
pub struct App {
    pub(crate) http: HttpSettings,
    pub(crate) use_cases: Arc<UseCases>,
    pub(crate) randomness: Arc<dyn Randomness>,
    clock: Arc<dyn Clock>,
    credentials: Bulkhead,
    database: Bulkhead,
    accounts: RequestBatcher<Caller, Result<Account, AccountError>>,
    refreshes: RequestBatcher<PresentedToken, Result<TokenPair, SessionError>>,
    readiness: RequestBatcher<(), Result<(), StoreError>>,
}

impl App {
    /// Starts the bulkheads' threads.
    ///
    /// # Errors
    ///
    /// Returns an error if a thread cannot be created.
    pub fn new(
        use_cases: Arc<UseCases>,
        clock: Arc<dyn Clock>,
        randomness: Arc<dyn Randomness>,
        limits: ConcurrencyLimits,
        http: HttpSettings,
    ) -> std::io::Result<Self> {
        let ConcurrencyLimits { credentials, database, batch_size, .. } = limits;
        let batching =
            Batching { threads: limits.batched, queue: limits.batched_queue, max_wait: MAX_WAIT, batch_size };
        // One check at a time. Its outcome is the response to all requests that wait.
        let checks = Batching { threads: 1, queue: READY_QUEUE, batch_size: READY_QUEUE, ..batching };
        let [reading, refreshing, checking] = [(); 3].map(|()| Arc::clone(&use_cases));
        let read = move |callers: Vec<Caller>| reading.read_account.run(&callers);
        let refresh = move |presented: Vec<PresentedToken>| refreshing.refresh.run(&presented);
        let check = move |askers: Vec<()>| {
            let outcome = checking.check_store.run();
            askers.into_iter().map(|()| outcome.clone()).collect()
        };
        Ok(Self {
            http,
            use_cases,
            randomness,
            clock,
            // No time limit: the operator sets the length of this queue, and so the maximum wait.
            credentials: Bulkhead::new("credentials", credentials, limits.credentials_queue, Duration::MAX)?,
            database: Bulkhead::new("database", database, limits.database_queue, MAX_WAIT)?,
            accounts: RequestBatcher::new("accounts", batching, read)?,
            refreshes: RequestBatcher::new("refreshes", batching, refresh)?,
            readiness: RequestBatcher::new("readiness", checks, check)?,
        })
    }

    /// Returns the state that the request's handler shares.
    pub(crate) fn of(request: &HttpRequest) -> Result<&Self, ApiError> {
        let app = request.app_data::<web::Data<Self>>().map(web::Data::get_ref);
        app.ok_or_else(|| ApiError::Internal("no application data".to_owned()))
    }

    /// Runs a use case that hashes a password. It can check whether the client has disconnected.
    pub(crate) async fn credentials<T: Send + 'static, E: Into<ApiError> + Send + 'static>(
        &self,
        account: AccountKey,
        work: impl FnOnce(&UseCases, &dyn Fn() -> bool) -> Result<T, E> + Send + 'static,
    ) -> Result<T, ApiError> {
        let outcome = self.run(&self.credentials, account, work).await;
        if matches!(outcome, Err(ApiError::Overloaded)) {
            tokio::time::sleep(self.overload_delay()).await;
        }
        outcome
    }

    fn overload_delay(&self) -> Duration {
        let (least, most) = OVERLOAD_DELAY;
        let mut random = [0];
        self.randomness.fill(&mut random);
        Duration::from_millis(u64::from(least + random[0] % (most - least + 1)))
    }

    /// Runs a use case that only uses the database.
    pub(crate) async fn database<T: Send + 'static, E: Into<ApiError> + Send + 'static>(
        &self,
        account: ProfileId,
        work: impl FnOnce(&UseCases) -> Result<T, E> + Send + 'static,
    ) -> Result<T, ApiError> {
        let work = move |use_cases: &UseCases, _: &dyn Fn() -> bool| work(use_cases);
        self.run(&self.database, AccountKey::Id(account), work).await
    }

    /// Runs a use case of a member of staff that only uses the database.
    pub(crate) async fn staff<T: Send + 'static, E: Into<ApiError> + Send + 'static>(
        &self,
        staff: StaffId,
        work: impl FnOnce(&UseCases) -> Result<T, E> + Send + 'static,
    ) -> Result<T, ApiError> {
        let work = move |use_cases: &UseCases, _: &dyn Fn() -> bool| work(use_cases);
        self.run(&self.database, AccountKey::Staff(staff), work).await
    }

    /// Takes the request of somebody without a session for a mail with a link.
    pub(crate) async fn request_mail(
        &self,
        purpose: TokenPurpose,
        email: EmailAddress,
    ) -> Result<(), ApiError> {
        let account = AccountKey::Email(email.canonical());
        let work =
            move |use_cases: &UseCases, _: &dyn Fn() -> bool| use_cases.request_mail.run(purpose, email);
        self.run(&self.database, account, work).await
    }

    /// Returns the caller's account. Accounts of simultaneous requests are read as one batch.
    pub(crate) async fn account(&self, caller: Caller) -> Result<Account, ApiError> {
        Ok(self.accounts.submit(caller).await??)
    }

    /// Returns new tokens. Sessions of simultaneous requests are refreshed as one batch.
    pub(crate) async fn refresh(
        &self,
        token: RefreshToken,
        client: ClientInfo,
    ) -> Result<TokenPair, ApiError> {
        let presented = match token {
            RefreshToken::Issued(presented) => presented,
            // Needs a transaction of its own, so it cannot be part of a batch.
            legacy @ RefreshToken::Legacy(_) => {
                let adopt = move |use_cases: &UseCases| use_cases.verify_refresh_token.adopt(legacy, &client);
                self.database(legacy.profile_id(), adopt).await?
            }
        };
        let (asked_at, mut pause) = (Instant::now(), LOCKED_PAUSE);
        loop {
            match self.refreshes.submit(presented).await? {
                Err(SessionError::Store(StoreError::Locked)) if asked_at.elapsed() + pause < LOCKED_WAIT => {
                    tokio::time::sleep(pause).await;
                    pause *= 2;
                }
                outcome => return Ok(outcome?),
            }
        }
    }

    /// Checks that the store responds. Runs on a separate thread, so that other requests do not
    /// delay it.
    pub(crate) async fn check_store(&self) -> Result<(), ApiError> {
        let silent = StoreError::Unavailable("no sign of life from the database in time".into());
        let asked = tokio::time::timeout(READY_TIMEOUT, self.readiness.submit(())).await;
        let outcome = asked.map_or(Ok(Err(silent)), |asked| asked)?;
        Ok(outcome?)
    }

    async fn run<T: Send + 'static, E: Into<ApiError> + Send + 'static>(
        &self,
        bulkhead: &Bulkhead,
        account: AccountKey,
        work: impl FnOnce(&UseCases, &dyn Fn() -> bool) -> Result<T, E> + Send + 'static,
    ) -> Result<T, ApiError> {
        let use_cases = Arc::clone(&self.use_cases);
        let work = move |client_has_gone: &dyn Fn() -> bool| work(&use_cases, client_has_gone);
        bulkhead.run(account, work).await?.map_err(Into::into)
    }

    /// Returns the time.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Returns today's date in Algeria.
    pub(crate) fn today(&self) -> NaiveDate {
        date_in_algeria(self.clock.now())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::pin::pin;
    use std::sync::mpsc;

    use futures_util::poll;
    use sihha_domain::mail::NoMailer;
    use sihha_domain::password::PasswordPolicy;
    use sihha_domain::secret_box::NoSecretKey;
    use sihha_domain::session::NoTokens;
    use sihha_domain::testing::{FixedClock, MemoryStore, PlainCodes, PlainHasher, SequenceRandomness};
    use sihha_domain::use_cases::{Ports, Settings};

    use super::*;

    /// Returns an app with in-memory adapters.
    pub(crate) fn app_in_memory() -> App {
        let ports = Ports {
            store: Arc::new(MemoryStore::default()),
            hasher: Arc::new(PlainHasher::default()),
            password_policy: PasswordPolicy::default(),
            staff_password_policy: PasswordPolicy::default(),
            issuer: Arc::new(NoTokens),
            staff_issuer: Arc::new(NoTokens),
            one_time_codes: Arc::new(PlainCodes),
            secret_box: Arc::new(NoSecretKey),
            mailer: Arc::new(NoMailer),
            public_keys: Arc::new(NoTokens),
            signing_keys: Arc::new(NoTokens),
            legacy_tokens: None,
            clock: Arc::new(FixedClock::at("2026-11-23T09:30:00Z")),
            randomness: Arc::new(SequenceRandomness::default()),
        };
        let (clock, randomness) = (Arc::clone(&ports.clock), Arc::clone(&ports.randomness));
        let use_cases = Arc::new(UseCases::new(ports, Settings::DEFAULT));
        let one = ConcurrencyLimits {
            credentials: 1,
            credentials_queue: 1,
            database: 1,
            database_queue: 1,
            batched: 1,
            batched_queue: 1,
            batch_size: 1,
        };
        App::new(use_cases, clock, randomness, one, HttpSettings::default()).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn an_overload_response_is_delayed_by_a_random_time_and_a_success_is_not() {
        let app = app_in_memory();
        let account = |name: &str| AccountKey::Email(name.to_owned());
        let (start, started) = mpsc::channel();
        let (release, released) = mpsc::channel::<()>();
        let mut running = pin!(app.credentials(account("a"), move |_, _| {
            start.send(()).unwrap();
            released.recv().unwrap();
            Ok::<_, ApiError>(())
        }));
        assert!(poll!(&mut running).is_pending());
        started.recv().unwrap();
        let mut queued = pin!(app.credentials(account("b"), |_, _| Ok::<_, ApiError>(())));
        assert!(poll!(&mut queued).is_pending());

        let (least, most) = OVERLOAD_DELAY;
        let mut delays = Vec::new();
        for _ in least..=most {
            let before = tokio::time::Instant::now();
            let refused = app.credentials(account("c"), |_, _| Ok::<_, ApiError>(())).await;
            assert!(matches!(refused, Err(ApiError::Overloaded)), "{refused:?}");
            delays.push(before.elapsed().as_millis());
        }
        delays.sort_unstable();
        // This source returns ascending bytes, so each delay occurs once.
        assert_eq!(delays, (28..=40).collect::<Vec<_>>());

        let before = tokio::time::Instant::now();
        release.send(()).unwrap();
        assert!(running.await.is_ok() && queued.await.is_ok());
        assert_eq!(before.elapsed(), Duration::ZERO);
    }
}
