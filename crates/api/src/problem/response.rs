//! Responses to errors.

use std::borrow::Cow;
use std::hash::{BuildHasher, RandomState};

use actix_web::body::MessageBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{
    ALLOW, CONTENT_LANGUAGE, CONTENT_TYPE, HeaderValue, RETRY_AFTER, VARY, WWW_AUTHENTICATE,
};
use actix_web::{HttpResponse, ResponseError};
use chrono::TimeDelta;
use fluent_bundle::FluentArgs;
use sihha_domain::language::Language;
use sihha_domain::{FieldError, FieldErrors};

use super::document::ProblemParams;
use super::{ACCEPT_PATCH, ApiError, NOT_APPROVED, Problem, document};
use crate::connection::{MAX_BODY, MAX_HEAD, MAX_URL};
use crate::cross_origin::CrossOrigin;
use crate::language;
use crate::standard_headers;

impl ApiError {
    /// Returns the arguments of the text of `detail`.
    fn args(&self) -> Option<FluentArgs<'static>> {
        let mut args = FluentArgs::new();
        match self {
            Self::MalformedJson(error) => {
                args.set("defect", error.defect);
                args.set("line", error.line);
                args.set("column", error.column);
            }
            Self::BadRequest(defect) => args.set("defect", *defect),
            Self::MethodNotAllowed(allowed) => args.set("allowed", *allowed),
            Self::TooManyAttempts(wait) => args.set("minutes", (whole_seconds(*wait) + 59) / 60),
            Self::PayloadTooLarge => args.set("limit", MAX_BODY / 1024),
            Self::UrlTooLong => args.set("limit", MAX_URL / 1024),
            Self::HeadTooLarge => args.set("limit", MAX_HEAD / 1024),
            Self::UnsupportedMediaType(expected) => {
                let (header, accepted, _) = expected.headers();
                args.set("header", header);
                args.set("accepted", accepted);
            }
            _ => return None,
        }
        Some(args)
    }

    /// Returns the title and the detail, for people.
    pub(crate) fn texts(&self, language: Language) -> (Cow<'static, str>, Cow<'static, str>) {
        let code = self.code();
        let detail = language::text(language, code, Some("detail"), self.args().as_ref());
        (language::text(language, code, None, None), detail)
    }

    /// Returns the problem document for the request `request_id`.
    pub(crate) fn document(&self, request_id: &str, language: Language) -> Problem {
        let code = self.code();
        let errors = match self {
            Self::InvalidFields(errors) => Some(document::by_path(errors, language)),
            Self::Taken(path) => {
                Some(document::by_path(&FieldErrors::one(path.as_str(), FieldError::Taken), language))
            }
            _ => None,
        };
        let (title, detail) = self.texts(language);
        Problem {
            kind: format!("urn:sihha:problem:{code}"),
            title,
            status: self.status_code().as_u16(),
            detail,
            code,
            request_id: request_id.to_owned(),
            errors,
            params: match self {
                Self::AlreadyDecided(decision) => Some(ProblemParams::AlreadyDecided((**decision).clone())),
                Self::ClaimedByOther(claim) => Some(ProblemParams::ClaimedByOther((**claim).clone())),
                _ => None,
            },
        }
    }

    /// Returns the response to the request `request_id`.
    pub(crate) fn response(&self, request_id: &str, language: Language) -> HttpResponse {
        let status = self.status_code();
        let mut response = HttpResponse::build(status);
        match self {
            // Every 401 must have a challenge (RFC 9110 §15.5.2).
            Self::WrongCredentials | Self::OtpRequired | Self::TokenNotValid(None) => {
                response.insert_header((WWW_AUTHENTICATE, r#"Bearer realm="sihha""#));
            }
            Self::TokenNotValid(_) => {
                response.insert_header((WWW_AUTHENTICATE, r#"Bearer realm="sihha", error="invalid_token""#));
            }
            Self::InsufficientScope => {
                let challenge = r#"Bearer realm="sihha", error="insufficient_scope""#;
                response.insert_header((WWW_AUTHENTICATE, challenge));
            }
            Self::MethodNotAllowed(allowed) => {
                response.insert_header((ALLOW, *allowed));
                if allowed.contains("PATCH") {
                    response.insert_header(ACCEPT_PATCH);
                }
            }
            Self::UnsupportedMediaType(expected) => {
                let (_, accepted, header) = expected.headers();
                response.insert_header((header, accepted));
            }
            Self::TooManyAttempts(wait) | Self::TooManyRequests(wait) => {
                response.insert_header((RETRY_AFTER, whole_seconds(*wait).to_string()));
            }
            Self::NotApproved => return response.json(NOT_APPROVED),
            _ => {}
        }
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.insert_header((RETRY_AFTER, "1"));
        }
        response.insert_header((CONTENT_TYPE, HeaderValue::from_static("application/problem+json")));
        response.insert_header((CONTENT_LANGUAGE, HeaderValue::from_static(language.tag())));
        response.insert_header((VARY, HeaderValue::from_static("Accept-Language")));
        response.body(self.document(request_id, language).to_ascii_json())
    }

    /// Returns the response in HTTP/1.1 to a request whose head was not read to its end, so that
    /// its id and its language are unknown.
    pub(crate) fn last_response(&self, cross_origin: CrossOrigin, is_tls: bool) -> Vec<u8> {
        let id = format!("{:016x}", RandomState::new().hash_one(()));
        tracing::debug!(request_id = id, code = self.code(), "request not read");
        let (mut response, body) = self.response(&id, Language::English).into_parts();
        standard_headers::add(response.headers_mut(), &id, cross_origin, false);
        if is_tls {
            standard_headers::add_hsts(response.headers_mut());
        }
        let body = body.try_into_bytes().unwrap_or_default();
        let mut bytes = format!(
            "HTTP/1.1 {}\r\nConnection: close\r\nContent-Length: {}\r\n",
            self.status_code(),
            body.len()
        )
        .into_bytes();
        for (name, value) in response.headers() {
            bytes.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
        }
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(&body);
        bytes
    }
}

/// Returns the seconds, rounded up: a client that waits as long is admitted.
fn whole_seconds(wait: TimeDelta) -> i64 {
    wait.num_seconds() + i64::from(wait.subsec_nanos() > 0)
}
