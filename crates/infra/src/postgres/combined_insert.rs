//! Several statements sent as one.

use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};

use super::libpq::PqConnection;

/// A statement that writes, and of which nothing is read.
pub(super) type Statement<'a> = Box<dyn QueryFragment<Pg> + 'a>;

/// Statements in one round trip, all done or none: the first as itself, the others in its `WITH` (PostgreSQL, 7.8.4). None
/// sees what another writes, but a foreign key does, for it looks when all are done.
///
/// Each round trip more costs two changes of threads, which beside hashes is most of what a statement costs.
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

/// Found by its text among the prepared statements: the type does not tell what is in it.
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
