use actix_web::{HttpResponse, web};
use serde::Deserialize;
use serde_json::json;
use sihha_domain::password::{Password, PasswordChange};
use sihha_domain::session::{Caller, ClientInfo};
use sihha_domain::use_cases::UseCases;
use utoipa::ToSchema;

use crate::app::App;
use crate::bulkhead::AccountKey;
use crate::extract::{Bearer, Client, Field, FieldReader, Repeatable};
use crate::openapi::{Description, tag};
use crate::problem::{ApiError, ProblemCode, password_error};

/// The current password and the new one.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct ChangePasswordRequest {
    #[schema(value_type = String, required = true, min_length = 1)]
    current_password: Field<String>,
    /// Any 8 to 128 characters, but no common password and no fact about the owner.
    #[schema(value_type = String, required = true, min_length = 8, max_length = 128)]
    new_password: Field<String>,
}

impl ChangePasswordRequest {
    fn read(self, caller: Caller, client: ClientInfo) -> Result<PasswordChange, ApiError> {
        let mut reader = FieldReader::new();
        let current = reader.required("current_password", self.current_password, Password::attempt);
        let new = reader.required("new_password", self.new_password, Password::parse);
        let change = current.zip(new).map(|(current, new)| PasswordChange { caller, current, new, client });
        reader.finish(change).map_err(ApiError::InvalidFields)
    }
}

pub(crate) fn describe() -> Description {
    describe_as(
        "change_own_password",
        tag::ACCOUNT,
        "Changes the caller's password, and revokes the other sessions.",
    )
}

/// Describes the operation under another id.
pub(crate) fn describe_as(id: &str, tag: &str, summary: &str) -> Description {
    Description::new(id, tag, summary)
        .details(
            "A wrong current password is reported as `invalid_fields`, with `wrong` for `current_password`.",
        )
        .request::<ChangePasswordRequest>(
            "application/json",
            json!({ "current_password": "123456789", "new_password": "couscous le vendredi" }),
        )
        .errors(&[ProblemCode::TooManyAttempts])
        .repeatable()
        .no_content("The password is changed")
}

pub(crate) async fn change(
    app: web::Data<App>,
    Bearer(caller): Bearer,
    Client(client): Client,
    Repeatable { body, request }: Repeatable<ChangePasswordRequest>,
) -> Result<HttpResponse, ApiError> {
    let change = body.read(caller, client)?;
    let account = AccountKey::Id(change.caller.profile_id);
    let run = move |use_cases: &UseCases, client_has_gone: &dyn Fn() -> bool| {
        let changed = use_cases.change_password.run(&change, request.as_ref(), client_has_gone);
        changed.map_err(|error| password_error(error, "new_password"))
    };
    app.credentials(account, run).await?;
    Ok(HttpResponse::NoContent().finish())
}
