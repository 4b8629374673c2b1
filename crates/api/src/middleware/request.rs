//! Gives each request an id, a response in every case, and a log line.

use std::cell::RefCell;
use std::panic::AssertUnwindSafe;
use std::time::Instant;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::header::{ACCEPT_LANGUAGE, HeaderMap};
use actix_web::middleware::Next;
use actix_web::{Error, HttpResponse};
use futures_util::FutureExt;
use sihha_domain::randomness::Randomness;
use uuid::Uuid;

use super::context::{self, Notes};
use crate::app::App;
use crate::authorization::Access;
use crate::connection::MAX_URL;
use crate::cross_origin::CrossOrigin;
use crate::language;
use crate::page::{self, Reader};
use crate::problem::ApiError;
use crate::proxies::peer_address;
use crate::standard_headers::{self, REQUEST_ID};

/// Maximum length of an id that a proxy sends.
const MAX_REQUEST_ID: usize = 64;
/// Maximum length of a method in the log. The registered methods (RFC 9110 §16.1.1) have at most 17
/// characters. All other fields are short, so a line is shorter than the maximum of an atomic write
/// to a pipe.
const MAX_METHOD: usize = 32;

thread_local! {
    /// Random bytes for the next ids. A system call for each id takes longer than the rest of its
    /// creation.
    static RANDOM_POOL: RefCell<Vec<[u8; 16]>> = const { RefCell::new(Vec::new()) };
}

pub(crate) async fn request<B: MessageBody + 'static>(
    req: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let started = Instant::now();
    let app = App::of(req.request())?;
    let is_trusted = app.http.trusted_proxies.trust(peer_address(req.peer_addr()));
    let id = request_id(req.headers(), is_trusted, &*app.randomness);
    let cross_origin = CrossOrigin::of(&req, &app.http.cors_origins);
    // Read only if there is an error; after a panic the request no longer exists.
    let accept_language = req.headers().get(ACCEPT_LANGUAGE).cloned();
    let language = || language::accepted(accept_language.as_ref(), language::OF_RESPONSES);
    let page_reader = Reader::of(req.request());
    let render = |error: &ApiError| match &page_reader {
        Some(reader) => page::error_response(reader, error, &id),
        None => error.response(&id, language()),
    };

    let answer = async {
        if req.uri().path_and_query().is_some_and(|url| url.as_str().len() > MAX_URL) {
            return Ok(Ok(req.error_response(ApiError::UrlTooLong)));
        }
        let answer = AssertUnwindSafe(next.call(req)).catch_unwind().await;
        answer.map(|answer| answer.map(ServiceResponse::map_into_boxed_body))
    };
    let (outcome, notes) = context::scope(id.clone(), answer).await;
    let rendered = match outcome {
        Ok(Ok(response)) => Ok(render_error(response, render)),
        Ok(Err(error)) => Err(ApiError::of_status(error.as_response_error().status_code())),
        Err(_panic) => Err(ApiError::Internal("a handler panicked".to_owned())),
    };
    let mut response = match rendered {
        Ok(response) => response,
        Err(error) => return Err(internal_response(error, &id, &notes, render, cross_origin)),
    };
    let is_public = Access::is_public_path(response.request());
    if let Some(preflight) = cross_origin.preflight_response(is_public) {
        response = response.into_response(preflight);
    }
    let pattern = response.request().match_pattern().unwrap_or_else(|| "unknown".to_owned());
    standard_headers::add(response.headers_mut(), &id, cross_origin, is_public);
    log(&response, &id, &notes, pattern.strip_suffix('/').unwrap_or(&pattern), started);
    Ok(response)
}

