use std::collections::BTreeMap;

use super::{Account, Fact, FactValue, RoleDetails};
use crate::identifier::Identifiers;
use crate::text::Text;

/// Changes to vetted facts that the owner made and that wait for a decision of staff. At least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingChanges(BTreeMap<Fact, Option<FactValue>>);

impl PendingChanges {
    /// Returns the changes to vetted facts that turn `stored` into `wanted`; `None` if there are none.
    #[must_use]
    pub fn between(stored: &Account, wanted: &Account) -> Option<Self> {
        let vetted = Fact::ALL.iter().copied().filter(|fact| fact.is_vetted());
        let changed =
            vetted.map(|fact| (fact, fact.of(wanted))).filter(|(fact, value)| fact.of(stored) != *value);
        Self::on_record(changed)
    }

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

    /// Returns `account` with these changes, and with its other facts as they are.
    #[must_use]
    pub fn applied_to(&self, account: &Account) -> Account {
        let mut changed = account.clone();
        for (fact, value) in &self.0 {
            match value {
                Some(FactValue::Identifiers(identifiers)) => {
                    changed.profile.identifiers = identifiers.clone();
                }
                None if *fact == Fact::Identifiers => changed.profile.identifiers = Identifiers::default(),
                Some(FactValue::Text(text)) => set(&mut changed.details, *fact, Some(text)),
                Some(FactValue::Flag(_)) | None => set(&mut changed.details, *fact, None),
            }
        }
        changed
    }
}

/// Sets a vetted fact that is a text. A required fact is never cleared.
fn set(details: &mut RoleDetails, fact: Fact, value: Option<&String>) {
    match details {
        RoleDetails::Doctor(doctor) => match fact {
            Fact::FirstName => replace(&mut doctor.first_name, value),
            Fact::LastName => replace(&mut doctor.last_name, value),
            Fact::FirstNameAr => doctor.first_name_ar = optional(value),
            Fact::LastNameAr => doctor.last_name_ar = optional(value),
            Fact::Specialite => replace(&mut doctor.specialite, value),
            _ => {}
        },
        RoleDetails::Hospital(hospital) => match fact {
            Fact::Name => replace(&mut hospital.name, value),
            Fact::NameAr => hospital.name_ar = optional(value),
            Fact::FacilityType => hospital.facility_type = optional(value),
            _ => {}
        },
        RoleDetails::Labo(labo) => match fact {
            Fact::Name => replace(&mut labo.name, value),
            Fact::NameAr => labo.name_ar = optional(value),
            Fact::FacilityType => labo.facility_type = optional(value),
            _ => {}
        },
        // A patient has no vetted facts.
        RoleDetails::Patient(_) => {}
    }
}

fn replace<R>(text: &mut Text<R>, value: Option<&String>) {
    if let Some(value) = value {
        *text = Text::on_record(value.clone());
    }
}

fn optional<R>(value: Option<&String>) -> Option<Text<R>> {
    value.cloned().map(Text::on_record)
}
