use std::num::NonZeroU32;
use std::ops::Range;
use std::rc::Rc;

use diesel::QueryResult;
use diesel::pg::{Pg, PgValue, TypeOidLookup};
use diesel::row::{Field, PartialRow, Row, RowIndex, RowSealed};

use super::outcome::Outcome;

/// An iterator over the rows of an outcome.
pub(in crate::postgres) struct Rows {
    outcome: Rc<Outcome>,
    next: usize,
}

impl Rows {
    pub(super) fn new(outcome: Outcome) -> Self {
        Self { outcome: Rc::new(outcome), next: 0 }
    }
}

impl Iterator for Rows {
    type Item = QueryResult<PqRow>;

    fn next(&mut self) -> Option<Self::Item> {
        let row = self.next;
        self.next += 1;
        (row < self.outcome.rows).then(|| Ok(PqRow { outcome: Rc::clone(&self.outcome), row }))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.outcome.rows.saturating_sub(self.next);
        (left, Some(left))
    }
}

pub(in crate::postgres) struct PqRow {
    outcome: Rc<Outcome>,
    row: usize,
}

impl RowSealed for PqRow {}

impl<'a> Row<'a, Pg> for PqRow {
    type Field<'f>
        = PqField<'f>
    where
        'a: 'f;
    type InnerPartialRow = Self;

    fn field_count(&self) -> usize {
        self.outcome.columns
    }

    fn get<'b, I>(&'b self, index: I) -> Option<Self::Field<'b>>
    where
        'a: 'b,
        Self: RowIndex<I>,
    {
        let column = self.idx(index)?;
        Some(PqField { outcome: &self.outcome, row: self.row, column })
    }

    fn partial_row(&self, range: Range<usize>) -> PartialRow<'_, Self> {
        PartialRow::new(self, range)
    }
}

impl RowIndex<usize> for PqRow {
    fn idx(&self, index: usize) -> Option<usize> {
        (index < self.outcome.columns).then_some(index)
    }
}

impl<'a> RowIndex<&'a str> for PqRow {
    fn idx(&self, name: &'a str) -> Option<usize> {
        (0..self.outcome.columns).find(|column| self.outcome.column_name(*column) == Some(name))
    }
}

pub(in crate::postgres) struct PqField<'a> {
    outcome: &'a Outcome,
    row: usize,
    column: usize,
}

impl<'a> Field<'a, Pg> for PqField<'a> {
    fn field_name(&self) -> Option<&str> {
        self.outcome.column_name(self.column)
    }

    fn value(&self) -> Option<PgValue<'_>> {
        Some(PgValue::new(self.outcome.value(self.row, self.column)?, self))
    }
}

impl TypeOidLookup for PqField<'_> {
    fn lookup(&self) -> NonZeroU32 {
        // 705 is the type `unknown`. It is not used in practice, because each column of a result
        // has a type.
        const UNKNOWN: NonZeroU32 = NonZeroU32::new(705).unwrap();
        self.outcome.column_type(self.column).unwrap_or(UNKNOWN)
    }
}
