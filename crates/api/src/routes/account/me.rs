use actix_web::{HttpResponse, web};
use serde_json::Value;
use sihha_domain::account::ChangeOutcome;
use sihha_domain::store::StoreError;
use sihha_domain::use_cases::UseCases;

use super::patch;
use super::patch_schema::AccountPatchRequest;
use super::response::AccountResponse;
use crate::app::App;
use crate::extract::{Bearer, Json};
use crate::problem::{ApiError, Problem};

/// Returns the caller's own account, as registration answered it.
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

/// Maximum number of attempts to change an account that changes meanwhile.
const MAX_ATTEMPTS: u8 = 8;

/// Changes the caller's own account by a JSON merge patch (RFC 7396), under the rules of
/// registration.
///
/// Members have the names that registration and `GET /api/me` use. A missing member keeps its
/// value, and `null` clears an optional one. A member that cannot be changed here (`email`,
/// `carte_id`, `password`, `is_approved`, …) may be sent back with the value that `GET /api/me`
/// answers. So may every other member, which then keeps its value, even if that breaks a rule of
/// today.
///
/// **Permissions**: the bearer of an access token of a live session, also one of an account that
/// waits for approval.
#[utoipa::path(
    patch,
    path = "/api/me",
    operation_id = "change_own_account",
    tag = "Account",
    request_body(
        description = "The members to change, as in a registration of the caller's role",
        content(
            (AccountPatchRequest = "application/merge-patch+json", example = json!({"address": "456 Elm Street", "image": null})),
            (AccountPatchRequest = "application/json", example = json!({"address": "456 Elm Street", "image": null})),
        ),
    ),
    responses(
        (status = 200, description = "The changed account", body = AccountResponse),
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
    let id = caller.profile_id;
    let mut account = app.account(caller.clone()).await?;
    let change = move |use_cases: &UseCases| {
        for _ in 0..MAX_ATTEMPTS {
            let wanted = patch::apply(&body, &account, today).map_err(ApiError::InvalidFields)?;
            match use_cases.change_account.run(&caller, &account, &wanted)? {
                ChangeOutcome::Changed(account) => return Ok(account),
                ChangeOutcome::Outdated(stored) => account = stored,
            }
        }
        Err(ApiError::from(StoreError::Conflict))
    };
    let account = app.database(id, change).await?;
    Ok(HttpResponse::Ok().json(AccountResponse::from(&account)))
}
