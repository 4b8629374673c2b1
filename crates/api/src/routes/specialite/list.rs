use actix_web::HttpResponse;
use sihha_domain::account::Specialite;

/// Every medical speciality that a doctor can have, in its canonical form.
///
/// **Permissions**: anyone.
#[utoipa::path(
    get,
    path = "/api/specialites",
    operation_id = "list_specialites",
    tag = "Reference data",
    responses((status = 200, description = "The specialities", body = Vec<String>, example = json!(["ADDICTOLOGIE", "CARDIOLOGIE", "AUTRE"]))),
    security(())
)]
pub(crate) async fn list() -> HttpResponse {
    HttpResponse::Ok().json(Specialite::ALL)
}
