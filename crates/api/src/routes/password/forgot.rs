use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Deserialize;
use serde_json::json;
use sihha_domain::account::EmailAddress;
use sihha_domain::mail::TokenPurpose;
use utoipa::ToSchema;

use crate::app::App;
use crate::extract::{Field, FieldReader, Json};
use crate::openapi::{Description, tag};
use crate::problem::ApiError;
use crate::routes::session::token::EmptyResponse;

/// The address of an account.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct MailLinkRequest {
    /// Case-insensitive.
    #[schema(value_type = String, required = true, max_length = 254,
        pattern = r"^[^@\s\u0000-\u001f\u007f-\u009f\u202d\u202e\ufdd0-\ufdef\ufff9-\uffff]*[\p{Lu}\p{Ll}\p{Lo}\p{N}][^@\s\u0000-\u001f\u007f-\u009f\u202d\u202e\ufdd0-\ufdef\ufff9-\uffff]*@[^@\s\u0000-\u001f\u007f-\u009f\u202d\u202e\ufdd0-\ufdef\ufff9-\uffff]*[\p{Lu}\p{Ll}\p{Lo}\p{N}][^@\s\u0000-\u001f\u007f-\u009f\u202d\u202e\ufdd0-\ufdef\ufff9-\uffff]*$")]
    email: Field<String>,
}

impl MailLinkRequest {
    pub(crate) fn read(self) -> Result<EmailAddress, ApiError> {
        let mut reader = FieldReader::new();
        let email = reader.required("email", self.email, EmailAddress::attempt);
        reader.finish(email).map_err(ApiError::InvalidFields)
    }
}

pub(crate) fn describe() -> Description {
    Description::new("forgot_password", tag::PASSWORD, "Sends a mail with a link that sets a new password.")
        .details(
            "The response is the same, after the same time, whether an account has the address or not. The owner of an \
             unknown or suspended account gets no mail. The new link replaces the earlier one. At most one mail a minute, and \
             5 an hour to an address: a request beyond that gets the same response, and the earlier link stays valid.",
        )
        .request::<MailLinkRequest>("application/json", json!({ "email": "example112q1@example.com" }))
        .response::<EmptyResponse>(StatusCode::ACCEPTED, "The request is accepted", EmptyResponse {})
}

pub(crate) async fn request(
    app: web::Data<App>,
    body: Json<MailLinkRequest>,
) -> Result<HttpResponse, ApiError> {
    app.request_mail(TokenPurpose::ResetPassword, body.0.read()?).await?;
    Ok(HttpResponse::Accepted().json(EmptyResponse {}))
}
