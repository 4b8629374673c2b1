use actix_web::{HttpResponse, web};
use serde_json::json;

use crate::app::App;
use crate::connection::Drain;
use crate::problem::{ApiError, Problem};

/// Whether the service can do its work: it asks the database, apart from all other work, for less than a second. While the
/// service stops (`stopping`), requests are still served, and load balancers should send new ones elsewhere.
///
/// **Permissions**: anyone.
#[utoipa::path(
    get,
    path = "/health/ready",
    operation_id = "check_ready",
    tag = "Health",
    responses(
        (status = 200, description = "It can", example = json!({"status": "ok"})),
        (
            status = 503,
            description = "The database is unavailable (`database_unavailable`), or the service is stopping (`stopping`)",
            body = Problem,
            content_type = "application/problem+json"
        ),
    ),
    security(())
)]
pub(crate) async fn ready(app: web::Data<App>, drain: web::Data<Drain>) -> Result<HttpResponse, ApiError> {
    if drain.has_begun() {
        return Err(ApiError::Stopping);
    }
    app.check_store().await?;
    Ok(HttpResponse::Ok().json(json!({ "status": "ok" })))
}
