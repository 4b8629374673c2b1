use actix_web::http::StatusCode;
use actix_web::{Handler, HttpResponse, web};
use chrono::NaiveDate;
use serde::de::DeserializeOwned;
use sihha_domain::account::{Registered, Registration, Role};
use sihha_domain::session::ClientInfo;
use sihha_domain::use_cases::UseCases;
use utoipa::ToSchema;

use super::register_request::{
    RegisterDoctorRequest, RegisterHospitalRequest, RegisterLaboRequest, RegisterPatientRequest,
};
use super::response::{DoctorResponse, HospitalResponse, LaboResponse, PatientResponse, RegisterResponse};
use crate::app::App;
use crate::bulkhead::AccountKey;
use crate::extract::{Client, Json};
use crate::middleware::note_account;
use crate::openapi::{Description, examples, tag};
use crate::problem::{ApiError, Error, unique_field_path};
use crate::routes::role_name;

/// Reads a role's request on a day.
type Read<T> = fn(T, NaiveDate) -> Result<Registration, ApiError>;

pub(crate) fn describe_patient() -> Description {
    describe::<_, PatientResponse>(Role::Patient, RegisterPatientRequest::read)
}

pub(crate) fn describe_doctor() -> Description {
    describe::<_, DoctorResponse>(Role::Doctor, RegisterDoctorRequest::read)
}

pub(crate) fn describe_hospital() -> Description {
    describe::<_, HospitalResponse>(Role::Hospital, RegisterHospitalRequest::read)
}

pub(crate) fn describe_labo() -> Description {
    describe::<_, LaboResponse>(Role::Labo, RegisterLaboRequest::read)
}

fn describe<T: DeserializeOwned + ToSchema, R: ToSchema>(role: Role, read: Read<T>) -> Description {
    let name = role_name(role);
    let request = examples::request(&format!("/api/{}/register", role.as_str()));
    let response = examples::registered(&request, read).as_ref().map(RegisterResponse::from);
    let (details, created) = if role.needs_approval() {
        (
            "Staff must approve the account before it can log in.",
            "The account, and tokens to read and change it",
        )
    } else {
        ("The account is active immediately.", "The account and its tokens")
    };
    Description::new(format!("register_{name}"), tag::REGISTRATION, format!("Registers a {name}."))
        .details(details)
        .request::<T>("application/json", request)
        .response::<RegisterResponse<R>>(StatusCode::CREATED, created, response)
        .errors(&["taken"])
}

/// Returns the handler that registers what `read` reads.
pub(crate) fn handler<T: DeserializeOwned + 'static>(
    read: Read<T>,
) -> impl Handler<(web::Data<App>, Client, Json<T>), Output = Result<HttpResponse, ApiError>> + Send + Sync {
    move |app: web::Data<App>, Client(client): Client, body: Json<T>| async move {
        let registered = register(&app, read(body.0, app.today())?, client).await?;
        Ok(HttpResponse::Created().json(RegisterResponse::from(&registered)))
    }
}

async fn register(app: &App, registration: Registration, client: ClientInfo) -> Result<Registered, ApiError> {
    let role = registration.details.role();
    let account = AccountKey::Email(registration.profile.email.canonical());
    let register =
        move |use_cases: &UseCases, _: &dyn Fn() -> bool| use_cases.register.run(registration, client);
    let registered = app.credentials(account, register).await;
    let registered = registered.map_err(|error| match error {
        ApiError::Domain(Error::Taken(field)) => ApiError::Taken(unique_field_path(role, field)),
        error => error,
    })?;
    note_account(registered.account.id);
    Ok(registered)
}
