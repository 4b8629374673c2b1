//! The OpenAPI 3.1 document, derived from the table of operations.

use actix_web::http::Method;
use utoipa::openapi::info::{Info, License};
use utoipa::openapi::path::HttpMethod;
use utoipa::openapi::schema::Components;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{OpenApi, Paths, Server, Tag};

use crate::openapi::{flatten, tag};
use crate::operation::Endpoint;
use crate::timestamp;

const TAGS: [(&str, &str); 12] = [
    (tag::REGISTRATION, "Create an account"),
    (tag::LOGIN, "Log in with an e-mail and a password"),
    (tag::TOKENS, "Refresh, verify and revoke tokens"),
    (tag::ACCOUNT, "Read and change one's own account, and manage its sessions"),
    (tag::EMAIL, "Confirm and change the address of an account"),
    (tag::PASSWORD, "Set a new password for a forgotten one"),
    (tag::DJOSER, "Paths for front ends of the legacy Django backend"),
    (tag::REFERENCE_DATA, "Lists to choose from"),
    (tag::STAFF, "Log in as a member of staff, and manage staff"),
    (tag::APPLICATIONS, "Review applications"),
    (tag::ACCOUNTS, "Find, suspend and reinstate accounts"),
    (tag::HEALTH, "For load balancers and operators"),
];

const DESCRIPTION: &str = "The account service of a health platform. Patients, doctors, hospitals and laboratories \
    register and log in, staff approve doctors, hospitals and laboratories, and other services verify the tokens.\n\n\
    Every path also answers with a trailing slash. Every error is a problem document (RFC 9457) with a stable `code`. \
    Unknown members of a request are ignored.";

/// Returns the document of `endpoints`.
pub(crate) fn document(endpoints: &[Endpoint]) -> OpenApi {
    let (mut paths, mut components) = (Paths::new(), Components::new());
    for operation in endpoints.iter().flat_map(|endpoint| &endpoint.operations) {
        if let Some(describe) = &operation.describe {
            let described = describe().finish(operation.access, operation.limit, &mut components);
            paths.add_path_operation(operation.path, vec![http_method(&operation.method)], described);
        }
    }
    flatten::flatten(&mut components);
    components.schemas.values_mut().for_each(timestamp::add_pattern);
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
    components.add_security_scheme("access", SecurityScheme::Http(bearer.clone()));
    components.add_security_scheme("staff", SecurityScheme::Http(bearer.clone()));
    // The token of `POST /api/application/status`, which opens only what an applicant needs.
    components.add_security_scheme("application", SecurityScheme::Http(bearer));

    let mut info = Info::new("Sihha", env!("CARGO_PKG_VERSION"));
    info.description = Some(DESCRIPTION.to_owned());
    let mut license = License::new(env!("CARGO_PKG_LICENSE"));
    license.identifier = Some(env!("CARGO_PKG_LICENSE").to_owned());
    info.license = Some(license);
    let mut document = OpenApi::new(info, paths);
    document.servers = Some(vec![Server::new(".")]);
    document.tags = Some(TAGS.map(|(name, description)| described_tag(name, description)).to_vec());
    document.components = Some(components);
    flatten::prune(&mut document);
    document
}

fn described_tag(name: &str, description: &str) -> Tag {
    let mut tag = Tag::new(name);
    tag.description = Some(description.to_owned());
    tag
}

fn http_method(method: &Method) -> HttpMethod {
    match *method {
        Method::POST => HttpMethod::Post,
        Method::PUT => HttpMethod::Put,
        Method::PATCH => HttpMethod::Patch,
        Method::DELETE => HttpMethod::Delete,
        _ => HttpMethod::Get,
    }
}
