use actix_web::{HttpResponse, web};
use serde_json::json;

use crate::app::App;
use crate::problem::{ApiError, Problem};

/// Whether the service can do its work: it asks the database.
///
/// **Permissions**: anyone.
#[utoipa::path(
    get,
    path = "/health/ready",
    operation_id = "check_ready",
    tag = "Health",
    responses(
        (status = 200, description = "It can", example = json!({"status": "ok"})),
        (status = 503, description = "The database is away, or too much is waiting for it", body = Problem, content_type = "application/problem+json"),
    ),
    security(())
)]
pub(crate) async fn ready(app: web::Data<App>) -> Result<HttpResponse, ApiError> {
    app.database(|use_cases| use_cases.check_store.run()).await?;
    Ok(HttpResponse::Ok().json(json!({ "status": "ok" })))
}
