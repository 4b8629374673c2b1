//! Identifiers in requests and responses.

use serde::{Deserialize, Serialize};
use sihha_domain::identifier::{Identifier, IdentifierSystem, Identifiers};
use utoipa::ToSchema;

use crate::extract::{Field, FieldReader, Object};
use crate::openapi::choices::IdentifierSystemChoice;

/// An identifier besides the card number, as it is printed or typed.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(crate) struct IdentifierRequest {
    #[schema(value_type = IdentifierSystemChoice, required = true)]
    system: Field<String>,
    /// Unique in its system, regardless of case and separators.
    #[schema(value_type = String, required = true, max_length = 64)]
    value: Field<String>,
}

/// An identifier besides the card number.
#[derive(Serialize, ToSchema)]
pub(crate) struct IdentifierResponse {
    #[schema(value_type = IdentifierSystemChoice)]
    system: &'static str,
    /// As it was typed.
    value: String,
}

impl From<&Identifier> for IdentifierResponse {
    fn from(identifier: &Identifier) -> Self {
        Self { system: identifier.system().as_str(), value: identifier.value().to_owned() }
    }
}

/// The member of a request.
pub(super) type IdentifiersField = Field<Vec<Field<Object<IdentifierRequest>>>>;

/// Reads the identifiers that a client sent.
#[expect(clippy::unnecessary_wraps, reason = "other members can be missing")]
pub(super) fn read(fields: &mut FieldReader, path: &str, field: IdentifiersField) -> Option<Identifiers> {
    let mut identifiers = Identifiers::default();
    for (path, entry) in fields.entries(path, field, IdentifierSystem::ALL.len()) {
        let Some(Object(IdentifierRequest { system, value })) = fields.given(&path, entry) else { continue };
        let system_path = format!("{path}.system");
        let system = fields.required(&system_path, system, IdentifierSystem::parse);
        // A value is missing whatever its system is.
        let parse = |text: &str| system.map(|system| Identifier::parse(system, text)).transpose();
        let identifier = fields.required(&format!("{path}.value"), value, parse).flatten();
        if let Some(Err(error)) = identifier.map(|identifier| identifiers.add(identifier)) {
            fields.add(&system_path, error);
        }
    }
    Some(identifiers)
}

/// Returns the identifiers of the account's own document, as they are stored.
pub(super) fn on_record(entries: Vec<Field<Object<IdentifierRequest>>>) -> Identifiers {
    let entries = entries.into_iter().filter_map(Field::given);
    Identifiers::on_record(entries.filter_map(|Object(IdentifierRequest { system, value })| {
        Some(Identifier::on_record(IdentifierSystem::on_record(&system.given()?)?, value.given()?))
    }))
}
