use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use sihha_domain::mail::TokenPurpose;
use sihha_domain::use_cases::UseCases;

use super::{needed_token, read_link};
use crate::app::App;
use crate::bulkhead::AccountKey;
use crate::extract::{Client, Form};
use crate::middleware::note_account;
use crate::page::{Confirm, Frame, Message, PageText, Reader, respond};
use crate::problem::ApiError;

/// Shows the address to which the account would go back.
pub(crate) async fn show(app: web::Data<App>, reader: Reader) -> Result<HttpResponse, ApiError> {
    let token = needed_token(&reader.query)?;
    let stored = read_link(&app, &token, &[TokenPurpose::RevertEmail]).await?;
    let text = |text: PageText| text.of(reader.language);
    let page = Confirm {
        frame: Frame::of(&reader, PageText::RevertTitle),
        text: text(PageText::RevertText),
        address: stored.address.as_str().to_owned(),
        note: text(PageText::RevertNote),
        button: text(PageText::RevertButton),
        token: token.expose(),
    };
    respond(&reader, StatusCode::OK, &page)
}

/// Takes back the change of the address.
pub(crate) async fn submit(
    app: web::Data<App>,
    reader: Reader,
    Client(client): Client,
    Form(fields): Form,
) -> Result<HttpResponse, ApiError> {
    let token = needed_token(&fields)?;
    let account = token.profile_id();
    let run = move |use_cases: &UseCases, _: &dyn Fn() -> bool| use_cases.revert_email.run(&token, &client);
    note_account(app.credentials(AccountKey::Id(account), run).await?);
    let text = |text: PageText| text.of(reader.language);
    let page = Message {
        frame: Frame::of_result(&reader, PageText::RevertDone),
        is_success: true,
        paragraphs: vec![text(PageText::RevertDoneText), text(PageText::RevertDoneNext)],
        quoted: None,
    };
    respond(&reader, StatusCode::OK, &page)
}
