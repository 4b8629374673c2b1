//! The server under test: the production server, in this process, on its own database.

use std::path::Path;
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::rt::System;
use chrono::{DateTime, TimeDelta, Utc};
use secrecy::SecretSlice;
use sihha_cli::blocklist::password_policies;
use sihha_cli::compose::{Dependencies, build, open_keys};
use sihha_cli::config::{
    BlocklistOptions, ConnectionOptions, DatabaseOptions, EmailOptions, HttpOptions, LifetimeOptions,
    MailFolderOptions, MailOptions, MailTemplateOptions, RequestLimitOptions, SecretKeyOptions, ServeOptions,
    StopOptions, ThrottleOptions, TlsOptions,
};
use sihha_domain::account::{AccountRef, EmailAddress, PerRole, Role};
use sihha_domain::approval::{DecisionKind, StaffRequest};
use sihha_domain::clock::Clock;
use sihha_domain::mail::OutgoingMail;
use sihha_domain::reason::Reason;
use sihha_domain::staff::StaffCaller;
use sihha_domain::staff_name::StaffName;
use sihha_domain::suspension::SuspensionRequest;
use sihha_domain::testing::{FixedClock, RecordingMailer};
use sihha_domain::use_cases::{Ports, Settings, UseCases};
use sihha_infra::jwt::{KeyAlgorithm, KeyRing, KeyStore, TokenTyp};
use sihha_infra::postgres::PlanCacheMode;
use sihha_infra::system::SystemRandomness;
use sihha_infra::tools;

use tempfile::TempDir;

use crate::recorder::{RecordKind, record};
use crate::{Client, TestDatabase, staff};

/// The options of a test's server.
pub type TestOptions = ServeOptions;

/// A running server. Dropping it stops the server.
pub struct TestApp {
    client: Client,
    /// The server's database. Another server may share it.
    pub database: Arc<TestDatabase>,
    /// The server's clock. It shows [`TestApp::NOW`] until it is advanced.
    pub clock: Arc<FixedClock>,
    /// What the server sends mail with, when [`TestApp::mail`] runs the background job.
    pub mailer: Arc<RecordingMailer>,
    /// The server's keys. They are read again only on request.
    pub keys: Arc<KeyRing>,
    signing_keys: Option<TempDir>,
    server: ServerHandle,
    thread: Option<JoinHandle<()>>,
}

impl TestApp {
    /// The time at which every test begins.
    pub const NOW: &str = "2026-11-23T09:30:00Z";
    /// The secret that signs the server's tokens.
    pub const JWT_SECRET: &[u8] = b"a secret of the tests, long enough";
    /// The secret that signed the tokens of the legacy backend, if [`TestOptions`] names a file for
    /// it.
    pub const LEGACY_JWT_SECRET: &[u8] = b"django-insecure-of the legacy backend";

    /// Starts a server on a new database, with cheap hashes.
    #[must_use]
    pub fn start() -> Self {
        Self::start_with(TestDatabase::new(), |_| {})
    }

