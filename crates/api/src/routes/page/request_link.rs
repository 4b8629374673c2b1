use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use sihha_domain::FieldErrors;
use sihha_domain::account::EmailAddress;
use sihha_domain::mail::TokenPurpose;

use crate::app::App;
use crate::middleware::log_error;
use crate::page::{Frame, Message, Page, PageText, Reader, RequestLink, respond};
use crate::problem::{ApiError, field_message};

/// Shows the form that asks for a mail with a link.
pub(super) fn form(reader: &Reader) -> Result<HttpResponse, ApiError> {
    respond(reader, StatusCode::OK, &page(reader))
}

/// Takes the form. Says the same for every address.
pub(super) async fn submit(
    app: &App,
    reader: &Reader,
    purpose: TokenPurpose,
    email: &str,
) -> Result<HttpResponse, ApiError> {
    let address = match EmailAddress::parse(email) {
        Ok(address) => address,
        Err(error) => {
            let message = field_message(&error, reader.language);
            let page = RequestLink { email: email.to_owned(), error: Some(message), ..page(reader) };
            let mut response = respond(reader, StatusCode::BAD_REQUEST, &page)?;
            log_error(&mut response, &ApiError::InvalidFields(FieldErrors::one("email", error)));
            return Ok(response);
        }
    };
    let quoted = Some(address.as_str().to_owned());
    app.request_mail(purpose, address).await?;
    let text = |text: PageText| text.of(reader.language);
    let frame = Frame::of_result(reader, PageText::Requested);
    let paragraphs = vec![text(PageText::RequestedText), text(PageText::RequestedHelp)];
    respond(reader, StatusCode::OK, &Message { frame, is_success: true, paragraphs, quoted })
}

fn page(reader: &Reader) -> RequestLink {
    let (title, text) = match reader.page {
        Page::ResetPassword => (PageText::ResetRequestTitle, PageText::ResetRequestText),
        _ => (PageText::VerifyTitle, PageText::VerifyRequestText),
    };
    let paragraphs = vec![text.of(reader.language)];
    RequestLink { frame: Frame::of(reader, title), paragraphs, email: String::new(), error: None }
}
