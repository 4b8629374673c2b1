//! The documentation page: Swagger UI, from files inside the binary.

use std::borrow::Cow;
use std::sync::{Arc, LazyLock};

use actix_web::http::header::LOCATION;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, web};
use utoipa_swagger_ui::Config;

use crate::problem::ApiError;

/// The page asks nobody else: by itself it would send the document's address to a validator on the internet.
static CONFIG: LazyLock<Arc<Config<'static>>> =
    LazyLock::new(|| Arc::new(Config::from("/openapi.json").validator_url("none").use_base_layout()));

/// The page itself. It refers to its files from `/docs/`, so without the slash it would not find them.
pub(crate) async fn page(req: HttpRequest) -> Result<HttpResponse, ApiError> {
    if req.path().ends_with('/') {
        return serve("index.html");
    }
    Ok(HttpResponse::PermanentRedirect().insert_header((LOCATION, "/docs/")).finish())
}

/// What the page refers to.
pub(crate) async fn file(name: web::Path<String>) -> Result<HttpResponse, ApiError> {
    serve(&name)
}

fn serve(name: &str) -> Result<HttpResponse, ApiError> {
    let found = utoipa_swagger_ui::serve(name, Arc::clone(&CONFIG))
        .map_err(|error| ApiError::Internal(error.to_string()))?;
    let file = found.ok_or(ApiError::NotFound)?;
    let bytes = match file.bytes {
        // A part of the binary, which is never copied whole.
        Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        Cow::Owned(bytes) => bytes.into(),
    };
    Ok(HttpResponse::Ok().content_type(file.content_type).body(bytes))
}
