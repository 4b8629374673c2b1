//! The use cases on in-memory adapters and a fixed clock.

use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

use chrono::TimeDelta;
use sihha_domain::account::{Account, AccountError, AccountRef, Registered, Registration, Role, RoleDetails};
use sihha_domain::approval::{Application, ApprovalError, Decide, DecisionKind, Outcome, StaffRequest};
use sihha_domain::clock::Clock;
use sihha_domain::idempotency::IdempotentRequest;
use sihha_domain::ids::{ProfileId, StaffId};
use sihha_domain::mail::OutgoingMail;
use sihha_domain::password::{HashError, Password, PasswordChange, PasswordError, PasswordHash};
use sihha_domain::password::{PasswordHasher, PasswordPolicy, VerifyOutcome};
use sihha_domain::reason::Reason;
use sihha_domain::secret_box::SecretBox;
use sihha_domain::session::{Caller, ClientInfo, LegacyTokenReader, LoggedIn, LoginAttempt, NoTokens};
use sihha_domain::session::{
    PresentedToken, RefusedLogin, SessionError, SessionLifetimes, Token, TokenClaims, TokenError,
    TokenIssuer, TokenPair,
};
use sihha_domain::staff::{Actor, Scope, StaffCaller, StaffRole};
use sihha_domain::staff_name::StaffName;
use sihha_domain::store::Store;
use sihha_domain::testing::{
    self, FixedClock, MemoryStore, PlainCodes, PlainHasher, PlainIssuer, PlainSecretBox, PlainStaffIssuer,
    RecordingMailer, SequenceRandomness,
};
use sihha_domain::use_cases::{Ports, Settings, UseCases};

/// The initial time of every context.
pub(crate) const NOW: &str = "2026-11-23T09:30:00.123456Z";

/// The password of every account that [`TestContext::register`] registers.
pub(crate) const PASSWORD: &str = "سرّ طويل 1";

/// A password that no account has.
pub(crate) const WRONG_PASSWORD: &str = "another password";

/// The time after its use in which a refresh token may be presented again.
pub(crate) const GRACE: TimeDelta = Settings::DEFAULT.refresh_grace;

/// The lifetimes of sessions and tokens.
pub(crate) const LIFETIMES: SessionLifetimes = Settings::DEFAULT.lifetimes;

