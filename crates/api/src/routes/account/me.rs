use actix_web::{HttpResponse, web};

use super::answer::AccountAnswer;
use crate::app::App;
use crate::extract::Bearer;
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
        (status = 200, description = "The account", body = AccountAnswer),
        (status = 401, description = "No valid access token", body = Problem, content_type = "application/problem+json"),
    ),
    security(("access" = []))
)]
pub(crate) async fn read(app: web::Data<App>, Bearer(caller): Bearer) -> Result<HttpResponse, ApiError> {
    let account = app.database(move |use_cases| use_cases.read_account.run(&caller)).await?;
    Ok(HttpResponse::Ok().json(AccountAnswer::from(&account)))
}
