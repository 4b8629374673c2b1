use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Deserialize;
use serde_json::json;
use sihha_domain::account::EmailAddress;
use sihha_domain::email::EmailChange;
use sihha_domain::password::Password;
use sihha_domain::session::{Caller, ClientInfo};
use sihha_domain::use_cases::UseCases;
use utoipa::ToSchema;

use crate::app::App;
use crate::bulkhead::AccountKey;
use crate::extract::{Bearer, Client, Field, FieldReader, Json};
use crate::openapi::{Description, tag};
use crate::problem::{ApiError, ProblemCode};
use crate::routes::session::token::EmptyResponse;

/// The new address, and the password.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct ChangeEmailRequest {
    /// The new address.
    #[schema(value_type = String, required = true, max_length = 254)]
    email: Field<String>,
    #[schema(value_type = String, required = true, min_length = 1)]
    password: Field<String>,
}

impl ChangeEmailRequest {
    fn read(self, caller: Caller, client: ClientInfo) -> Result<EmailChange, ApiError> {
        let mut reader = FieldReader::new();
        let new = reader.required("email", self.email, EmailAddress::parse);
        let password = reader.required("password", self.password, Password::attempt);
        let change = new.zip(password).map(|(new, password)| EmailChange { caller, new, password, client });
        reader.finish(change).map_err(ApiError::InvalidFields)
    }
}

pub(crate) fn describe() -> Description {
    Description::new("change_own_email", tag::EMAIL, "Asks for another address of the account.")
        .details(
            "The new address gets a mail with a link. The account keeps its address until the link is used, within 24 hours. \
             The response is the same if another account has the address: then its owner gets a notice. A wrong password is \
             reported as `invalid_fields`, with `wrong` for `password`; the account's own address with `unchanged` for `email`.",
        )
        .request::<ChangeEmailRequest>(
            "application/json",
            json!({ "email": "example112q1@example.org", "password": "123456789" }),
        )
        .errors(&[ProblemCode::TooManyAttempts])
        .response::<EmptyResponse>(StatusCode::ACCEPTED, "The request is accepted", EmptyResponse {})
}

pub(crate) async fn change(
    app: web::Data<App>,
    Bearer(caller): Bearer,
    Client(client): Client,
    Json(body): Json<ChangeEmailRequest>,
) -> Result<HttpResponse, ApiError> {
    let change = body.read(caller, client)?;
    let account = AccountKey::Id(change.caller.profile_id);
    let run = move |use_cases: &UseCases, _: &dyn Fn() -> bool| use_cases.change_email.run(&change);
    app.credentials(account, run).await?;
    Ok(HttpResponse::Accepted().json(EmptyResponse {}))
}
