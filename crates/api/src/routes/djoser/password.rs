use actix_web::{HttpResponse, web};
use serde::Deserialize;
use serde_json::json;
use sihha_domain::mail::TokenPurpose;
use sihha_domain::password::{Password, PasswordReset};
use sihha_domain::session::ClientInfo;
use utoipa::ToSchema;

use super::link::{SECRET, example_uid, token};
use crate::app::App;
use crate::extract::{Client, Field, FieldReader, Json};
use crate::openapi::{Description, tag};
use crate::problem::{ApiError, ProblemCode};
use crate::routes::email::link;
use crate::routes::password::change;
use crate::routes::password::forgot::MailLinkRequest;
use crate::routes::password::reset;

/// The token of a mail's link in two parts and a new password, as djoser's clients send them.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct ConfirmResetRequest {
    /// The account's id, in base64url without padding.
    #[schema(value_type = String, required = true, min_length = 1)]
    uid: Field<String>,
    /// The part of the token after the full stop.
    #[schema(value_type = String, required = true, min_length = 1)]
    token: Field<String>,
    /// Any 8 to 128 characters, but no common password and no fact about the owner.
    #[schema(value_type = String, required = true, min_length = 8, max_length = 128)]
    new_password: Field<String>,
}

impl ConfirmResetRequest {
    fn read(self, client: ClientInfo) -> Result<PasswordReset, ApiError> {
        let mut reader = FieldReader::new();
        let uid = reader.required("uid", self.uid, link::not_empty);
        let secret = reader.required("token", self.token, link::not_empty);
        let new = reader.required("new_password", self.new_password, Password::parse);
        let parts = uid.zip(secret).zip(new);
        let ((uid, secret), new) = reader.finish(parts).map_err(ApiError::InvalidFields)?;
        Ok(PasswordReset { token: token(&uid, &secret)?, new, client })
    }
}

pub(crate) fn describe_reset() -> Description {
    Description::new(
        "djoser_reset_password",
        tag::DJOSER,
        "Sends a mail with a link that sets a new password, as `POST /api/password/forgot` does.",
    )
    .request::<MailLinkRequest>("application/json", json!({ "email": "example112q1@example.com" }))
    .no_content("The request is accepted")
}

pub(crate) async fn request_reset(
    app: web::Data<App>,
    body: Json<MailLinkRequest>,
) -> Result<HttpResponse, ApiError> {
    app.request_mail(TokenPurpose::ResetPassword, body.0.read()?).await?;
    Ok(HttpResponse::NoContent().finish())
}

pub(crate) fn describe_confirm() -> Description {
    Description::new(
        "djoser_confirm_password_reset",
        tag::DJOSER,
        "Sets a new password, as `POST /api/password/reset` does.",
    )
    .request::<ConfirmResetRequest>(
        "application/json",
        json!({ "uid": example_uid(), "token": SECRET, "new_password": "couscous le vendredi" }),
    )
    .no_content("The password is changed")
    .errors(&[ProblemCode::LinkNotValid, ProblemCode::TooManyAttempts])
}

pub(crate) async fn confirm_reset(
    app: web::Data<App>,
    Client(client): Client,
    body: Json<ConfirmResetRequest>,
) -> Result<HttpResponse, ApiError> {
    reset::run(&app, body.0.read(client)?, "new_password").await?;
    Ok(HttpResponse::NoContent().finish())
}

pub(crate) fn describe_set() -> Description {
    change::describe_as(
        "djoser_set_password",
        tag::DJOSER,
        "Changes the caller's password, as `POST /api/me/password` does.",
    )
}
