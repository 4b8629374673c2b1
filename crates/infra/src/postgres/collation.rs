//! Comparing texts in the C collation, as the indexes have them.
//!
//! Postgres uses an index only for a comparison in the index's own collation. The columns keep the database's collation, as the
//! previous release has its own indexes in that.

use diesel::expression::AsExpression;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::Text;

diesel::infix_operator!(EqualInC, " COLLATE \"C\" = ", backend: Pg);

/// The condition that a text column has exactly that value.
pub(super) fn equal_in_c<C, V>(column: C, value: V) -> EqualInC<C, V::Expression>
where
    C: Expression<SqlType = Text>,
    V: AsExpression<Text>,
{
    EqualInC::new(column, value.as_expression())
}