/// Returns the id that a trusted proxy sent, if it is harmless, or else a new id.
fn request_id(headers: &HeaderMap, is_trusted: bool, randomness: &dyn Randomness) -> String {
    let mut given = headers.get_all(REQUEST_ID);
    // Of several, the first may be the client's.
    let only = given.next().filter(|_| is_trusted && given.next().is_none());
    let given = only.and_then(|value| value.to_str().ok());
    let harmless = |id: &&str| {
        (1..=MAX_REQUEST_ID).contains(&id.len())
            && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
    };
    if let Some(id) = given.filter(harmless) {
        return id.to_owned();
    }
    uuid::Builder::from_random_bytes(random_id(randomness)).into_uuid().to_string()
}

fn random_id(randomness: &dyn Randomness) -> [u8; 16] {
    RANDOM_POOL.with_borrow_mut(|stock| {
        stock.pop().unwrap_or_else(|| {
            let mut bytes = [[0; 16]; 64];
            randomness.fill(bytes.as_flattened_mut());
            let [first, rest @ ..] = bytes;
            stock.extend(rest);
            first
        })
    })
}

/// Renders the error of `response`, if any. Also renders errors of actix.
fn render_error(
    response: ServiceResponse<BoxBody>,
    render: impl Fn(&ApiError) -> HttpResponse,
) -> ServiceResponse<BoxBody> {
    let render = |error: &ApiError| {
        let mut rendered = render(error);
        // The new response does not contain the error.
        log_error(&mut rendered, error);
        rendered
    };
    let Some(error) = response.response().error() else { return response };
    let rendered = match error.as_error::<ApiError>() {
        Some(error) => render(error),
        None => render(&ApiError::of_status(error.as_response_error().status_code())),
    };
    response.into_response(rendered)
}

/// Notes the error that `response` shows, for the log.
pub(crate) fn log_error(response: &mut HttpResponse, error: &ApiError) {
    response.extensions_mut().insert(LoggedError { code: error.code(), cause: error.cause() });
}

/// The reason of an error response, for the log.
struct LoggedError {
    code: &'static str,
    cause: Option<String>,
}

/// Returns the error response if there is no response to change, for example after a panic.
fn internal_response(
    error: ApiError,
    id: &str,
    notes: &Notes,
    render: impl Fn(&ApiError) -> HttpResponse,
    cross_origin: CrossOrigin,
) -> Error {
    let account_id = notes.account.map(tracing::field::display);
    let (code, cause) = (error.code(), error.cause());
    tracing::error!(request_id = id, account_id, code, cause, "request failed");
    let mut response = render(&error);
    standard_headers::add(response.headers_mut(), id, cross_origin, false);
    InternalError::from_response(error, response).into()
}

/// Logs one line for the request. Logs the route's pattern instead of the path, which may contain a
/// secret.
fn log(response: &ServiceResponse<BoxBody>, request_id: &str, notes: &Notes, route: &str, started: Instant) {
    let method = response.request().method().as_str();
    let method = method.get(..MAX_METHOD).unwrap_or(method);
    let status = response.status().as_u16();
    let mut buffer = Uuid::encode_buffer();
    let account_id = notes.account.map(|id| &*id.as_uuid().hyphenated().encode_lower(&mut buffer));
    let staff_id = notes.staff.map(tracing::field::display);
    let access_reason = notes.access_reason.as_deref();
    let client_address = notes.client.filter(|_| status >= 400).map(tracing::field::display);
    let duration_us = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
    let extensions = response.response().extensions();
    let (code, cause) = match extensions.get::<LoggedError>() {
        Some(refusal) => (refusal.code, refusal.cause.as_deref()),
        None => ("ok", None),
    };
    match status {
        // A 503 of an instance that stops is intended, so it is not logged as an error.
        500.. if code != ApiError::Stopping.code() => tracing::error!(
            request_id,
            method,
            route,
            status,
            code,
            cause,
            account_id,
            staff_id,
            access_reason,
            client_address,
            duration_us,
            "request"
        ),
        _ if route.starts_with("/health/") => {
            tracing::debug!(request_id, method, route, status, code, duration_us, "request");
        }
        _ => tracing::info!(
            request_id,
            method,
            route,
            status,
            code,
            cause,
            account_id,
            staff_id,
            access_reason,
            client_address,
            duration_us,
            "request"
        ),
    }
}