pub(crate) struct TestContext {
    pub(crate) store: Arc<MemoryStore>,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) hasher: Arc<CountingHasher>,
    pub(crate) issuer: Arc<dyn TokenIssuer>,
    pub(crate) staff_issuer: Arc<PlainStaffIssuer>,
    pub(crate) secret_box: Arc<dyn SecretBox>,
    pub(crate) mailer: Arc<RecordingMailer>,
    /// Reads the tokens of the legacy backend, if there was one.
    pub(crate) legacy: Option<Arc<dyn LegacyTokenReader>>,
    pub(crate) randomness: Arc<SequenceRandomness>,
    /// The rules for new passwords of account holders and of staff.
    pub(crate) password_policy: PasswordPolicy,
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
            staff_issuer: Arc::default(),
            secret_box: Arc::new(PlainSecretBox::default()),
            mailer: Arc::default(),
            legacy: None,
            randomness: Arc::default(),
            password_policy: PasswordPolicy::default(),
        }
    }

    /// Returns a context with an account of each role.
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

    pub(crate) fn try_register(&self, registration: Registration) -> Result<Registered, AccountError> {
        self.try_register_as(registration, None)
    }

    /// Registers an account by a request that can be repeated.
    pub(crate) fn try_register_as(
        &self,
        registration: Registration,
        request: Option<&IdempotentRequest>,
    ) -> Result<Registered, AccountError> {
        self.use_cases().register.run(registration, ClientInfo::default(), request)
    }

    pub(crate) fn read(&self, id: ProfileId) -> Option<Account> {
        self.store.autocommit().expect("open").accounts().find(id).expect("readable")
    }

    /// Returns the account that the owner of this access token reads.
    pub(crate) fn read_own(&self, token: &str) -> Result<Account, AccountError> {
        let caller = self.authenticate(token)?;
        self.use_cases().read_account.run(&[caller]).pop().expect("a result")
    }

    /// Delivers the mail that is due, and returns it.
    pub(crate) fn mail(&self) -> Vec<OutgoingMail> {
        let deliver = self.use_cases().deliver_mail;
        while deliver.batch(&|| false).expect("delivered") > 0 {}
        self.mailer.take()
    }

    pub(crate) fn refresh(&self, token: &str) -> Result<TokenPair, SessionError> {
        self.refresh_all(&[token]).pop().expect("a result")
    }

    /// Refreshes tokens in one batch.
    pub(crate) fn refresh_all(&self, tokens: &[&str]) -> Vec<Result<TokenPair, SessionError>> {
        let UseCases { verify_refresh_token, refresh, .. } = self.use_cases();
        let read = |token: &&str| {
            let token = verify_refresh_token.verify(token)?;
            verify_refresh_token.adopt(token, &ClientInfo::default())
        };
        let presented: Vec<Result<PresentedToken, SessionError>> = tokens.iter().map(read).collect();
        let good: Vec<PresentedToken> = presented.iter().flatten().copied().collect();
        let mut outcomes = refresh.run(&good).into_iter();
        presented.into_iter().map(|one| one.and_then(|_| outcomes.next().expect("an outcome"))).collect()
    }

    pub(crate) fn log_out(&self, token: &str) {
        let UseCases { verify_refresh_token, logout, .. } = self.use_cases();
        let Ok(token) = verify_refresh_token.verify(token) else { return };
        logout.run(token, &ClientInfo::default()).expect("logged out");
    }

    /// Returns the use cases of this context.
    pub(crate) fn use_cases(&self) -> UseCases {
        self.use_cases_with(self.store.clone(), self.hasher.clone())
    }

    /// Returns the use cases with another store and hasher.
    pub(crate) fn use_cases_with(&self, store: Arc<dyn Store>, hasher: Arc<dyn PasswordHasher>) -> UseCases {
        let ports = Ports {
            store,
            hasher,
            password_policy: self.password_policy.clone(),
            staff_password_policy: self.password_policy.clone(),
            issuer: self.issuer.clone(),
            staff_issuer: self.staff_issuer.clone(),
            one_time_codes: Arc::new(PlainCodes),
            secret_box: self.secret_box.clone(),
            mailer: self.mailer.clone(),
            public_keys: Arc::new(NoTokens),
            signing_keys: Arc::new(NoTokens),
            legacy_tokens: self.legacy.clone(),
            clock: self.clock.clone(),
            randomness: self.randomness.clone(),
        };
        UseCases::new(ports, Settings::DEFAULT)
    }

    pub(crate) fn log_in(
        &self,
        role: impl Into<Option<Role>>,
        email: &str,
        password: &str,
    ) -> Result<LoggedIn, SessionError> {
        self.log_in_checked_by(self.hasher.clone(), role, email, password)
    }

    pub(crate) fn log_in_checked_by(
        &self,
        hasher: Arc<dyn PasswordHasher>,
        role: impl Into<Option<Role>>,
        email: &str,
        password: &str,
    ) -> Result<LoggedIn, SessionError> {
        self.attempt_login(hasher, role, email, password).map_err(|refused| refused.error)
    }

    /// Returns the account that is logged when this login is refused.
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
        self.use_cases_with(self.store.clone(), hasher).login.run(&attempt, &|| false)
    }

    /// Changes the password of the owner of this access token.
    pub(crate) fn change_password(&self, token: &str, current: &str, new: &str) -> Result<(), PasswordError> {
        self.change_password_checked_by(self.hasher.clone(), token, current, new)
    }

    pub(crate) fn change_password_checked_by(
        &self,
        hasher: Arc<dyn PasswordHasher>,
        token: &str,
        current: &str,
        new: &str,
    ) -> Result<(), PasswordError> {
        let change = PasswordChange {
            caller: self.authenticate(token)?,
            current: Password::attempt(current).expect("not empty"),
            new: Password::parse(new).expect("valid"),
            client: ClientInfo::default(),
        };
        self.use_cases_with(self.store.clone(), hasher).change_password.run(&change, None, &|| false)
    }

    /// Returns the number of live sessions of the account.
    pub(crate) fn live_sessions(&self, id: ProfileId) -> usize {
        let mut repositories = self.store.autocommit().expect("open");
        repositories.sessions().live(id, self.clock.now(), 1000).expect("readable").len()
    }

    /// Returns the claims of a token that is valid now.
    pub(crate) fn claims(&self, token: &Token) -> TokenClaims {
        self.issuer.verify(token.expose(), self.clock.now()).expect("valid").common().clone()
    }

    pub(crate) fn authenticate(&self, token: &str) -> Result<Caller, TokenError> {
        self.use_cases().authenticate.run(token)
    }

    pub(crate) fn decide(&self) -> Decide {
        self.use_cases().decide
    }

    pub(crate) fn approve(&self, account: &Account) -> Application {
        self.decide_on(account, &approval()).expect("approved")
    }

    pub(crate) fn reject(&self, account: &Account) -> Application {
        self.decide_on(account, &rejection("diplôme illisible")).expect("rejected")
    }

    /// Decides in the name of [`admin`], in force immediately.
    pub(crate) fn decide_on(
        &self,
        account: &Account,
        decision: &DecisionKind,
    ) -> Result<Application, ApprovalError> {
        let admin = admin();
        done(self.decide().run(&request(&admin, account), decision, TimeDelta::zero()))
    }

    /// Returns the stored hash of the account with that e-mail.
    pub(crate) fn stored_hash(&self, email: &str) -> PasswordHash {
        let mut repositories = self.store.autocommit().expect("readable");
        let found = repositories.passwords().find(&testing::email(email)).expect("readable");
        found.expect("registered").password
    }
}

