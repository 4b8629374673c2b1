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
/// The last statement is the main one, and the others are in its `WITH` clause (PostgreSQL manual,
/// 7.8.4). No statement sees the changes of another one, but foreign keys do, because they are
/// checked after all of them. Citus runs the statements one by one, so the row that a foreign key
/// refers to comes first.
///
/// Each further round trip would cost two switches of threads, which is most of the cost of a
/// statement while passwords are hashed.
pub(super) struct CombinedInsert<'a>(pub(super) Vec<Statement<'a>>);

/// The cache of prepared statements uses the SQL text as the key, because the type does not
/// determine the SQL.
impl QueryId for CombinedInsert<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl QueryFragment<Pg> for CombinedInsert<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let Some((last, others)) = self.0.split_last() else { return Ok(()) };
        for (number, other) in others.iter().enumerate() {
            out.push_sql(if number == 0 { "WITH " } else { ", " });
            out.push_identifier(&format!("insert_{number}"))?;
            out.push_sql(" AS (");
            other.walk_ast(out.reborrow())?;
            out.push_sql(") ");
        }
        last.walk_ast(out)
    }
}

impl RunQueryDsl<PqConnection> for CombinedInsert<'_> {}
