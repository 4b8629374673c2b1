//! Headers of responses.

use serde_json::json;
use utoipa::openapi::header::{Header, HeaderBuilder};
use utoipa::openapi::schema::{Components, ObjectBuilder, Type};
use utoipa::openapi::{Ref, RefOr};

/// Name of the header that every response has.
pub(super) const REQUEST_ID: &str = "X-Request-Id";

/// Name of the header with the version of a document.
pub(super) const ETAG: &str = "ETag";

/// Documented headers: name, description, type and example.
const HEADERS: [(&str, &str, Type, &str); 5] = [
    (REQUEST_ID, "Id of the request, also in the log.", Type::String, "0d6f8ec2-8c1c-4d21-b6a4-0e7a3b0f5c11"),
    ("Retry-After", "Seconds to wait before the next attempt.", Type::Integer, "1"),
    ("WWW-Authenticate", "How to authenticate (RFC 6750 §3).", Type::String, r#"Bearer realm="sihha""#),
    (ETAG, "Version of the account.", Type::String, r#""0d6f8ec28c1c4d21b6a40e7a3b0f5c11""#),
    ("Content-Language", "Language of `title`, `detail` and `message`.", Type::String, "en"),
];

/// Returns references to the documented headers for which `is_sent` is true, and adds the headers to
/// `components`.
pub(super) fn references(
    is_sent: impl Fn(&str) -> bool,
    components: &mut Components,
) -> Vec<(String, RefOr<Header>)> {
    let mut references = Vec::new();
    for (name, description, schema_type, example) in HEADERS.iter().filter(|(name, ..)| is_sent(name)) {
        let schema = ObjectBuilder::new().schema_type(schema_type.clone()).build();
        let example =
            if *schema_type == Type::Integer { json!(example.parse::<u32>().ok()) } else { json!(example) };
        let header = HeaderBuilder::new()
            .schema(Some(schema))
            .description(Some(*description))
            .example(Some(example))
            .build();
        components.headers.insert((*name).to_owned(), RefOr::T(header));
        references.push(((*name).to_owned(), RefOr::Ref(Ref::new(format!("#/components/headers/{name}")))));
    }
    references
}