/// Returns a registration with [`PASSWORD`] and a unique card number.
pub(crate) fn registration(email: &str, details: RoleDetails) -> Registration {
    Registration {
        profile: testing::profile(email),
        details,
        password: Password::parse(PASSWORD).expect("valid"),
    }
}

/// Returns Leïla, an administrator.
pub(crate) fn admin() -> StaffCaller {
    member(1, "Leïla", StaffRole::Admin)
}

/// Returns a reviewer who sees every application.
pub(crate) fn reviewer(number: u64, name: &str) -> StaffCaller {
    member(number, name, StaffRole::Reviewer)
}

fn member(number: u64, name: &str, role: StaffRole) -> StaffCaller {
    let id = StaffId::generate(FixedClock::at(NOW).now(), &SequenceRandomness::starting_at(number));
    let name = StaffName::parse(name).expect("valid");
    StaffCaller { actor: Actor { id: Some(id), name, directorate: None }, role, scope: Scope::default() }
}

/// Returns a request that is not repeated.
pub(crate) fn request<'a>(caller: &'a StaffCaller, account: &Account) -> StaffRequest<'a> {
    StaffRequest { caller, account: AccountRef::Id(account.id), repeat: None }
}

pub(crate) fn approval() -> DecisionKind {
    DecisionKind::Approve { note: None }
}

pub(crate) fn rejection(text: &str) -> DecisionKind {
    DecisionKind::Reject { code: None, reason: Some(reason(text)) }
}

/// Returns the application of a request that was not repeated.
pub(crate) fn done(outcome: Result<Outcome, ApprovalError>) -> Result<Application, ApprovalError> {
    outcome.map(|outcome| match outcome {
        Outcome::Done(application) => application,
        Outcome::Repeated(answer) => panic!("repeated: {answer}"),
    })
}

pub(crate) fn reason(text: &str) -> Reason {
    Reason::parse(text).expect("valid")
}

/// A plain hasher that counts its calls.
#[derive(Default)]
pub(crate) struct CountingHasher {
    generation: AtomicU8,
    hashed: AtomicUsize,
    verified: AtomicUsize,
}

impl CountingHasher {
    /// Changes the parameters, so that all earlier hashes are outdated.
    pub(crate) fn change_parameters(&self) {
        self.generation.fetch_add(1, Relaxed);
    }

    /// Returns how many passwords were hashed, and how many were verified.
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

/// The context's hasher. Something happens during its first verification.
pub(crate) struct Meanwhile {
    pub(crate) context: TestContext,
    happens: Mutex<Option<fn(&TestContext)>>,
}

impl Meanwhile {
    pub(crate) fn checking(context: TestContext, happens: fn(&TestContext)) -> Arc<Self> {
        Arc::new(Self { context, happens: Mutex::new(Some(happens)) })
    }

    pub(crate) fn done(hasher: Arc<Self>) -> TestContext {
        Arc::into_inner(hasher).expect("no verification is running").context
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
