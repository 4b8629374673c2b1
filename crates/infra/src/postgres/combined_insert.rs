//! Several inserts in one statement.

use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};

use super::libpq::PqConnection;

/// A statement whose result is not read.
pub(super) type Statement<'a> = Box<dyn QueryFragment<Pg> + 'a>;

/// Combines statements into one, which takes one round trip and takes effect completely or not at
/// all.
///
/// The first statement is the main one, and the others are in its `WITH` clause (PostgreSQL manual,
/// 7.8.4). No statement sees the changes of another one, but foreign keys do, because they are
/// checked after all of them.
///
/// Each further round trip would cost two switches of threads, which is most of the cost of a
/// statement while passwords are hashed.
pub(super) struct CombinedInsert<'a> {
    first: Statement<'a>,
    others: Vec<Statement<'a>>,
}

impl<'a> CombinedInsert<'a> {
    pub(super) fn new(first: Statement<'a>) -> Self {
        Self { first, others: Vec::new() }
    }

    pub(super) fn and(mut self, other: Statement<'a>) -> Self {
        self.others.push(other);
        self
    }
}

/// The cache of prepared statements uses the SQL text as the key, because the type does not
/// determine the SQL.
impl QueryId for CombinedInsert<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl QueryFragment<Pg> for CombinedInsert<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        for (number, other) in self.others.iter().enumerate() {
            out.push_sql(if number == 0 { "WITH " } else { ", " });
            out.push_identifier(&format!("other_{number}"))?;
            out.push_sql(" AS (");
            other.walk_ast(out.reborrow())?;
            out.push_sql(") ");
        }
        self.first.walk_ast(out)
    }
}

impl RunQueryDsl<PqConnection> for CombinedInsert<'_> {}
