//! What the descriptions of operations on applications have in common.

use actix_web::http::StatusCode;
use serde_json::{Value, json};
use utoipa::openapi::Required;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};

use super::response::ReviewedApplicationResponse;
use crate::openapi::{Description, examples, tag};
use crate::problem::ProblemCode;

/// Documents the id in a path.
pub(super) fn id_in_path(of: &str) -> Parameter {
    let format = SchemaFormat::KnownFormat(KnownFormat::Uuid);
    let id = ParameterBuilder::new().name("id").parameter_in(ParameterIn::Path).required(Required::True);
    let schema = ObjectBuilder::new().schema_type(Type::String).format(Some(format));
    id.description(Some(of)).schema(Some(schema)).build()
}

/// Starts the description of an operation that changes an application.
pub(super) fn describe_change(id: &str, summary: &str) -> Description {
    Description::new(id, tag::APPLICATIONS, summary)
        .parameter(id_in_path("Id of the application: its account's"))
        .response::<ReviewedApplicationResponse>(StatusCode::OK, "The application", example())
        .repeatable()
        .errors(&[ProblemCode::UnknownApplication])
}

/// Returns the example of an application.
pub(super) fn example() -> Value {
    json!({
        "id": examples::ID, "role": "doctor", "first_name": "Khadidja", "last_name": "Benabdallah",
        "first_name_ar": "خديجة", "last_name_ar": "بن عبد الله", "specialite": "Cardiologie", "wilaya": "31",
        "commune": "3108", "state": "pending", "submitted_at": "2026-10-18T15:41:00.000Z",
        "last_submitted_at": "2026-11-24T08:05:00.000Z", "resubmitted": true, "effective_at": null, "claim": null,
        "possible_duplicates": 2,
        "facts": { "first_name": "Khadidja", "last_name": "Benabdallah", "carte_id": "1979-0314/02" },
    })
}
