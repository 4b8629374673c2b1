use actix_web::{HttpResponse, web};
use serde::Deserialize;
use serde_json::json;
use sihha_domain::password::{Password, PasswordReset};
use sihha_domain::session::ClientInfo;
use sihha_domain::use_cases::UseCases;
use utoipa::ToSchema;

use crate::app::App;
use crate::bulkhead::AccountKey;
use crate::extract::{Client, Field, FieldReader, Json};
use crate::openapi::{Description, tag};
use crate::problem::{ApiError, ProblemCode, password_error};
use crate::routes::email::link;

/// The token of a mail's link, and a new password.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct ResetPasswordRequest {
    /// The text after `token=` in the link.
    #[schema(value_type = String, required = true, min_length = 1)]
    token: Field<String>,
    /// Any 8 to 128 characters, but no common password and no fact about the owner.
    #[schema(value_type = String, required = true, min_length = 8, max_length = 128)]
    password: Field<String>,
}

impl ResetPasswordRequest {
    fn read(self, client: ClientInfo) -> Result<PasswordReset, ApiError> {
        let mut reader = FieldReader::new();
        let token = reader.required("token", self.token, link::not_empty);
        let new = reader.required("password", self.password, Password::parse);
        let (token, new) = reader.finish(token.zip(new)).map_err(ApiError::InvalidFields)?;
        Ok(PasswordReset { token: link::parse(&token)?, new, client })
    }
}

pub(crate) fn describe() -> Description {
    Description::new("reset_password", tag::PASSWORD, "Sets a new password, by the token of a mail.")
        .details(
            "Revokes all sessions of the account and opens none: log in with the new password. Confirms the address as well.",
        )
        .request::<ResetPasswordRequest>(
            "application/json",
            json!({ "token": link::EXAMPLE, "password": "couscous le vendredi" }),
        )
        .no_content("The password is changed")
        .errors(&[ProblemCode::LinkNotValid, ProblemCode::TooManyAttempts])
}

pub(crate) async fn reset(
    app: web::Data<App>,
    Client(client): Client,
    body: Json<ResetPasswordRequest>,
) -> Result<HttpResponse, ApiError> {
    run(&app, body.0.read(client)?, "password").await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Sets the new password, which the client sent as `field`.
pub(crate) async fn run(app: &App, reset: PasswordReset, field: &'static str) -> Result<(), ApiError> {
    let account = reset.token.profile_id();
    let run = move |use_cases: &UseCases, client_has_gone: &dyn Fn() -> bool| {
        let set = use_cases.reset_password.run(&reset, client_has_gone);
        set.map_err(|error| password_error(error, field))
    };
    let outcome = app.credentials(AccountKey::Id(account), run).await;
    link::note_account_of_link(account, &outcome);
    outcome.map(|_| ())
}
