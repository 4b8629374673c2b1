use actix_web::{HttpResponse, web};
use serde::Deserialize;
use serde_json::json;
use sihha_domain::mail::{MailToken, TokenPurpose};
use utoipa::ToSchema;

use super::link::{SECRET, example_uid, token};
use crate::app::App;
use crate::extract::{Client, Field, FieldReader, Json};
use crate::openapi::{Description, tag};
use crate::problem::{ApiError, ProblemCode};
use crate::routes::email::link;
use crate::routes::password::forgot::MailLinkRequest;

/// The token of a mail's link in two parts, as djoser's clients send it.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct ActivationRequest {
    /// The account's id, in base64url without padding.
    #[schema(value_type = String, required = true, min_length = 1)]
    uid: Field<String>,
    /// The part of the token after the full stop.
    #[schema(value_type = String, required = true, min_length = 1)]
    token: Field<String>,
}

impl ActivationRequest {
    fn read(self) -> Result<MailToken, ApiError> {
        let mut reader = FieldReader::new();
        let uid = reader.required("uid", self.uid, link::not_empty);
        let secret = reader.required("token", self.token, link::not_empty);
        let (uid, secret) = reader.finish(uid.zip(secret)).map_err(ApiError::InvalidFields)?;
        token(&uid, &secret)
    }
}

pub(crate) fn describe_activate() -> Description {
    Description::new("djoser_activate", tag::DJOSER, "Confirms an address, as `POST /api/email/verify` does.")
        .request::<ActivationRequest>("application/json", json!({ "uid": example_uid(), "token": SECRET }))
        .no_content("The address is confirmed")
        .errors(&[ProblemCode::LinkNotValid, ProblemCode::Taken])
}

pub(crate) async fn activate(
    app: web::Data<App>,
    // Notes the client's address, which is logged with a refused token.
    _: Client,
    body: Json<ActivationRequest>,
) -> Result<HttpResponse, ApiError> {
    link::verify(&app, body.0.read()?).await?;
    Ok(HttpResponse::NoContent().finish())
}

pub(crate) fn describe_resend() -> Description {
    Description::new(
        "djoser_resend_activation",
        tag::DJOSER,
        "Sends the mail that confirms an address again, without a session.",
    )
    .details(
        "The response is the same, after the same time, for every address. Only the owner of an account whose address is \
         not confirmed gets a mail, at most 3 an hour.",
    )
    .request::<MailLinkRequest>("application/json", json!({ "email": "example112q1@example.com" }))
    .no_content("The request is accepted")
}

pub(crate) async fn resend(
    app: web::Data<App>,
    body: Json<MailLinkRequest>,
) -> Result<HttpResponse, ApiError> {
    app.request_mail(TokenPurpose::VerifyEmail, body.0.read()?).await?;
    Ok(HttpResponse::NoContent().finish())
}
