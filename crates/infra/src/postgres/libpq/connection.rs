use std::ffi::{CStr, CString};
use std::time::Duration;

use diesel::connection::statement_cache::{MaybeCached, PrepareForCache, StatementCache};
use diesel::connection::{
    AnsiTransactionManager, CacheSize, ConnectionSealed, DynInstrumentation, Instrumentation, LoadConnection,
    SimpleConnection, TransactionManager, TransactionManagerStatus,
};
use diesel::expression::QueryMetadata;
use diesel::migration::{CREATE_MIGRATIONS_TABLE, MigrationConnection};
use diesel::pg::{GetPgMetadataCache, Pg, PgMetadataCache, PgTypeMetadata};
use diesel::query_builder::bind_collector::RawBytesBindCollector;
use diesel::query_builder::{Query, QueryFragment, QueryId};
use diesel::result::{ConnectionError, ConnectionResult, Error as DieselError};
use diesel::{Connection, QueryResult, RunQueryDsl, sql_query};
use pq_sys::PGTransactionStatusType;

use super::conninfo::ConnInfo;
use super::handle::{Canceller, ConnectFailure, Failure, Handle};
use super::outcome::Outcome;
use super::row::{PqRow, Rows};
use super::sqlstate::SqlState;

/// Maximum number of attempts to run a statement that conflicts with others.
const MAX_ATTEMPTS: u8 = 3;

/// A connection to Postgres for Diesel's queries.
pub(in crate::postgres) struct PqConnection {
    handle: Handle,
    statements: StatementCache<Pg, Statement>,
    types: PgMetadataCache,
    transaction: AnsiTransactionManager,
    instrumentation: DynInstrumentation,
    /// Maximum duration of each statement. A statement that exceeds it breaks the connection.
    limit: Option<Duration>,
    faults: Faults,
}

/// The errors of a connection.
#[derive(Default)]
struct Faults {
    last_error: Option<SqlState>,
    /// Whether the connection broke or a statement timed out. The server may still answer that
    /// statement, and its answer could be mistaken for that of the next one.
    is_gone: bool,
}

impl Faults {
    /// Records a failure, and converts it to Diesel's error.
    fn note(&mut self, failure: Failure) -> DieselError {
        let (error, is_gone) = match failure {
            Failure::Refused(error) => (error, false),
            Failure::Gone(error) => (error, true),
        };
        self.last_error = error.sqlstate;
        self.is_gone |= is_gone;
        error.diesel(is_gone)
    }
}

/// A statement that can be run repeatedly.
enum Statement {
    Prepared(CString),
    Unprepared { sql: CString, types: Vec<u32> },
}

/// Prepares a statement.
struct Preparer<'a> {
    handle: &'a mut Handle,
    faults: &'a mut Faults,
    limit: Option<Duration>,
}

impl Preparer<'_> {
    fn prepare(self, sql: &str, cached: PrepareForCache, types: &[PgTypeMetadata]) -> QueryResult<Statement> {
        let sql = CString::new(sql)?;
        let types: Result<Vec<u32>, _> = types.iter().map(PgTypeMetadata::oid).collect();
        let types = types.map_err(|error| DieselError::SerializationError(Box::new(error)))?;
        let PrepareForCache::Yes { counter } = cached else {
            return Ok(Statement::Unprepared { sql, types });
        };
        let name = CString::new(format!("sihha_{counter}"))?;
        match self.handle.prepare(&name, &sql, &types, self.limit) {
            Ok(_) => Ok(Statement::Prepared(name)),
            Err(failure) => Err(self.faults.note(failure)),
        }
    }
}

impl PqConnection {
    /// Connects to one server. `limit` is the maximum time to connect, and the maximum duration of
    /// each statement until [`Self::set_limit`] is called.
    pub(in crate::postgres) fn connect(info: &ConnInfo, limit: Duration) -> Result<Self, ConnectFailure> {
        Ok(Self {
            handle: Handle::connect(info, limit)?,
            statements: StatementCache::new(),
            types: PgMetadataCache::new(),
            transaction: AnsiTransactionManager::default(),
            instrumentation: DynInstrumentation::default_instrumentation(),
            limit: Some(limit),
            faults: Faults::default(),
        })
    }

    /// Sets the maximum duration of each statement, or removes it.
    pub(in crate::postgres) fn set_limit(&mut self, limit: Option<Duration>) {
        self.limit = limit;
    }

    /// Returns the code of the last error, if the server sent one.
    pub(in crate::postgres) fn last_error(&self) -> Option<SqlState> {
        self.faults.last_error
    }

    /// Returns whether no further statement can be run.
    pub(in crate::postgres) fn is_broken(&self) -> bool {
        self.faults.is_gone || self.handle.is_broken()
    }

    /// Checks, without waiting, whether the server has closed the connection while it was idle.
    pub(in crate::postgres) fn has_been_closed(&mut self) -> bool {
        self.faults.is_gone || self.handle.has_been_closed()
    }

    /// Returns whether a transaction is open, or the state is unknown.
    pub(in crate::postgres) fn is_in_transaction(&self) -> bool {
        self.handle.transaction_status() != PGTransactionStatusType::PQTRANS_IDLE
    }

    /// Returns a setting that the server reports.
    pub(in crate::postgres) fn parameter(&self, name: &CStr) -> Option<String> {
        self.handle.parameter(name)
    }

    /// Returns the process id that the server announced when the connection was opened. A pooler
    /// announces an invented one.
    pub(in crate::postgres) fn announced_pid(&self) -> i32 {
        self.handle.announced_pid()
    }

    /// Returns an object that cancels this connection's statements from another thread.
    pub(in crate::postgres) fn canceller(&self) -> Option<Canceller> {
        self.handle.canceller()
    }

