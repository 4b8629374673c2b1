use actix_web::{HttpResponse, web};
use serde_json::Value;

use super::change_form::AccountChangeForm;
use super::response::AccountResponse;
use crate::app::App;
use crate::extract::{Bearer, Json};
use crate::problem::{ApiError, Problem};

/// The caller's own account, as registration answered it.
///
/// **Permissions**: the bearer of an access token, also one of an account that waits for approval.
#[utoipa::path(
    get,
    path = "/api/me",
    operation_id = "read_own_account",
    tag = "Account",
    responses(
        (status = 200, description = "The account", body = AccountResponse),
        (status = 401, description = "No valid access token", body = Problem, content_type = "application/problem+json"),
    ),
    security(("access" = []))
)]
pub(crate) async fn read(app: web::Data<App>, Bearer(caller): Bearer) -> Result<HttpResponse, ApiError> {
    let account = app.account(caller).await?;
    Ok(HttpResponse::Ok().json(AccountResponse::from(&account)))
}

/// Changes the caller's own account by a JSON merge patch (RFC 7396), under the rules of registration.
///
/// Members have the names that registration and `GET /api/me` give them. One that is left out stays, `null` clears
/// what is optional. What cannot be changed here (`email`, `carte_id`, `password`, `is_approved`, …) may be sent back as
/// it was answered. So may every other member, which then stays, whatever the rules are by now.
///
/// **Permissions**: the bearer of an access token of a live session, also one of an account that waits for approval.
#[utoipa::path(
    patch,
    path = "/api/me",
    operation_id = "change_own_account",
    tag = "Account",
    request_body(
        description = "What changes, in the members of the caller's role",
        content(
            (AccountChangeForm = "application/merge-patch+json", example = json!({"address": "456 Elm Street", "image": null})),
            (AccountChangeForm = "application/json", example = json!({"address": "456 Elm Street", "image": null})),
        ),
    ),
    responses(
        (status = 200, description = "The account as it is now", body = AccountResponse),
        (status = 400, description = "Not JSON, or invalid fields", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No valid access token", body = Problem, content_type = "application/problem+json"),
    ),
    security(("access" = []))
)]
pub(crate) async fn change(
    app: web::Data<App>,
    Bearer(caller): Bearer,
    Json(body): Json<Value>,
) -> Result<HttpResponse, ApiError> {
    let today = app.today();
    let form = AccountChangeForm::of(caller.role, &body)?;
    let account = app
        .database(caller.profile_id, move |use_cases| {
            use_cases.change_account.run(&caller, |account| form.clone().read(&body, account, today))
        })
        .await?;
    Ok(HttpResponse::Ok().json(AccountResponse::from(&account)))
}