    /// Starts a server on `database`, with some options changed.
    ///
    /// # Panics
    ///
    /// If the server does not start.
    #[must_use]
    pub fn start_with(database: impl Into<Arc<TestDatabase>>, change: impl FnOnce(&mut TestOptions)) -> Self {
        let database = database.into();
        let mut options = cheap_options();
        change(&mut options);
        let clock = Arc::new(FixedClock::at(Self::NOW));
        for secret in [Self::JWT_SECRET, Self::LEGACY_JWT_SECRET, staff::SECRET_KEY] {
            record(RecordKind::Secret, secret);
        }
        let secret = SecretSlice::from(Self::JWT_SECRET.to_vec());
        let keys = open_keys(&options, Some(secret), clock.clone()).expect("the keys are read");
        let mailer = Arc::new(RecordingMailer::default());
        let dependencies = Dependencies {
            database: database.open(),
            keys: Arc::clone(&keys),
            secret_box: staff::secret_box(),
            password_policies: password_policies(&options.blocklist, &options.database)
                .expect("the blocklist is read"),
            mailer: mailer.clone(),
            legacy_jwt_secret: options
                .legacy_jwt_secret_file
                .as_deref()
                .map(|_| Self::LEGACY_JWT_SECRET.to_vec().into()),
            clock: clock.clone(),
            randomness: Arc::new(SystemRandomness),
            certificate: None,
        };
        let (started, starting) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            System::new().block_on(async move {
                let server = build(&options, &dependencies, options.listen.bind())
                    .expect("the server is built")
                    .server;
                started
                    .send((server.address().expect("a TCP address"), server.handle()))
                    .expect("the test waits");
                server.run().await.expect("the server runs");
            });
        });
        let (address, server) = starting.recv().expect("the server starts");
        Self {
            client: Client::new(address),
            database,
            clock,
            mailer,
            keys,
            signing_keys: None,
            server,
            thread: Some(thread),
        }
    }

    /// Starts a server with one key in a folder, with some options changed.
    ///
    /// # Panics
    ///
    /// If the server does not start.
    #[must_use]
    pub fn start_with_keys(algorithm: KeyAlgorithm, change: impl FnOnce(&mut TestOptions)) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        // Long ago, also for a test that uses the system's clock.
        let made_at = FixedClock::at("2020-01-01T00:00:00Z").now();
        let keys = KeyStore::new(folder.path().to_owned());
        keys.generate(algorithm, None, made_at, &SystemRandomness).expect("a key");
        let mut app = Self::start_with(TestDatabase::new(), |options| {
            options.signing_keys = Some(folder.path().to_owned());
            change(options);
        });
        app.signing_keys = Some(folder);
        app
    }

    /// Returns the folder of the server's keys.
    ///
    /// # Panics
    ///
    /// If the server was started without a folder.
    #[must_use]
    pub fn signing_keys(&self) -> &Path {
        self.signing_keys.as_ref().expect("an app with keys").path()
    }

    /// Advances the clock.
    pub fn pass(&self, time: Duration) {
        let now = self.clock.now();
        self.clock.advance(now + time - now);
    }

    /// Returns the time of the clock.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Puts held decisions in force that are due, as a background job does.
    ///
    /// # Panics
    ///
    /// If the database fails.
    pub fn settle_decisions(&self) {
        self.use_cases().settle_decisions.batch().expect("settled");
    }

    /// Approves an application, as staff do.
    ///
    /// # Panics
    ///
    /// If there is no such application.
    pub fn approve(&self, _: Role, email: &str) {
        self.decide(email, &DecisionKind::Approve { note: None });
    }

    /// Rejects an application, as staff do.
    ///
    /// # Panics
    ///
    /// If there is no such application.
    pub fn reject(&self, _: Role, email: &str) {
        let reason = Reason::parse("The diploma is another person's").expect("a reason");
        self.decide(email, &DecisionKind::Reject { code: None, reason: Some(reason) });
    }

    /// Decides on an application, as staff do, whatever its state.
    ///
    /// # Panics
    ///
    /// If there is no such application, or if its state does not allow the decision.
    pub fn decide(&self, email: &str, kind: &DecisionKind) {
        let caller = StaffCaller::at_terminal(StaffName::parse("Leïla").expect("a name"));
        let account = AccountRef::Email(EmailAddress::parse(email).expect("an e-mail"));
        let request = StaffRequest { caller: &caller, account, repeat: None };
        self.use_cases().decide.reconsider(&request, kind).expect("decided");
    }

    /// Suspends an account, as staff do.
    ///
    /// # Panics
    ///
    /// If there is no such account.
    pub fn suspend(&self, email: &str) {
        let reason = Reason::parse("The prescriptions are forged").expect("a reason");
        self.use_cases().suspend.run(&suspension(email), &reason).expect("suspended");
    }

    /// Reinstates a suspended account, as staff do.
    ///
    /// # Panics
    ///
    /// If there is no such account.
    pub fn reinstate(&self, email: &str) {
        self.use_cases().reinstate.run(&suspension(email)).expect("reinstated");
    }

    /// Answers requests for mail and delivers all mail that is due, as the background jobs do, and
    /// returns it.
    ///
    /// # Panics
    ///
    /// If the requests or the outbox cannot be read.
    #[must_use]
    pub fn mail(&self) -> Vec<OutgoingMail> {
        let use_cases = self.use_cases();
        while use_cases.answer_mail_requests.batch().expect("the requests are readable") > 0 {}
        while use_cases.deliver_mail.batch(&|| false).expect("the outbox is readable") > 0 {}
        self.mailer.take()
    }

    /// Deletes what mail does not need any more, as a background job does.
    ///
    /// # Panics
    ///
    /// If the database fails.
    pub fn purge_mail(&self) {
        let use_cases = self.use_cases();
        while use_cases.purge_mail.batch().expect("purged") > 0 {}
    }

    /// Returns the use cases on the same database, without the server.
    #[must_use]
    pub fn use_cases(&self) -> UseCases {
        let tools = tools::ports(&self.database.open());
        let ports = Ports {
            clock: self.clock.clone(),
            secret_box: staff::secret_box(),
            mailer: self.mailer.clone(),
            ..tools
        };
        UseCases::new(ports, Settings::DEFAULT)
    }
}

