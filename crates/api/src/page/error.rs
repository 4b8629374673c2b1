use std::borrow::Cow;

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use askama::Template;

use super::view::add_headers;
use super::{Frame, Message, Page, PageText, Reader, RequestLink};
use crate::problem::ApiError;

/// Returns the page about an error of the request `request_id`.
pub(crate) fn error_response(reader: &Reader, error: &ApiError, request_id: &str) -> HttpResponse {
    let html = match error {
        ApiError::LinkNotValid(_) => link_not_valid(reader),
        error => message(reader, error, request_id).render(),
    };
    let response = error.response(request_id, reader.language);
    // Writing to memory does not fail.
    let mut response = response.set_body(BoxBody::new(html.unwrap_or_default()));
    add_headers(response.headers_mut(), reader.language);
    response
}

fn link_not_valid(reader: &Reader) -> askama::Result<String> {
    let text = |text: PageText| text.of(reader.language);
    let frame = Frame::of(reader, PageText::LinkNotValid);
    let request = match reader.page {
        Page::VerifyEmail => PageText::VerifyRequestText,
        Page::ResetPassword => PageText::ResetRequestText,
        Page::RevertEmail => {
            let paragraphs = vec![text(PageText::LinkNotValidText), text(PageText::LinkNotValidRevert)];
            return Message { frame, is_success: false, paragraphs, quoted: None }.render();
        }
    };
    let paragraphs = vec![text(PageText::LinkNotValidText), text(request)];
    RequestLink { frame, paragraphs, email: String::new(), error: None }.render()
}

fn message(reader: &Reader, error: &ApiError, request_id: &str) -> Message {
    let own = |title: PageText, text: PageText| (title.of(reader.language), text.of(reader.language));
    let mut quoted = None;
    let (title, text): (Cow<'static, str>, _) = match error {
        ApiError::Taken(_) => own(PageText::Taken, PageText::TakenText),
        ApiError::Internal(_) => {
            quoted = Some(request_id.to_owned());
            own(PageText::Failed, PageText::FailedText)
        }
        error if error.status_code() == StatusCode::SERVICE_UNAVAILABLE => {
            own(PageText::Unavailable, PageText::UnavailableText)
        }
        error => error.texts(reader.language),
    };
    Message { frame: Frame::titled(reader, title), is_success: false, paragraphs: vec![text], quoted }
}