    /// Drops all prepared statements, whose plans may be outdated.
    pub(in crate::postgres) fn forget_statements(&mut self) -> QueryResult<()> {
        self.statements = StatementCache::new();
        self.batch_execute("DEALLOCATE ALL")
    }

    /// Runs a query.
    ///
    /// A query that conflicts with another transaction, or whose plan is outdated because the
    /// schema changed, has changed nothing and is run again. Inside a transaction it is not,
    /// because the whole transaction has failed.
    fn run<T: QueryFragment<Pg> + QueryId>(&mut self, source: &T) -> QueryResult<Outcome> {
        for _ in 1..MAX_ATTEMPTS {
            let in_transaction = self.is_in_transaction();
            let outcome = self.run_once(source);
            match self.last_error() {
                _ if outcome.is_ok() || in_transaction || self.is_broken() => return outcome,
                Some(SqlState::CACHED_PLAN_IS_STALE | SqlState::UNKNOWN_STATEMENT) => {
                    self.forget_statements()?;
                }
                Some(SqlState::SERIALIZATION_FAILURE | SqlState::DEADLOCK) => {}
                _ => return outcome,
            }
        }
        self.run_once(source)
    }

    fn run_once<T: QueryFragment<Pg> + QueryId>(&mut self, source: &T) -> QueryResult<Outcome> {
        // An error that Diesel finds has no code, and must not be taken for the one before.
        self.faults.last_error = None;
        let mut collector = RawBytesBindCollector::<Pg>::new();
        source.collect_binds(&mut collector, self, &Pg)?;
        let RawBytesBindCollector { metadata, binds, .. } = collector;
        let Self { handle, statements, faults, limit, instrumentation, .. } = self;
        let limit = *limit;
        let prepared = statements.cached_statement(
            source,
            &Pg,
            &metadata,
            Preparer { handle, faults, limit },
            Preparer::prepare,
            &mut **instrumentation,
        );
        let outcome = prepared.and_then(|statement: MaybeCached<'_, Statement>| {
            let outcome = match &*statement {
                Statement::Prepared(name) => self.handle.execute(name, &binds, limit),
                Statement::Unprepared { sql, types } => {
                    self.handle.execute_unprepared(sql, types, &binds, limit)
                }
            };
            outcome.map_err(|failure| self.faults.note(failure))
        });
        self.update_transaction_state();
        outcome
    }

    /// Updates Diesel's state of the transaction.
    fn update_transaction_state(&mut self) {
        use PGTransactionStatusType::{PQTRANS_ACTIVE, PQTRANS_IDLE, PQTRANS_INERROR, PQTRANS_INTRANS};
        let (now, is_broken) = (self.handle.transaction_status(), self.is_broken());
        let status = AnsiTransactionManager::transaction_manager_status_mut(self);
        match now {
            _ if is_broken => status.set_in_error(),
            PQTRANS_IDLE => *status = TransactionManagerStatus::default(),
            PQTRANS_INERROR => status.set_requires_rollback_maybe_up_to_top_level(true),
            PQTRANS_INTRANS => status.set_requires_rollback_maybe_up_to_top_level(false),
            PQTRANS_ACTIVE => {}
            PGTransactionStatusType::PQTRANS_UNKNOWN => status.set_in_error(),
        }
    }
}

impl ConnectionSealed for PqConnection {}

impl SimpleConnection for PqConnection {
    fn batch_execute(&mut self, query: &str) -> QueryResult<()> {
        let sql = CString::new(query)?;
        let outcome = self.handle.query(&sql, self.limit).map_err(|failure| self.faults.note(failure));
        self.update_transaction_state();
        outcome.map(drop)
    }
}

impl Connection for PqConnection {
    type Backend = Pg;
    type TransactionManager = AnsiTransactionManager;

    fn establish(url: &str) -> ConnectionResult<Self> {
        let bad = |text: String| ConnectionError::BadConnection(text);
        let info = ConnInfo::parse(url).map_err(|error| bad(error.to_string()))?;
        Self::connect(&info, Duration::MAX).map_err(|failure| bad(failure.message))
    }

    fn execute_returning_count<T: QueryFragment<Pg> + QueryId>(&mut self, source: &T) -> QueryResult<usize> {
        self.run(source).map(|outcome| outcome.rows_affected())
    }

    fn transaction_state(&mut self) -> &mut AnsiTransactionManager {
        &mut self.transaction
    }

    fn instrumentation(&mut self) -> &mut dyn Instrumentation {
        &mut *self.instrumentation
    }

    fn set_instrumentation(&mut self, instrumentation: impl Instrumentation) {
        self.instrumentation = instrumentation.into();
    }

    fn set_prepared_statement_cache_size(&mut self, size: CacheSize) {
        self.statements.set_cache_size(size);
    }
}

impl LoadConnection for PqConnection {
    type Cursor<'conn, 'query> = Rows;
    type Row<'conn, 'query> = PqRow;

    fn load<'conn, 'query, T>(&'conn mut self, source: T) -> QueryResult<Rows>
    where
        T: Query + QueryFragment<Pg> + QueryId + 'query,
        Pg: QueryMetadata<T::SqlType>,
    {
        self.run(&source).map(Rows::new)
    }
}

impl GetPgMetadataCache for PqConnection {
    fn get_metadata_cache(&mut self) -> &mut PgMetadataCache {
        &mut self.types
    }
}

impl MigrationConnection for PqConnection {
    fn setup(&mut self) -> QueryResult<usize> {
        sql_query(CREATE_MIGRATIONS_TABLE).execute(self)
    }
}