impl std::ops::Deref for TestApp {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        // The result is not awaited: the thread ends when the server has stopped.
        drop(self.server.stop(true));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn suspension(email: &str) -> SuspensionRequest<'static> {
    let account = AccountRef::Email(EmailAddress::parse(email).expect("an e-mail"));
    SuspensionRequest::once(account, StaffName::parse("Leïla").expect("a name"))
}

/// Returns the batch size of `TEST_BATCH_SIZE`.
fn batch_size() -> Option<u16> {
    let wanted = std::env::var("TEST_BATCH_SIZE").ok()?;
    Some(wanted.parse().expect("TEST_BATCH_SIZE is a number"))
}

/// Returns the defaults, except for cheap hashes and a small pool that leaves connections to other
/// tests.
fn cheap_options() -> TestOptions {
    ServeOptions {
        listen: "127.0.0.1:0".parse().expect("an address"),
        database: DatabaseOptions {
            database_url: None,
            plan_cache_mode: PlanCacheMode::default(),
            schema: None,
            data_dir: None,
            postgres_bin_dir: None,
        },
        jwt_secret_file: None,
        legacy_jwt_secret_file: None,
        signing_keys: None,
        jwt_issuer: "sihha".to_owned(),
        audience: Vec::new(),
        access_token_typ: TokenTyp::Jwt,
        secret_key: SecretKeyOptions::default(),
        lifetimes: LifetimeOptions {
            access_lifetime: TimeDelta::minutes(5),
            refresh_lifetime: PerRole::same(TimeDelta::hours(24)),
            session_lifetime: PerRole { patient: TimeDelta::days(30), ..PerRole::same(TimeDelta::hours(24)) },
        },
        refresh_grace: Duration::from_secs(10),
        email: EmailOptions::default(),
        throttle: ThrottleOptions::default(),
        // One client sends all requests of a test.
        request_limits: RequestLimitOptions::OFF,
        tls: TlsOptions::default(),
        blocklist: BlocklistOptions::default(),
        argon2_memory_kib: 64,
        argon2_passes: 1,
        argon2_lanes: 1,
        hash_threads: Some(2),
        hash_queue: Some(64),
        statement_timeout: Duration::from_secs(3),
        pool_size: Some(4),
        batch_size: batch_size(),
        workers: Some(1),
        mail: MailOptions {
            smtp_url: None,
            mail_from: None,
            smtp_password_file: None,
            smtp_allow_plain: false,
            smtp_timeout: Duration::from_secs(10),
            smtp_ca_file: None,
            folder: MailFolderOptions::default(),
            templates: MailTemplateOptions::default(),
        },
        no_docs: false,
        stop: StopOptions { drain: None, shutdown_timeout: Duration::from_secs(5) },
        http: HttpOptions::default(),
        connections: ConnectionOptions {
            max_connections: None,
            max_connections_per_address: None,
            head_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(10),
            keep_alive_timeout: Duration::from_secs(620),
            response_timeout: Duration::from_mins(1),
        },
    }
}
