use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use sihha_domain::email::VerifyEmail;
use sihha_domain::mail::TokenPurpose;

use super::{needed_token, read_link, request_link};
use crate::app::App;
use crate::extract::{Client, Form};
use crate::middleware::note_account;
use crate::page::{Confirm, Frame, Message, PageText, Reader, respond};
use crate::problem::ApiError;

/// Shows the address that a link confirms, or the form that asks for a link.
pub(crate) async fn show(app: web::Data<App>, reader: Reader) -> Result<HttpResponse, ApiError> {
    let Some(token) = reader.query.token()? else { return request_link::form(&reader) };
    let stored = read_link(&app, &token, &VerifyEmail::PURPOSES).await?;
    let (title, text, note) = if stored.purpose == TokenPurpose::ConfirmEmail {
        (PageText::ChangeTitle, PageText::ChangeText, PageText::ChangeNote)
    } else {
        (PageText::VerifyTitle, PageText::VerifyText, PageText::VerifyNote)
    };
    let in_language = |text: PageText| text.of(reader.language);
    let page = Confirm {
        frame: Frame::of(&reader, title),
        text: in_language(text),
        address: stored.address.as_str().to_owned(),
        note: in_language(note),
        button: in_language(PageText::VerifyButton),
        token: token.expose(),
    };
    respond(&reader, StatusCode::OK, &page)
}

/// Confirms the address, or takes the form that asks for a link.
pub(crate) async fn submit(
    app: web::Data<App>,
    reader: Reader,
    Client(client): Client,
    Form(fields): Form,
) -> Result<HttpResponse, ApiError> {
    if let Some(email) = fields.get("email") {
        return request_link::submit(&app, &reader, TokenPurpose::VerifyEmail, email).await;
    }
    let token = needed_token(&fields)?;
    let account = token.profile_id();
    note_account(app.database(account, move |use_cases| use_cases.verify_email.run(&token, &client)).await?);
    let page = Message {
        frame: Frame::of_result(&reader, PageText::VerifyDone),
        is_success: true,
        paragraphs: vec![PageText::VerifyDoneText.of(reader.language)],
        quoted: None,
    };
    respond(&reader, StatusCode::OK, &page)
}
