//! The whole domain in memory, on a clock that stands still.

use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

use chrono::TimeDelta;
use sihha_domain::Error;
use sihha_domain::account::{
    Account, AccountRef, EmailAddress, ReadAccount, Register, Registered, Registration, Role, RoleDetails,
};
use sihha_domain::approval::ListApplications;
use sihha_domain::approval::{Application, ApplicationFilter, Applications, Decide, DecisionRequest};
use sihha_domain::clock::Clock;
use sihha_domain::ids::ProfileId;
use sihha_domain::password::{ChangePassword, HashError, Password, PasswordChange, PasswordHash};
use sihha_domain::password::{PasswordHasher, VerifyOutcome};
use sihha_domain::reason::Reason;
use sihha_domain::session::{Authenticate, Claims, LoggedIn, Login, LoginAttempt, RefusedLogin};
use sihha_domain::session::{ClientInfo, LegacySessions, LegacyTokenReader, VerifyRefreshToken};
use sihha_domain::session::{Logout, OwnSessions, PresentedToken, Refresh, TokenPair};
use sihha_domain::session::{PerRole, SessionIssuer, SessionLifetimes, TokenIssuer};
use sihha_domain::staff_name::StaffName;
use sihha_domain::store::Store;
use sihha_domain::testing::{self, FixedClock, MemoryStore, PlainHasher, PlainIssuer, SequenceRandomness};

/// When every world begins.
pub(crate) const NOW: &str = "2026-11-23T09:30:00.123456Z";

/// The password of every account that [`TestContext::register`] makes.
pub(crate) const PASSWORD: &str = "سرّ طويل 1";

/// A password of nobody.
pub(crate) const WRONG_PASSWORD: &str = "another password";

const DAY: TimeDelta = TimeDelta::hours(24);

/// Five minutes, a day, and a month for patients alone.
pub(crate) const LIFETIMES: SessionLifetimes = SessionLifetimes {
    access: TimeDelta::minutes(5),
    idle: PerRole::same(DAY),
    absolute: PerRole { patient: TimeDelta::days(30), doctor: DAY, hospital: DAY, labo: DAY },
};

/// How long after its use a refresh token may be presented again.
pub(crate) const GRACE: TimeDelta = TimeDelta::seconds(10);

pub(crate) struct TestContext {
    pub(crate) store: Arc<MemoryStore>,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) hasher: Arc<CountingHasher>,
    pub(crate) issuer: Arc<dyn TokenIssuer>,
    /// Reads the legacy backend's tokens, where there was one.
    pub(crate) legacy: Option<Arc<dyn LegacyTokenReader>>,
    pub(crate) randomness: Arc<SequenceRandomness>,
}

impl TestContext {
    pub(crate) fn new() -> Self {
        Self::with_issuer(Arc::new(PlainIssuer::default()))
    }

    pub(crate) fn with_issuer(issuer: Arc<dyn TokenIssuer>) -> Self {
        Self {
            store: Arc::default(),
            clock: Arc::new(FixedClock::at(NOW)),
            hasher: Arc::default(),
            issuer,
            legacy: None,
            randomness: Arc::default(),
        }
    }

    /// An account of each role.
    pub(crate) fn with_all_roles() -> (Self, [Account; 4]) {
        let context = Self::new();
        let accounts = [
            context.register("patient@example.com", testing::patient()).account,
            context.register("doctor@example.com", testing::doctor()).account,
            context.register("hospital@example.com", testing::hospital()).account,
            context.register("labo@example.com", testing::labo()).account,
        ];
        (context, accounts)
    }

    pub(crate) fn register(&self, email: &str, details: RoleDetails) -> Registered {
        self.try_register(registration(email, details)).expect("registered")
    }

    pub(crate) fn try_register(&self, registration: Registration) -> Result<Registered, Error> {
        let register = Register {
            store: self.store.clone(),
            hasher: self.hasher.clone(),
            sessions: self.sessions(),
            clock: self.clock.clone(),
            randomness: self.randomness.clone(),
        };
        register.run(registration)
    }

    pub(crate) fn read(&self, id: ProfileId) -> Result<Account, Error> {
        let mut repositories = self.store.autocommit()?;
        repositories.accounts().find(id)?.ok_or(Error::UnknownAccount)
    }

    /// The account as its holder reads it with this access token.
    pub(crate) fn read_own(&self, token: &str) -> Result<Account, Error> {
        let caller = self.authenticate(token)?;
        let read = ReadAccount { store: self.store.clone(), clock: self.clock.clone() };
        read.run(&[caller]).pop().expect("an answer")
    }

