use actix_web::{HttpResponse, web};
use sihha_domain::account::Registration;
use sihha_domain::session::ClientInfo;
use sihha_domain::use_cases::UseCases;

use super::account_request::{AccountRequest, DoctorRequest, HospitalRequest, LaboRequest, PatientRequest};
use super::response::{DoctorResponse, HospitalResponse, LaboResponse, PatientResponse, RegisteredResponse};
use crate::app::App;
use crate::bulkhead::AccountKey;
use crate::extract::{Client, Json};
use crate::middleware::note_account;
use crate::problem::{ApiError, Problem, unique_field_path};

/// Registers a patient, who is active at once.
///
/// **Permissions**: anyone.
#[utoipa::path(
    post,
    path = "/api/user/register",
    operation_id = "register_user",
    tag = "Register",
    request_body = PatientRequest,
    responses(
        (status = 201, description = "The account and its tokens", body = RegisteredResponse<PatientResponse>),
        (status = 400, description = "Not JSON, or invalid fields", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "E-mail or card number already taken", body = Problem, content_type = "application/problem+json"),
    ),
    security(())
)]
pub(crate) async fn patient(
    app: web::Data<App>,
    Client(client): Client,
    body: Json<PatientRequest>,
) -> Result<HttpResponse, ApiError> {
    let registration = body.0.registration(app.today())?;
    register(&app, registration, client).await
}

/// Registers a doctor, who waits for approval.
///
/// **Permissions**: anyone.
#[utoipa::path(
    post,
    path = "/api/doctor/register",
    operation_id = "register_doctor",
    tag = "Register",
    request_body = DoctorRequest,
    responses(
        (status = 201, description = "The waiting account, and tokens that open only what it may see of itself", body = RegisteredResponse<DoctorResponse>),
        (status = 400, description = "Not JSON, or invalid fields", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "E-mail or card number already taken", body = Problem, content_type = "application/problem+json"),
    ),
    security(())
)]
pub(crate) async fn doctor(
    app: web::Data<App>,
    Client(client): Client,
    body: Json<DoctorRequest>,
) -> Result<HttpResponse, ApiError> {
    let registration = body.0.registration(app.today())?;
    register(&app, registration, client).await
}

/// Registers a hospital, which waits for approval.
///
/// **Permissions**: anyone.
#[utoipa::path(
    post,
    path = "/api/hospital/register",
    operation_id = "register_hospital",
    tag = "Register",
    request_body = HospitalRequest,
    responses(
        (status = 201, description = "The waiting account, and tokens that open only what it may see of itself", body = RegisteredResponse<HospitalResponse>),
        (status = 400, description = "Not JSON, or invalid fields", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "E-mail or card number already taken", body = Problem, content_type = "application/problem+json"),
    ),
    security(())
)]
pub(crate) async fn hospital(
    app: web::Data<App>,
    Client(client): Client,
    body: Json<HospitalRequest>,
) -> Result<HttpResponse, ApiError> {
    let registration = body.0.registration(app.today())?;
    register(&app, registration, client).await
}

/// Registers a laboratory or radiology practice, which waits for approval.
///
/// **Permissions**: anyone.
#[utoipa::path(
    post,
    path = "/api/labo/register",
    operation_id = "register_labo",
    tag = "Register",
    request_body = LaboRequest,
    responses(
        (status = 201, description = "The waiting account, and tokens that open only what it may see of itself", body = RegisteredResponse<LaboResponse>),
        (status = 400, description = "Not JSON, or invalid fields", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "E-mail or card number already taken", body = Problem, content_type = "application/problem+json"),
    ),
    security(())
)]
pub(crate) async fn labo(
    app: web::Data<App>,
    Client(client): Client,
    body: Json<LaboRequest>,
) -> Result<HttpResponse, ApiError> {
    let registration = body.0.registration(app.today())?;
    register(&app, registration, client).await
}

async fn register(
    app: &App,
    registration: Registration,
    client: ClientInfo,
) -> Result<HttpResponse, ApiError> {
    let role = registration.details.role();
    let account = AccountKey::Email(registration.profile.email.canonical());
    let register =
        move |use_cases: &UseCases, _: &dyn Fn() -> bool| use_cases.register.run(registration, client);
    let registered = app.credentials(account, register).await;
    let registered = registered.map_err(|error| match error {
        ApiError::Taken(field) => ApiError::Taken(unique_field_path(role, &field)),
        error => error,
    })?;
    note_account(registered.account.id);
    Ok(HttpResponse::Created().json(RegisteredResponse::from(&registered)))
}
