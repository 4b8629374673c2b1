use std::borrow::Cow;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use sihha_domain::FieldErrors;
use sihha_domain::language::Language;
use sihha_domain::mail::{MailToken, TokenPurpose};
use sihha_domain::password::{Password, PasswordReset};

use super::{needed_token, read_link, request_link};
use crate::app::App;
use crate::bulkhead::AccountKey;
use crate::extract::{Client, Form};
use crate::middleware::{log_error, note_account};
use crate::page::{Frame, Message, PageText, Parameters, Reader, ResetPassword, respond};
use crate::problem::{ApiError, field_message};

/// Shows the form of the new password, or the one that asks for a link.
pub(crate) async fn show(app: web::Data<App>, reader: Reader) -> Result<HttpResponse, ApiError> {
    match reader.query.token()? {
        Some(token) => respond(&reader, StatusCode::OK, &form(&app, &reader, &token).await?),
        None => request_link::form(&reader),
    }
}

/// Sets the new password, or takes the form that asks for a link.
pub(crate) async fn submit(
    app: web::Data<App>,
    reader: Reader,
    Client(client): Client,
    Form(fields): Form,
) -> Result<HttpResponse, ApiError> {
    if let Some(email) = fields.get("email") {
        return request_link::submit(&app, &reader, TokenPurpose::ResetPassword, email).await;
    }
    let token = needed_token(&fields)?;
    let new = match read_password(&fields, reader.language) {
        Ok(new) => new,
        Err(refused) => return refuse(&app, &reader, &token, refused).await,
    };
    let account = AccountKey::Id(token.profile_id());
    let reset = PasswordReset { token: token.clone(), new, client };
    let run = app.credentials(account, move |use_cases, client_has_gone| {
        use_cases.reset_password.run(&reset, client_has_gone)
    });
    match run.await {
        Ok(id) => note_account(id),
        Err(ApiError::InvalidFields(errors)) => {
            let error = errors.iter().flat_map(|(_, errors)| errors).next();
            let password = error.map(|error| field_message(error, reader.language));
            return refuse(&app, &reader, &token, Refused { password, repeat: None }).await;
        }
        Err(error) => return Err(error),
    }
    let page = Message {
        frame: Frame::of_result(&reader, PageText::ResetDone),
        is_success: true,
        paragraphs: vec![PageText::ResetDoneText.of(reader.language)],
        quoted: None,
    };
    respond(&reader, StatusCode::OK, &page)
}

async fn form(app: &App, reader: &Reader, token: &MailToken) -> Result<ResetPassword, ApiError> {
    let stored = read_link(app, token, &[TokenPurpose::ResetPassword]).await?;
    Ok(ResetPassword {
        frame: Frame::of(reader, PageText::ResetTitle).with_token(token.expose()),
        address: stored.address.as_str().to_owned(),
        token: token.expose(),
        password_error: None,
        repeat_error: None,
    })
}

/// Shows the form again.
async fn refuse(
    app: &App,
    reader: &Reader,
    token: &MailToken,
    refused: Refused,
) -> Result<HttpResponse, ApiError> {
    let page = ResetPassword {
        password_error: refused.password,
        repeat_error: refused.repeat,
        ..form(app, reader, token).await?
    };
    let mut response = respond(reader, StatusCode::BAD_REQUEST, &page)?;
    log_error(&mut response, &ApiError::InvalidFields(FieldErrors::default()));
    Ok(response)
}

/// What is wrong with each of the two fields.
struct Refused {
    password: Option<Cow<'static, str>>,
    repeat: Option<Cow<'static, str>>,
}

/// Reads the new password, which must be typed twice: a page without a script cannot show it.
fn read_password(fields: &Parameters, language: Language) -> Result<Password, Refused> {
    let typed = fields.get("password").unwrap_or_default();
    let password = Password::parse(typed)
        .map_err(|error| Refused { password: Some(field_message(&error, language)), repeat: None })?;
    if fields.get("repeat") == Some(typed) {
        Ok(password)
    } else {
        Err(Refused { password: None, repeat: Some(PageText::ResetDiffer.of(language)) })
    }
}
