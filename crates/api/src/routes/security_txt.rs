//! Where to report a vulnerability (RFC 9116).

use std::fmt::Write;

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::TimeDelta;

use crate::app::App;
use crate::cacheable::cacheable;
use crate::problem::ApiError;

pub(super) const PATH: &str = "/.well-known/security.txt";

/// How long the file is valid from the day on which it is read. RFC 9116 §2.5.5 asks for less than a
/// year.
const VALIDITY: TimeDelta = TimeDelta::days(364);

/// Serves the file, if the operator has given a contact: a file without one is not valid.
pub(crate) async fn show(app: web::Data<App>, request: HttpRequest) -> Result<HttpResponse, ApiError> {
    let http = &app.http;
    if http.security_contacts.is_empty() {
        return Err(ApiError::NotFound);
    }
    let mut text = String::new();
    // Writing to memory does not fail.
    for contact in &http.security_contacts {
        let _ = writeln!(text, "Contact: {contact}");
    }
    let expires = app.now().date_naive() + VALIDITY;
    let _ = writeln!(text, "Expires: {expires}T00:00:00Z\nPreferred-Languages: fr, ar, en");
    // RFC 9116 §2.5.2 allows no other scheme.
    if let Some(url) = http.public_url.as_deref().filter(|url| url.starts_with("https://")) {
        let _ = writeln!(text, "Canonical: {url}{PATH}");
    }
    Ok(cacheable(&request, "text/plain; charset=utf-8", text))
}
