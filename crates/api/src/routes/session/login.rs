use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use sihha_domain::account::{EmailAddress, Role};
use sihha_domain::password::Password;
use sihha_domain::session::{ClientInfo, LoggedIn, LoginAttempt};
use sihha_domain::use_cases::UseCases;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::bulkhead::AccountKey;
use crate::extract::{Client, Field, FieldReader, Json};
use crate::middleware::note_account;
use crate::problem::{ApiError, Problem};

/// What somebody sends to log in.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(crate) struct LoginRequest {
    /// In any case.
    #[schema(value_type = String, required = true)]
    email: Field<String>,
    #[schema(value_type = String, required = true)]
    password: Field<String>,
}

impl LoginRequest {
    fn read(self, role: Role, client: ClientInfo) -> Result<LoginAttempt, ApiError> {
        let mut reader = FieldReader::new();
        let email = reader.required("email", self.email, EmailAddress::attempt);
        let password = reader.required("password", self.password, Password::attempt);
        let attempt =
            email.zip(password).map(|(email, password)| LoginAttempt { role, email, password, client });
        reader.finish(attempt).map_err(ApiError::InvalidFields)
    }
}

/// Tokens, whose they are, and the flag of the role.
#[derive(Serialize, ToSchema)]
pub(crate) struct LoginResponse {
    /// A JWT; opens what the account may see and do.
    access: String,
    /// A JWT; gets new tokens.
    refresh: String,
    /// The account's id, as in the tokens' `user_id`.
    id: Uuid,
    #[serde(rename = "isPatient", skip_serializing_if = "Option::is_none")]
    is_patient: Option<bool>,
    #[serde(rename = "isDoctor", skip_serializing_if = "Option::is_none")]
    is_doctor: Option<bool>,
    #[serde(rename = "isHospital", skip_serializing_if = "Option::is_none")]
    is_hospital: Option<bool>,
    #[serde(rename = "isLabo", skip_serializing_if = "Option::is_none")]
    is_labo: Option<bool>,
    /// Laboratory or radiology.
    #[serde(rename = "isLabOorRad", skip_serializing_if = "Option::is_none")]
    is_lab_or_rad: Option<bool>,
}

impl From<&LoggedIn> for LoginResponse {
    fn from(logged_in: &LoggedIn) -> Self {
        let flag = |role| (logged_in.role == role).then_some(true);
        Self {
            access: logged_in.tokens.access.expose().to_owned(),
            refresh: logged_in.tokens.refresh.expose().to_owned(),
            id: logged_in.id.as_uuid(),
            is_patient: flag(Role::Patient),
            is_doctor: flag(Role::Doctor),
            is_hospital: flag(Role::Hospital),
            is_labo: flag(Role::Labo),
            is_lab_or_rad: flag(Role::Labo),
        }
    }
}

/// Logs in to a patient's account.
///
/// **Permissions**: anyone.
#[utoipa::path(
    post,
    path = "/api/user/login",
    operation_id = "login_user",
    tag = "Log in",
    request_body = LoginRequest,
    responses(
        (status = 200, description = "Tokens", body = LoginResponse),
        (status = 400, description = "Not JSON, or invalid fields", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "Wrong password, unknown e-mail or another role's account", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The password is right, but the account is suspended", body = Problem, content_type = "application/problem+json"),
    ),
    security(())
)]
pub(crate) async fn patient(
    app: web::Data<App>,
    Client(client): Client,
    body: Json<LoginRequest>,
) -> Result<HttpResponse, ApiError> {
    login(&app, body.0.read(Role::Patient, client)?).await
}

/// Logs in to a doctor's account.
///
/// **Permissions**: anyone.
#[utoipa::path(
    post,
    path = "/api/doctor/login",
    operation_id = "login_doctor",
    tag = "Log in",
    request_body = LoginRequest,
    responses(
        (status = 200, description = "Tokens", body = LoginResponse),
        (status = 400, description = "Not JSON, or invalid fields", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "Wrong password, unknown e-mail or another role's account", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The password is right, but the account is suspended", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "The password is right, but the account is not approved", body = String, content_type = "application/json"),
    ),
    security(())
)]
pub(crate) async fn doctor(
    app: web::Data<App>,
    Client(client): Client,
    body: Json<LoginRequest>,
) -> Result<HttpResponse, ApiError> {
    login(&app, body.0.read(Role::Doctor, client)?).await
}

/// Logs in to a hospital's account.
///
/// **Permissions**: anyone.
#[utoipa::path(
    post,
    path = "/api/hospital/login",
    operation_id = "login_hospital",
    tag = "Log in",
    request_body = LoginRequest,
    responses(
        (status = 200, description = "Tokens", body = LoginResponse),
        (status = 400, description = "Not JSON, or invalid fields", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "Wrong password, unknown e-mail or another role's account", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The password is right, but the account is suspended", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "The password is right, but the account is not approved", body = String, content_type = "application/json"),
    ),
    security(())
)]
pub(crate) async fn hospital(
    app: web::Data<App>,
    Client(client): Client,
    body: Json<LoginRequest>,
) -> Result<HttpResponse, ApiError> {
    login(&app, body.0.read(Role::Hospital, client)?).await
}

/// Logs in to a laboratory's account.
///
/// **Permissions**: anyone.
#[utoipa::path(
    post,
    path = "/api/labo/login",
    operation_id = "login_labo",
    tag = "Log in",
    request_body = LoginRequest,
    responses(
        (status = 200, description = "Tokens", body = LoginResponse),
        (status = 400, description = "Not JSON, or invalid fields", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "Wrong password, unknown e-mail or another role's account", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The password is right, but the account is suspended", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "The password is right, but the account is not approved", body = String, content_type = "application/json"),
    ),
    security(())
)]
pub(crate) async fn labo(
    app: web::Data<App>,
    Client(client): Client,
    body: Json<LoginRequest>,
) -> Result<HttpResponse, ApiError> {
    login(&app, body.0.read(Role::Labo, client)?).await
}

async fn login(app: &App, attempt: LoginAttempt) -> Result<HttpResponse, ApiError> {
    let account = AccountKey::Email(attempt.email.canonical());
    let login = move |use_cases: &UseCases, client_has_gone: &dyn Fn() -> bool| {
        Ok::<_, ApiError>(use_cases.login.run(&attempt, client_has_gone))
    };
    let outcome = app.credentials(account, login).await?;
    note_account(match &outcome {
        Ok(logged_in) => Some(logged_in.id),
        Err(refused) => refused.account,
    });
    let logged_in = outcome.map_err(|refused| refused.error)?;
    Ok(HttpResponse::Ok().json(LoginResponse::from(&logged_in)))
}
