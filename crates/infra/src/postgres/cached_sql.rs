//! Statements in SQL whose prepared form is cached.

use std::marker::PhantomData;

use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::serialize::ToSql;
use diesel::sql_types::HasSqlType;

use super::combined_insert::Statement;
use super::libpq::PqConnection;

/// A statement with the parameters `$1`, `$2`, … that returns rows of the SQL type `R`.
///
/// Diesel does not cache prepared statements of `sql_query`: each use costs another round trip and
/// a plan.
pub(super) struct CachedSql<'a, R> {
    /// Columns that begin the statement, after `SELECT`.
    columns: Option<Statement<'a>>,
    sql: &'a str,
    binds: Vec<Statement<'a>>,
    rows: PhantomData<R>,
}

impl<'a, R> CachedSql<'a, R> {
    pub(super) const fn new(sql: &'a str) -> Self {
        Self { columns: None, sql, binds: Vec::new(), rows: PhantomData }
    }

    /// Selects `columns`, which have no parameters. `sql` is the rest of the statement, from `FROM`
    /// on.
    pub(super) fn select<S>(columns: S, sql: &'a str) -> Self
    where
        S: Expression<SqlType = R> + QueryFragment<Pg> + 'a,
    {
        Self { columns: Some(Box::new(columns)), ..Self::new(sql) }
    }

    /// Adds the value of the next parameter, whose SQL type is `T`.
    pub(super) fn bind<T: 'a, V: ToSql<T, Pg> + 'a>(mut self, value: V) -> Self
    where
        Pg: HasSqlType<T>,
    {
        self.binds.push(Box::new(Bind(value, PhantomData::<T>)));
        self
    }
}

/// The cache uses the SQL text as the key.
impl<R> QueryId for CachedSql<'_, R> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<R> QueryFragment<Pg> for CachedSql<'_, R> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        if let Some(columns) = &self.columns {
            out.push_sql("SELECT ");
            columns.walk_ast(out.reborrow())?;
        }
        out.push_sql(self.sql);
        self.binds.iter().try_for_each(|bind| bind.walk_ast(out.reborrow()))
    }
}

impl<R> Query for CachedSql<'_, R> {
    type SqlType = R;
}

impl<R> RunQueryDsl<PqConnection> for CachedSql<'_, R> {}

struct Bind<T, V>(V, PhantomData<T>);

impl<T, V: ToSql<T, Pg>> QueryFragment<Pg> for Bind<T, V>
where
    Pg: HasSqlType<T>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_bind_param_value_only(&self.0)
    }
}