    pub(crate) fn refresh(&self, token: &str) -> Result<TokenPair, Error> {
        self.refresh_all(&[token]).pop().expect("an answer")
    }

    /// Refreshed at the same moment.
    pub(crate) fn refresh_all(&self, tokens: &[&str]) -> Vec<Result<TokenPair, Error>> {
        let reader = self.tokens();
        let read = |token: &&str| reader.adopt(reader.read(token)?, &ClientInfo::default());
        let presented: Vec<Result<PresentedToken, Error>> = tokens.iter().map(read).collect();
        let good: Vec<PresentedToken> = presented.iter().flatten().copied().collect();
        let (store, sessions) = (self.store.clone(), self.sessions());
        let mut outcomes = Refresh { store, sessions, grace: GRACE }.run(&good).into_iter();
        presented.into_iter().map(|one| one.and_then(|_| outcomes.next().expect("an outcome"))).collect()
    }

    pub(crate) fn log_out(&self, token: &str) {
        let (store, tokens, clock) = (self.store.clone(), self.tokens(), self.clock.clone());
        let Ok(token) = tokens.read(token) else { return };
        Logout { store, tokens, clock }.run(token, &ClientInfo::default()).expect("logged out");
    }

    fn tokens(&self) -> Arc<VerifyRefreshToken> {
        let legacy = self.legacy.clone().map(|reader| LegacySessions {
            reader,
            store: self.store.clone(),
            lifetimes: LIFETIMES,
        });
        Arc::new(VerifyRefreshToken { issuer: self.issuer.clone(), legacy, clock: self.clock.clone() })
    }

    pub(crate) fn own_sessions(&self) -> OwnSessions {
        OwnSessions { store: self.store.clone(), clock: self.clock.clone() }
    }

    pub(crate) fn log_in(
        &self,
        role: impl Into<Option<Role>>,
        email: &str,
        password: &str,
    ) -> Result<LoggedIn, Error> {
        self.log_in_checked_by(self.hasher.clone(), role, email, password)
    }

    pub(crate) fn log_in_checked_by(
        &self,
        hasher: Arc<dyn PasswordHasher>,
        role: impl Into<Option<Role>>,
        email: &str,
        password: &str,
    ) -> Result<LoggedIn, Error> {
        self.attempt_login(hasher, role, email, password).map_err(|refused| refused.error)
    }

    /// The account that is logged when this login is refused.
    pub(crate) fn account_of_refused(&self, role: Role, email: &str, password: &str) -> Option<ProfileId> {
        self.attempt_login(self.hasher.clone(), role, email, password).expect_err("refused").account
    }

    fn attempt_login(
        &self,
        hasher: Arc<dyn PasswordHasher>,
        role: impl Into<Option<Role>>,
        email: &str,
        password: &str,
    ) -> Result<LoggedIn, RefusedLogin> {
        let password = Password::attempt(password).expect("not empty");
        let (role, email) = (role.into(), testing::email(email));
        let attempt = LoginAttempt { role, email, password, client: ClientInfo::default() };
        self.login(self.store.clone(), hasher).run(&attempt, &|| false)
    }

    /// The login of this world with another store and hasher.
    pub(crate) fn login(&self, store: Arc<dyn Store>, hasher: Arc<dyn PasswordHasher>) -> Login {
        Login { store, hasher, sessions: self.sessions() }
    }

    /// Changes the password of the bearer of this access token.
    pub(crate) fn change_password(&self, token: &str, current: &str, new: &str) -> Result<(), Error> {
        self.change_password_checked_by(self.hasher.clone(), token, current, new)
    }

    pub(crate) fn change_password_checked_by(
        &self,
        hasher: Arc<dyn PasswordHasher>,
        token: &str,
        current: &str,
        new: &str,
    ) -> Result<(), Error> {
        let change = PasswordChange {
            caller: self.authenticate(token)?,
            current: Password::attempt(current).expect("not empty"),
            new: Password::parse(new).expect("valid"),
        };
        let (store, clock) = (self.store.clone(), self.clock.clone());
        ChangePassword { store, hasher, clock }.run(&change, &|| false)
    }

    /// How many live sessions the account has.
    pub(crate) fn live_sessions(&self, id: ProfileId) -> usize {
        let mut repositories = self.store.autocommit().expect("open");
        repositories.sessions().live(id, self.clock.now(), 1000).expect("readable").len()
    }

