use std::collections::BTreeMap;

use super::{Fact, FactValue};
use crate::identifier::Identifiers;

/// Changes to vetted facts that the owner made and that wait for a decision of staff. At least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingChanges(BTreeMap<Fact, Option<FactValue>>);

impl PendingChanges {
    /// Returns changes from a store; `None` if there are none. A fact without a value is cleared.
    #[must_use]
    pub fn on_record(changes: impl IntoIterator<Item = (Fact, Option<FactValue>)>) -> Option<Self> {
        let changes: BTreeMap<_, _> = changes.into_iter().filter(|(fact, _)| fact.is_vetted()).collect();
        (!changes.is_empty()).then_some(Self(changes))
    }

    /// Iterates over the changed facts with the wanted values; `None` clears a fact.
    pub fn iter(&self) -> impl Iterator<Item = (Fact, Option<&FactValue>)> {
        self.0.iter().map(|(fact, value)| (*fact, value.as_ref()))
    }

    /// Returns the identifiers that the owner wants; `None` if these changes keep or clear them.
    #[must_use]
    pub fn identifiers(&self) -> Option<&Identifiers> {
        match self.0.get(&Fact::Identifiers)? {
            Some(FactValue::Identifiers(identifiers)) => Some(identifiers),
            _ => None,
        }
    }
}
