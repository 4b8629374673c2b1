use std::convert::Infallible;
use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::ACCEPT_LANGUAGE;
use actix_web::{FromRequest, HttpRequest};
use sihha_domain::language::Language;

use crate::language;

/// The language of a response: the one that the client prefers, or English.
pub(crate) struct ResponseLanguage(pub(crate) Language);

/// The language of a new account: the one that the client prefers, or that of accounts.
pub(crate) struct AccountLanguage(pub(crate) Language);

impl FromRequest for ResponseLanguage {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self(accepted(req, language::OF_RESPONSES))))
    }
}

impl FromRequest for AccountLanguage {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self(accepted(req, Language::OF_ACCOUNTS))))
    }
}

fn accepted(req: &HttpRequest, default: Language) -> Language {
    language::accepted(req.headers().get(ACCEPT_LANGUAGE), default)
}
