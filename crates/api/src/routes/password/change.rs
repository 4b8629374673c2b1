use actix_web::{HttpResponse, web};
use serde::Deserialize;
use sihha_domain::password::{Password, PasswordChange};
use sihha_domain::session::Caller;
use sihha_domain::use_cases::UseCases;
use utoipa::ToSchema;

use crate::app::App;
use crate::bulkhead::AccountKey;
use crate::extract::{Bearer, Client, Field, FieldReader, Json};
use crate::problem::{ApiError, Problem};

/// The present password and the one to set.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct PasswordRequest {
    #[schema(value_type = String, required = true)]
    current_password: Field<String>,
    /// 8 to 128 characters, any.
    #[schema(value_type = String, required = true, min_length = 8, max_length = 128)]
    new_password: Field<String>,
}

impl PasswordRequest {
    fn read(self, caller: Caller) -> Result<PasswordChange, ApiError> {
        let mut reader = FieldReader::new();
        let current = reader.required("current_password", self.current_password, Password::attempt);
        let new = reader.required("new_password", self.new_password, Password::parse);
        let change = current.zip(new).map(|(current, new)| PasswordChange { caller, current, new });
        reader.finish(change).map_err(ApiError::InvalidFields)
    }
}

/// Changes the caller's password, and ends all of its other sessions.
///
/// **Permissions**: the bearer of an access token of a live session, who knows the present password.
#[utoipa::path(
    post,
    path = "/api/me/password",
    operation_id = "change_own_password",
    tag = "Account",
    request_body(content = PasswordRequest, example = json!({"current_password": "123456789", "new_password": "couscous le vendredi"})),
    responses(
        (status = 204, description = "It is changed"),
        (status = 400, description = "Not JSON, invalid fields, or not the present password", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No valid access token", body = Problem, content_type = "application/problem+json"),
    ),
    security(("access" = []))
)]
pub(crate) async fn change(
    app: web::Data<App>,
    Bearer(caller): Bearer,
    // Notes the address: a wrong password is logged with it.
    _: Client,
    body: Json<PasswordRequest>,
) -> Result<HttpResponse, ApiError> {
    let change = body.0.read(caller)?;
    let account = AccountKey::Id(change.caller.profile_id);
    let run = move |use_cases: &UseCases, client_has_gone: &dyn Fn() -> bool| {
        use_cases.change_password.run(&change, client_has_gone)
    };
    app.credentials(account, run).await?;
    Ok(HttpResponse::NoContent().finish())
}
