//! Private parsers, for the fuzz targets of `tests/fuzz`. Only with the feature `testing`.

use std::net::IpAddr;

use actix_web::http::header::{FORWARDED, HeaderMap, HeaderValue, X_FORWARDED_FOR};
use chrono::NaiveDate;
use serde_json::Value;
use sihha_domain::FieldErrors;
use sihha_domain::account::{Account, Registration, Role};
use sihha_domain::approval::QueueCursor;
use sihha_domain::ids::ProfileId;
use sihha_domain::language::Language;
use sihha_domain::search::SearchCursor;

use super::account::account_request::{
    AccountRequest, DoctorRequest, HospitalRequest, LaboRequest, PatientRequest,
};
use super::account::patch;
use super::staff::cursor::Cursor;
use crate::extract::json;
use crate::language;
use crate::problem::ApiError;
use crate::proxies::TrustedProxies;

/// Reads a body as the extractor does.
pub fn body(bytes: &[u8]) -> Result<Value, ApiError> {
    json::parse(bytes)
}

/// Reads a body as the registration of an account of this role.
pub fn registration(role: Role, body: &Value, today: NaiveDate) -> Result<Registration, ApiError> {
    fn read<T: AccountRequest>(body: &Value, today: NaiveDate) -> Result<Registration, ApiError> {
        let request = T::deserialize(body).map_err(|_| ApiError::UNREADABLE)?;
        request.registration(today, Language::OF_ACCOUNTS)
    }
    match role {
        Role::Patient => read::<PatientRequest>(body, today),
        Role::Doctor => read::<DoctorRequest>(body, today),
        Role::Hospital => read::<HospitalRequest>(body, today),
        Role::Labo => read::<LaboRequest>(body, today),
    }
}

/// Returns `account` after a merge patch.
pub fn patched(patch: &Value, account: &Account, today: NaiveDate) -> Result<Account, FieldErrors> {
    patch::apply(patch, account, today)
}

/// Returns the document that the owner of `account` reads.
#[must_use]
pub fn document(account: &Account) -> Value {
    patch::document(account, &Value::Null)
}

/// Reads `text` as a cursor of each kind, and writes those that were accepted again.
#[must_use]
pub fn cursors(text: &str) -> [Option<String>; 3] {
    fn written<C: Cursor>(text: &str) -> Option<String> {
        C::parse(text).map(|cursor| cursor.to_text())
    }
    [written::<QueueCursor>(text), written::<SearchCursor>(text), written::<ProfileId>(text)]
}

/// Returns the client of a request with these lines of `Forwarded` or `X-Forwarded-For`. A line that
/// HTTP forbids is left out.
#[must_use]
pub fn client(proxies: &TrustedProxies, peer: IpAddr, is_forwarded: bool, lines: &[&[u8]]) -> Option<IpAddr> {
    let mut headers = HeaderMap::new();
    for line in lines.iter().filter_map(|line| HeaderValue::from_bytes(line).ok()) {
        headers.append(if is_forwarded { FORWARDED } else { X_FORWARDED_FOR }, line);
    }
    proxies.client(Some(peer), &headers)
}

/// Returns the language that an `Accept-Language` prefers.
#[must_use]
pub fn accepted_language(header: &[u8]) -> Language {
    language::accepted(HeaderValue::from_bytes(header).ok().as_ref(), Language::OF_ACCOUNTS)
}