#[cfg(test)]
mod tests {
    use actix_web::dev::Service;
    use actix_web::http::header::{CACHE_CONTROL, CONTENT_LANGUAGE};
    use actix_web::middleware::from_fn;
    use actix_web::test::{TestRequest, call_service, init_service, read_body_json};
    use actix_web::{App as ActixApp, web};

    use super::*;
    use crate::app::tests::app_in_memory;

    async fn panics() -> HttpResponse {
        panic!("on purpose")
    }

    async fn is_refused_by_actix() -> Result<HttpResponse, Error> {
        Err(actix_web::error::ErrorBadRequest("words of a library"))
    }

    fn get(path: &str) -> actix_http::Request {
        TestRequest::get().uri(path).insert_header((ACCEPT_LANGUAGE, "fr")).to_request()
    }

    #[actix_web::test]
    async fn a_page_of_a_listed_origin_can_read_the_response_after_a_panic() {
        let mut app = app_in_memory();
        app.http.cors_origins.push("https://app.example.dz".to_owned());
        let service = init_service(
            ActixApp::new()
                .app_data(web::Data::new(app))
                .wrap(from_fn(request))
                .route("/panics", web::get().to(panics)),
        )
        .await;
        let request = TestRequest::get().uri("/panics").insert_header(("Origin", "https://app.example.dz"));
        let answer = service.call(request.to_request()).await;
        let response = answer.err().unwrap().as_response_error().error_response();
        assert_eq!(response.headers().get("Access-Control-Allow-Origin").unwrap(), "https://app.example.dz");
        assert_eq!(response.headers().get(CACHE_CONTROL).unwrap(), "no-store");
    }

    #[actix_web::test]
    async fn a_panic_and_an_error_of_actix_are_problems_and_the_next_request_is_served() {
        let service = init_service(
            ActixApp::new()
                .app_data(web::Data::new(app_in_memory()))
                .wrap(from_fn(request))
                .route("/panics", web::get().to(panics))
                .route("/refused", web::get().to(is_refused_by_actix))
                .route("/fine", web::get().to(HttpResponse::Ok)),
        )
        .await;
        let answer = service.call(get("/panics")).await;
        let response = answer.err().unwrap().as_response_error().error_response();
        assert_eq!(response.status(), 500);
        assert!(response.headers().contains_key(REQUEST_ID));
        assert_eq!(response.headers().get(CONTENT_LANGUAGE).unwrap(), "fr");

        let answer = call_service(&service, get("/refused")).await;
        assert_eq!(
            (answer.status(), answer.headers().get(CONTENT_LANGUAGE).unwrap().as_bytes()),
            (400.try_into().unwrap(), &b"fr"[..])
        );
        let document: serde_json::Value = read_body_json(answer).await;
        assert_eq!(document["code"], "bad_request");

        let answer = call_service(&service, get("/fine")).await;
        assert_eq!(answer.status(), 200);
    }
    #[actix_web::test]
    async fn a_panic_of_a_built_in_page_is_a_page_with_the_id_of_the_request() {
        let service = init_service(
            ActixApp::new()
                .app_data(web::Data::new(app_in_memory()))
                .wrap(from_fn(request))
                .route("/reset-password", web::get().to(panics)),
        )
        .await;
        let answer = service.call(get("/reset-password")).await;
        let response = answer.err().unwrap().as_response_error().error_response();
        assert_eq!(response.status(), 500);
        assert_eq!(response.headers().get(CONTENT_LANGUAGE).unwrap(), "fr");
        let id = response.headers().get(REQUEST_ID).unwrap().to_str().unwrap().to_owned();
        let page = response.into_body().try_into_bytes().unwrap();
        let page = String::from_utf8(page.to_vec()).unwrap();
        assert!(page.contains("Une erreur s’est produite</h1>") && page.contains(&id), "{page}");
    }
}
