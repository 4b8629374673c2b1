//! A database for one test.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection, QueryResult, RunQueryDsl};

use sihha_infra::postgres::{Contracting, Database, MigrateSettings, PlanCacheMode, locate, migrate};
use sihha_interrupt::Interrupt;

use crate::TestPostgres;
use crate::given::PASSWORD;
use crate::recorder::record_log;

/// A database with the schema and no accounts, for one test. It is dropped with the value.
pub struct TestDatabase {
    postgres: Arc<TestPostgres>,
    name: String,
    /// The role as which the service connects. `None` is the one that owns all tables.
    role: Option<String>,
}

/// Returns the mode of `TEST_PLAN_CACHE_MODE`, in which the tests' statements are planned.
fn plan_cache_mode() -> PlanCacheMode {
    let Ok(wanted) = std::env::var("TEST_PLAN_CACHE_MODE") else { return PlanCacheMode::default() };
    let found = PlanCacheMode::ALL.into_iter().find(|mode| mode.as_str() == wanted);
    found.expect("TEST_PLAN_CACHE_MODE is a mode")
}

impl TestDatabase {
    /// Creates a database on the shared Postgres.
    #[must_use]
    pub fn new() -> Self {
        Self::on(TestPostgres::shared())
    }

    /// Creates a database on that Postgres: a copy of its template.
    ///
    /// # Panics
    ///
    /// If it cannot be created.
    #[must_use]
    pub fn on(postgres: Arc<TestPostgres>) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        record_log();
        let name = postgres.prefixed(&format!("test_{}", NUMBER.fetch_add(1, Ordering::Relaxed)));
        let role = Some(postgres.service_role());
        let database = Self { postgres, name, role };
        let template = database.postgres.template();
        database.administer(&format!("CREATE DATABASE {} TEMPLATE {template}", database.name));
        database
    }

    /// Creates a database without Sihha's tables.
    #[must_use]
    pub fn empty() -> Self {
        Self::empty_with("")
    }

    /// Creates a database without Sihha's tables, with options of `CREATE DATABASE`.
    #[must_use]
    pub fn empty_with(options: &str) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let postgres = TestPostgres::shared();
        let name = postgres.prefixed(&format!("empty_{}", NUMBER.fetch_add(1, Ordering::Relaxed)));
        let database = Self { postgres, name, role: None };
        database.administer(&format!("CREATE DATABASE {} TEMPLATE template0 {options}", database.name));
        database
    }

    /// Creates a database as it is between two releases: without the contracting migrations.
    ///
    /// # Panics
    ///
    /// If it cannot be created.
    #[must_use]
    pub fn between_releases() -> Self {
        let database = Self::empty();
        let settings = MigrateSettings { contracting: Contracting::Leave, ..MigrateSettings::ALL };
        migrate(&database.open(), settings, &Interrupt::default()).expect("it is migrated");
        database
    }

    /// Returns the database's URL.
    #[must_use]
    pub fn url(&self) -> String {
        self.postgres.url(&self.name)
    }

    /// Opens the database as the service does.
    ///
    /// # Panics
    ///
    /// If it is unavailable.
    #[must_use]
    pub fn open(&self) -> Database {
        let database = Database::parse(&self.role_url()).expect("a connection string");
        locate(database.with_plan_cache_mode(plan_cache_mode()), None).expect("a schema")
    }

    /// Returns the database's URL for the role of the service.
    #[must_use]
    pub fn role_url(&self) -> String {
        self.role.as_ref().map_or_else(|| self.url(), |role| self.postgres.url_as(role, &self.name))
    }

    /// Returns the database's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Creates another role for the service, with these options of `CREATE ROLE`. The role may read
    /// and write all rows.
    ///
    /// # Panics
    ///
    /// If the role cannot be created.
    #[must_use]
    pub fn with_role(mut self, options: &str) -> Self {
        let role = self.other_role();
        self.postgres.admit_all_roles();
        self.administer("SELECT pg_reload_conf()");
        for sql in [
            format!("CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}' {options}"),
            format!("GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}"),
            format!("GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {role}"),
        ] {
            self.execute(&sql).expect("the role is created");
        }
        self.role = Some(role);
        // The server reads its access rules again some time later.
        let started = Instant::now();
        while PgConnection::establish(&self.role_url()).is_err() {
            assert!(started.elapsed() < Duration::from_secs(30), "the role cannot connect");
        }
        self
    }

    /// Lets the service connect as the role that owns all tables, so that it can migrate them.
    #[must_use]
    pub fn with_owner(mut self) -> Self {
        self.role = None;
        self
    }

    /// Changes a setting of the database: `SET name = value` or `RESET name`. It applies to new
    /// connections.
    ///
    /// # Panics
    ///
    /// If there is no such setting.
    pub fn alter(&self, setting: &str) {
        self.administer(&format!("ALTER DATABASE {} {setting}", self.name));
    }

    /// Ends all connections to the database.
    ///
    /// # Panics
    ///
    /// If the server refuses.
    pub fn cut_connections(&self) {
        let name = &self.name;
        self.administer(&format!(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = '{name}'"
        ));
    }

    /// Blocks until a connection to the database waits for a lock.
    ///
    /// # Panics
    ///
    /// If none waits within 30 seconds.
    pub fn wait_until_blocked(&self) {
        let waiting = "SELECT count(*) AS n FROM pg_stat_activity \
                       WHERE datname = current_database() AND wait_event_type = 'Lock'";
        let started = Instant::now();
        while self.number(waiting) == 0 {
            assert!(started.elapsed() < Duration::from_secs(30), "no connection waits for a lock");
            std::thread::park_timeout(Duration::from_millis(5));
        }
    }

    /// Returns the Postgres that the database is on.
    #[must_use]
    pub fn postgres(&self) -> &TestPostgres {
        &self.postgres
    }

    /// Runs `query` on the database, without the service.
    ///
    /// # Panics
    ///
    /// If there is no connection.
    pub fn run<T>(&self, query: impl FnOnce(&mut PgConnection) -> QueryResult<T>) -> QueryResult<T> {
        query(&mut PgConnection::establish(&self.url()).expect("a connection"))
    }

    /// Runs SQL on the database, without the service. Returns how many rows it changed.
    pub fn execute(&self, sql: &str) -> QueryResult<usize> {
        self.run(|pg| diesel::sql_query(sql).execute(pg))
    }

    /// Returns the number that an SQL query returns in its column `n`.
    ///
    /// # Panics
    ///
    /// If it returns no number.
    #[must_use]
    pub fn number(&self, sql: &str) -> i64 {
        #[derive(diesel::QueryableByName)]
        struct Row {
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            n: i64,
        }
        self.run(|pg| diesel::sql_query(sql).get_result::<Row>(pg)).expect("a number").n
    }

    fn other_role(&self) -> String {
        self.postgres.prefixed(&format!("role_of_{}", self.name))
    }

    fn administer(&self, sql: &str) {
        let mut pg = PgConnection::establish(&self.postgres.admin_url()).expect("a connection");
        pg.batch_execute(sql).expect("the statement succeeds");
    }
}

impl Default for TestDatabase {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        // After a panic Postgres may be stopped. The database is then removed with the folder.
        if !std::thread::panicking() {
            self.administer(&format!("DROP DATABASE {} WITH (FORCE)", self.name));
            if self.role == Some(self.other_role()) {
                self.administer(&format!("DROP ROLE {}", self.other_role()));
            }
        }
    }
}
