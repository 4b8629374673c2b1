use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::ACCEPT_LANGUAGE;
use actix_web::{FromRequest, HttpRequest};
use sihha_domain::language::Language;

use super::{Page, Parameters};
use crate::language;
use crate::problem::ApiError;

/// Who opens a page: what the URL and the headers say.
pub(crate) struct Reader {
    /// The page.
    pub(crate) page: Page,
    /// The language that the reader chose on the page, or else the one that the browser prefers.
    pub(crate) language: Language,
    /// The query of the URL.
    pub(crate) query: Parameters,
}

impl Reader {
    /// Returns the reader of a page, or `None` if the request is for none.
    pub(crate) fn of(request: &HttpRequest) -> Option<Self> {
        let page = Page::of_path(request.path())?;
        let query = Parameters::parse(request.query_string().as_bytes());
        let chosen = query.get("lang").and_then(|tag| Language::parse(tag).ok());
        let language = chosen.unwrap_or_else(|| {
            language::accepted(request.headers().get(ACCEPT_LANGUAGE), Language::OF_ACCOUNTS)
        });
        Some(Self { page, language, query })
    }
}

impl FromRequest for Reader {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::of(request).ok_or_else(|| ApiError::Internal("no page has this path".to_owned())))
    }
}
