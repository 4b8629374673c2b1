use actix_web::HttpResponse;
use serde_json::json;

/// Whether the process answers at all.
///
/// **Permissions**: anyone.
#[utoipa::path(
    get,
    path = "/health/live",
    operation_id = "check_live",
    tag = "Health",
    responses((status = 200, description = "It does", example = json!({"status": "ok"}))),
    security(())
)]
pub(crate) async fn live() -> HttpResponse {
    HttpResponse::Ok().json(json!({ "status": "ok" }))
}
