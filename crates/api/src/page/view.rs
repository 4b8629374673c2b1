use std::borrow::Cow;
use std::sync::LazyLock;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{
    CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderMap, HeaderValue, VARY, X_FRAME_OPTIONS,
};
use askama::Template;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use sihha_domain::language::Language;

use super::{PageText, Reader};
use crate::problem::ApiError;

const STYLE: &str = include_str!("../../templates/page.css");

/// What a page may load and do: it has its own style, and sends its form to this service. No other
/// page may frame it.
static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let digest = STANDARD.encode(Sha256::digest(STYLE));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'; base-uri 'none'; \
         frame-ancestors 'none'"
    );
    HeaderValue::from_str(&policy).expect("Base64 is visible ASCII")
});

/// What is around the content of every page.
pub(crate) struct Frame {
    language: Language,
    title: Cow<'static, str>,
    /// Whether the page offers other languages. The result of a form cannot be opened again.
    has_languages: bool,
    token: Option<String>,
}

impl Frame {
    /// The frame of a page that the reader can open in other languages.
    pub(crate) fn of(reader: &Reader, title: PageText) -> Self {
        let token = reader.query.token().ok().flatten().map(|token| token.expose());
        Self { has_languages: true, token, ..Self::of_result(reader, title) }
    }

    /// The frame of what became of a form.
    pub(crate) fn of_result(reader: &Reader, title: PageText) -> Self {
        Self::titled(reader, title.of(reader.language))
    }

    pub(super) fn titled(reader: &Reader, title: Cow<'static, str>) -> Self {
        Self { language: reader.language, title, has_languages: false, token: None }
    }

    /// The same with a token, which the links to other languages keep.
    pub(crate) fn with_token(self, token: String) -> Self {
        Self { token: Some(token), ..self }
    }

    fn text(&self, text: PageText) -> Cow<'static, str> {
        text.of(self.language)
    }

    fn direction(&self) -> &'static str {
        if self.language == Language::Arabic { "rtl" } else { "ltr" }
    }

    /// Returns the links to the page in each language. They keep the path, also behind a proxy that
    /// adds a prefix.
    fn links(&self) -> impl Iterator<Item = LanguageLink> {
        let token = self.token.as_ref().map(|token| format!("&token={token}")).unwrap_or_default();
        Language::ALL.iter().map(move |language| LanguageLink {
            tag: language.tag(),
            name: PageText::LanguageName.of(*language),
            reference: format!("?lang={}{token}", language.tag()),
            is_current: *language == self.language,
        })
    }
}

/// A link to the same page in a language.
struct LanguageLink {
    tag: &'static str,
    name: Cow<'static, str>,
    reference: String,
    is_current: bool,
}

/// A page with text only: what became of a form, or an error.
#[derive(Template)]
#[template(path = "message.html")]
pub(crate) struct Message {
    pub(crate) frame: Frame,
    pub(crate) is_success: bool,
    pub(crate) paragraphs: Vec<Cow<'static, str>>,
    /// What the reader may have to quote or check.
    pub(crate) quoted: Option<String>,
}

/// A page with one button, about an address.
#[derive(Template)]
#[template(path = "confirm.html")]
pub(crate) struct Confirm {
    pub(crate) frame: Frame,
    pub(crate) text: Cow<'static, str>,
    pub(crate) address: String,
    pub(crate) note: Cow<'static, str>,
    pub(crate) button: Cow<'static, str>,
    pub(crate) token: String,
}

/// The page that sets a new password.
#[derive(Template)]
#[template(path = "reset_password.html")]
pub(crate) struct ResetPassword {
    pub(crate) frame: Frame,
    pub(crate) address: String,
    pub(crate) token: String,
    pub(crate) password_error: Option<Cow<'static, str>>,
    pub(crate) repeat_error: Option<Cow<'static, str>>,
}

/// A page on which a reader asks for a mail with a link.
#[derive(Template)]
#[template(path = "request_link.html")]
pub(crate) struct RequestLink {
    pub(crate) frame: Frame,
    pub(crate) paragraphs: Vec<Cow<'static, str>>,
    /// The address as it was typed.
    pub(crate) email: String,
    pub(crate) error: Option<Cow<'static, str>>,
}

/// Returns the page as a response.
///
/// # Errors
///
/// Only if there is no memory left.
pub(crate) fn respond(
    reader: &Reader,
    status: StatusCode,
    page: &impl Template,
) -> Result<HttpResponse, ApiError> {
    let html = page.render().map_err(|error| ApiError::Internal(error.to_string()))?;
    let mut response = HttpResponse::build(status).body(html);
    add_headers(response.headers_mut(), reader.language);
    Ok(response)
}

/// Adds the headers that every page has, also one that shows an error.
pub(super) fn add_headers(headers: &mut HeaderMap, language: Language) {
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(language.tag()));
    headers.insert(VARY, HeaderValue::from_static("Accept-Language"));
    headers.insert(CONTENT_SECURITY_POLICY, POLICY.clone());
    // For browsers that do not know `frame-ancestors`.
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
}
