//! The documentation page: Swagger UI, from files inside the binary.

use std::borrow::Cow;
use std::sync::{Arc, LazyLock};

use actix_web::http::header::{CONTENT_SECURITY_POLICY, HeaderValue, LOCATION};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, web};
use utoipa_swagger_ui::Config;

use crate::cacheable::cacheable;
use crate::problem::ApiError;

/// Disables the validator: by default, the page sends the document's address to a service on the
/// internet.
static CONFIG: LazyLock<Arc<Config<'static>>> =
    LazyLock::new(|| Arc::new(Config::from("../openapi.json").validator_url("none").use_base_layout()));

/// What the page may load: its own files. No other page may frame it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Serves the page. Its references are relative to `/docs/`, so the path without the slash
/// redirects there, also behind a proxy that adds a prefix to the path.
pub(crate) async fn page(req: HttpRequest) -> Result<HttpResponse, ApiError> {
    if req.path().ends_with('/') {
        return serve(&req, "index.html");
    }
    Ok(HttpResponse::PermanentRedirect().insert_header((LOCATION, "docs/")).finish())
}

/// Serves a file that the page refers to.
pub(crate) async fn file(req: HttpRequest, name: web::Path<String>) -> Result<HttpResponse, ApiError> {
    serve(&req, &name)
}

fn serve(req: &HttpRequest, name: &str) -> Result<HttpResponse, ApiError> {
    let found = utoipa_swagger_ui::serve(name, Arc::clone(&CONFIG))
        .map_err(|error| ApiError::Internal(error.to_string()))?;
    let file = found.ok_or(ApiError::NotFound)?;
    let bytes = match file.bytes {
        // Part of the binary, which is not copied.
        Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        Cow::Owned(bytes) => bytes.into(),
    };
    let mut content_type = file.content_type;
    if content_type.starts_with("text/") {
        content_type += "; charset=utf-8";
    }
    let mut response = cacheable(req, &content_type, bytes);
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    Ok(response)
}
