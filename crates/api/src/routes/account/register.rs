use actix_web::http::StatusCode;
use actix_web::{Handler, HttpResponse, web};
use chrono::{DateTime, NaiveDate};
use serde_json::Value;
use sihha_domain::account::{Account, Registered, Registration, Role};
use sihha_domain::approval::Approval;
use sihha_domain::ids::ProfileId;
use sihha_domain::language::Language;
use sihha_domain::session::ClientInfo;
use sihha_domain::use_cases::UseCases;
use utoipa::ToSchema;

use super::account_request::{AccountRequest, DoctorRequest, HospitalRequest, LaboRequest, PatientRequest};
use super::own;
use super::response::{
    AccountResponse, DoctorResponse, HospitalResponse, LaboResponse, PatientResponse, RegisterResponse,
};
use crate::app::App;
use crate::bulkhead::AccountKey;
use crate::extract::{AccountLanguage, Client, Repeatable, ResponseLanguage};
use crate::middleware::note_account;
use crate::openapi::choices::role_name;
use crate::openapi::{Description, examples, tag};
use crate::problem::{ApiError, ProblemCode, account_error};
use crate::routes::session::token::EmptyResponse;

/// Description of the response if the service hides known addresses.
const HIDDEN: &str = "Only if the service hides which addresses are known (`--hide-known-email`): a mail tells the owner of the \
                      address more";

pub(crate) fn describe_patient() -> Description {
    describe::<PatientRequest, PatientResponse>(Role::Patient)
}

pub(crate) fn describe_doctor() -> Description {
    describe::<DoctorRequest, DoctorResponse>(Role::Doctor)
}

pub(crate) fn describe_hospital() -> Description {
    describe::<HospitalRequest, HospitalResponse>(Role::Hospital)
}

pub(crate) fn describe_labo() -> Description {
    describe::<LaboRequest, LaboResponse>(Role::Labo)
}

fn describe<T: AccountRequest + ToSchema, R: ToSchema>(role: Role) -> Description {
    let name = role_name(role);
    let request = examples::request(&format!("/api/{}/register", role.as_str()));
    let response = example::<T>(&request).map(|registered| response(&registered, Language::English));
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
        .response::<EmptyResponse>(StatusCode::ACCEPTED, HIDDEN, EmptyResponse {})
        .repeatable()
        .errors(&[ProblemCode::Taken])
}

/// Returns what a registration by `request` yields, if it is valid.
pub(super) fn example<T: AccountRequest>(request: &Value) -> Option<Registered> {
    let today = NaiveDate::from_ymd_opt(2026, 1, 1)?;
    let Registration { profile, details, .. } =
        T::deserialize(request).ok()?.registration(today, Language::OF_ACCOUNTS).ok()?;
    let approval = details.role().needs_approval().then_some(Approval::Pending);
    let (id, registered_at) = (ProfileId::from_uuid(examples::ID), DateTime::UNIX_EPOCH);
    Some(Registered {
        account: Account {
            id,
            registered_at,
            email_verified_at: None,
            submitted_at: registered_at,
            profile,
            details,
            approval,
            pending_changes: None,
        },
        tokens: examples::tokens(),
    })
}

type Arguments = (web::Data<App>, Client, ResponseLanguage, AccountLanguage, Repeatable<Value>);

/// Returns the handler that registers accounts of one role.
pub(crate) fn handler<T: AccountRequest + 'static>()
-> impl Handler<Arguments, Output = Result<HttpResponse, ApiError>> + Send + Sync {
    move |app: web::Data<App>,
          Client(client): Client,
          ResponseLanguage(language): ResponseLanguage,
          AccountLanguage(of_account): AccountLanguage,
          sent: Repeatable<Value>| async move {
        let request = T::deserialize(&sent.body).map_err(|_| ApiError::UNREADABLE)?;
        let registration = request.registration(app.today(), of_account)?;
        if app.use_cases.login.checker.email_policy.hides_known {
            register_hidden(&app, registration, client, sent).await?;
            return Ok(HttpResponse::Accepted().json(EmptyResponse {}));
        }
        let registered = register(&app, registration, client, sent).await?;
        Ok(HttpResponse::Created().json(response(&registered, language)))
    }
}

fn response(registered: &Registered, language: Language) -> RegisterResponse<AccountResponse> {
    RegisterResponse::new(own::document(&registered.account, language), (&registered.tokens).into())
}

async fn register(
    app: &App,
    registration: Registration,
    client: ClientInfo,
    sent: Repeatable<Value>,
) -> Result<Registered, ApiError> {
    let role = registration.details.role();
    let account = AccountKey::Email(registration.profile.email.canonical());
    let register = move |use_cases: &UseCases, _: &dyn Fn() -> bool| {
        let registered = use_cases.register.run(registration, client, sent.request.as_ref());
        registered.map_err(|error| account_error(error, role, &sent.body))
    };
    let registered = app.credentials(account, register).await?;
    note_account(registered.account.id);
    Ok(registered)
}

/// Registers an account, and does not let the client learn whether its address was known.
async fn register_hidden(
    app: &App,
    registration: Registration,
    client: ClientInfo,
    sent: Repeatable<Value>,
) -> Result<(), ApiError> {
    let role = registration.details.role();
    let account = AccountKey::Email(registration.profile.email.canonical());
    let register = move |use_cases: &UseCases, _: &dyn Fn() -> bool| {
        let registered = use_cases.register_hidden.run(registration, &client, sent.request.as_ref());
        registered.map_err(|error| account_error(error, role, &sent.body))
    };
    app.credentials(account, register).await
}
