//! Times in responses.

use chrono::{DateTime, Utc};
use serde::{Serialize, Serializer};
use sihha_domain::clock::format_timestamp;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{KnownFormat, Schema, SchemaFormat};

/// Regular expression of the texts that [`format_timestamp`] returns.
const PATTERN: &str = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$";

/// A time, in the form that all responses have.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Timestamp(pub(crate) DateTime<Utc>);

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&format_timestamp(self.0))
    }
}

/// Adds the pattern to the times among the members of an object.
pub(crate) fn add_pattern(schema: &mut RefOr<Schema>) {
    let RefOr::T(Schema::Object(object)) = schema else { return };
    for member in object.properties.values_mut() {
        if let RefOr::T(Schema::Object(member)) = member
            && member.format == Some(SchemaFormat::KnownFormat(KnownFormat::DateTime))
        {
            member.pattern = Some(PATTERN.to_owned());
        }
    }
}