    pub(crate) fn authenticate(&self, token: &str) -> Result<Claims, Error> {
        Authenticate { issuer: self.issuer.clone(), clock: self.clock.clone() }.run(token)
    }

    pub(crate) fn decide(&self) -> Decide {
        let randomness = self.randomness.clone();
        Decide { store: self.store.clone(), clock: self.clock.clone(), randomness }
    }

    pub(crate) fn approve(&self, account: &Account) -> Application {
        self.decide().approve(&request(account.role(), &account.profile.email), None).expect("approved")
    }

    pub(crate) fn reject(&self, account: &Account) -> Application {
        let request = request(account.role(), &account.profile.email);
        self.decide().reject(&request, reason("diplôme illisible")).expect("rejected")
    }

    pub(crate) fn list(&self, filter: ApplicationFilter) -> Applications {
        ListApplications { store: self.store.clone() }.run(filter).expect("listed")
    }

    /// The hash that is kept for that e-mail.
    pub(crate) fn kept_hash(&self, email: &str) -> PasswordHash {
        let mut repositories = self.store.autocommit().expect("readable");
        let found = repositories.passwords().find(&testing::email(email)).expect("readable");
        found.expect("registered").password
    }

    fn sessions(&self) -> Arc<SessionIssuer> {
        Arc::new(SessionIssuer {
            issuer: self.issuer.clone(),
            clock: self.clock.clone(),
            randomness: self.randomness.clone(),
            lifetimes: LIFETIMES,
        })
    }
}

/// What somebody sends to register with [`PASSWORD`] and a card number of their own.
pub(crate) fn registration(email: &str, details: RoleDetails) -> Registration {
    Registration {
        profile: testing::profile(email),
        details,
        password: Password::parse(PASSWORD).expect("valid"),
        client: ClientInfo::default(),
    }
}

/// A decision of Leïla's that leaves an earlier one alone.
pub(crate) fn request(role: Role, email: &EmailAddress) -> DecisionRequest {
    let by = StaffName::parse("Leïla").expect("valid");
    DecisionRequest { account: AccountRef::Email(email.clone()), role: Some(role), by, reconsider: false }
}

pub(crate) fn reason(text: &str) -> Reason {
    Reason::parse(text).expect("valid")
}

/// Hashes in the clear, and counts how often.
#[derive(Default)]
pub(crate) struct CountingHasher {
    generation: AtomicU8,
    hashed: AtomicUsize,
    verified: AtomicUsize,
}

impl CountingHasher {
    /// Changes the parameters: what was hashed so far is outdated.
    pub(crate) fn change_parameters(&self) {
        self.generation.fetch_add(1, Relaxed);
    }

    /// How many passwords were hashed, and how many were checked.
    pub(crate) fn counts(&self) -> (usize, usize) {
        (self.hashed.load(Relaxed), self.verified.load(Relaxed))
    }

    fn plain(&self) -> PlainHasher {
        PlainHasher { generation: self.generation.load(Relaxed) }
    }
}

impl PasswordHasher for CountingHasher {
    fn hash(&self, password: &Password) -> Result<PasswordHash, HashError> {
        self.hashed.fetch_add(1, Relaxed);
        self.plain().hash(password)
    }

    fn verify(&self, password: &Password, hash: Option<&PasswordHash>) -> Result<VerifyOutcome, HashError> {
        self.verified.fetch_add(1, Relaxed);
        self.plain().verify(password, hash)
    }
}

/// Checks as the world does; and while it does so for the first time, something happens.
pub(crate) struct Meanwhile {
    pub(crate) context: TestContext,
    happens: Mutex<Option<fn(&TestContext)>>,
}

impl Meanwhile {
    pub(crate) fn checking(context: TestContext, happens: fn(&TestContext)) -> Arc<Self> {
        Arc::new(Self { context, happens: Mutex::new(Some(happens)) })
    }

    pub(crate) fn done(hasher: Arc<Self>) -> TestContext {
        Arc::into_inner(hasher).expect("nobody checks any more").context
    }
}

impl PasswordHasher for Meanwhile {
    fn hash(&self, password: &Password) -> Result<PasswordHash, HashError> {
        self.context.hasher.hash(password)
    }

    fn verify(&self, password: &Password, hash: Option<&PasswordHash>) -> Result<VerifyOutcome, HashError> {
        let outcome = self.context.hasher.verify(password, hash);
        if let Some(happens) = self.happens.lock().expect("no panic").take() {
            happens(&self.context);
        }
        outcome
    }
}
