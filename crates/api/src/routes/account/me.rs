use actix_web::{HttpResponse, web};
use sihha_domain::Error;
use sihha_domain::session::TokenError;

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
pub(crate) async fn read(app: web::Data<App>, Bearer(claims): Bearer) -> Result<HttpResponse, ApiError> {
    let account = app.database(move |use_cases| use_cases.read_account.run(claims.user_id)).await;
    let account = account.map_err(|error| match error {
        // A token outlives an account that is deleted.
        ApiError::Domain(Error::UnknownAccount) => TokenError::AccountGone.into(),
        error => error,
    })?;
    Ok(HttpResponse::Ok().json(AccountAnswer::from(&account)))
}
