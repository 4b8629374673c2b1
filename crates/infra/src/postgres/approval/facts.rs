//! Facts in JSON: `{"first_name": "…", "isPrivee": true, "identifiers": [{"system": "…", "value": "…"}]}`.
//! In changes, null clears a fact.

use serde_json::{Map, Value, json};
use sihha_domain::account::{Fact, FactValue, PendingChanges};
use sihha_domain::approval::Facts;
use sihha_domain::identifier::{Identifier, IdentifierSystem, Identifiers};

/// Writes facts.
pub(super) fn facts_to_json(facts: &Facts) -> Value {
    let members = facts.iter().map(|(fact, value)| (fact.as_str().to_owned(), value_to_json(value)));
    Value::Object(members.collect())
}

/// Reads facts. Leaves out those of a later release.
pub(super) fn facts_on_record(json: Value) -> Facts {
    members(json).filter_map(|(fact, value)| Some((fact, value?))).collect()
}

/// Writes changes.
pub(super) fn changes_to_json(changes: &PendingChanges) -> Value {
    let value = |value: Option<&FactValue>| value.map_or(Value::Null, value_to_json);
    let members = changes.iter().map(|(fact, wanted)| (fact.as_str().to_owned(), value(wanted)));
    Value::Object(members.collect())
}

/// Reads changes. Leaves out those to facts of a later release.
pub(super) fn changes_on_record(json: Value) -> Option<PendingChanges> {
    PendingChanges::on_record(members(json))
}

fn value_to_json(value: &FactValue) -> Value {
    match value {
        FactValue::Text(text) => Value::String(text.clone()),
        FactValue::Flag(flag) => Value::Bool(*flag),
        FactValue::Identifiers(identifiers) => {
            let identifier = |identifier: &Identifier| json!({ "system": identifier.system().as_str(), "value": identifier.value() });
            Value::Array(identifiers.iter().map(identifier).collect())
        }
    }
}

/// Iterates over the known facts of an object. A fact that is cleared has no value.
fn members(json: Value) -> impl Iterator<Item = (Fact, Option<FactValue>)> {
    let members = if let Value::Object(members) = json { members } else { Map::new() };
    members.into_iter().filter_map(|(name, value)| {
        let value = match value {
            Value::Null => None,
            Value::String(text) => Some(FactValue::Text(text)),
            Value::Bool(flag) => Some(FactValue::Flag(flag)),
            Value::Array(identifiers) => Some(FactValue::Identifiers(identifiers_on_record(&identifiers)?)),
            Value::Number(_) | Value::Object(_) => return None,
        };
        Some((Fact::parse(&name)?, value))
    })
}

/// Reads identifiers. Leaves out those of a later release; returns `None` if there are no others.
fn identifiers_on_record(identifiers: &[Value]) -> Option<Identifiers> {
    let identifiers = Identifiers::on_record(identifiers.iter().filter_map(|identifier| {
        let system = IdentifierSystem::on_record(identifier["system"].as_str()?)?;
        Some(Identifier::on_record(system, identifier["value"].as_str()?.to_owned()))
    }));
    let is_given = identifiers.iter().next().is_some();
    is_given.then_some(identifiers)
}
