//! Comparisons of text in the C collation, which the indexes use.
//!
//! Postgres uses an index only for comparisons in the index's collation. The columns keep the
//! database's collation, because the indexes of the previous release use that.

use diesel::expression::AsExpression;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::Text;

diesel::infix_operator!(EqualInC, " COLLATE \"C\" = ", backend: Pg);

/// Returns the condition that a text column has exactly this value.
pub(super) fn equal_in_c<C, V>(column: C, value: V) -> EqualInC<C, V::Expression>
where
    C: Expression<SqlType = Text>,
    V: AsExpression<Text>,
{
    EqualInC::new(column, value.as_expression())
}
