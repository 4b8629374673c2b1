use actix_web::http::StatusCode;
use actix_web::{Handler, HttpResponse, web};
use serde::{Deserialize, Serialize};
use sihha_domain::account::{EmailAddress, Role};
use sihha_domain::ids::ProfileId;
use sihha_domain::password::Password;
use sihha_domain::session::{ClientInfo, LoggedIn, LoginAttempt};
use sihha_domain::use_cases::UseCases;
use utoipa::ToSchema;
use uuid::Uuid;

use super::token_pair::TokenPairResponse;
use crate::app::App;
use crate::bulkhead::AccountKey;
use crate::extract::{Client, Field, FieldReader, Json};
use crate::middleware::note_account;
use crate::openapi::choices::RoleChoice;
use crate::openapi::choices::role_name;
use crate::openapi::{Description, examples, tag};
use crate::problem::{ApiError, ProblemCode};

/// An e-mail and a password.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(crate) struct LoginRequest {
    /// Case-insensitive.
    #[schema(value_type = String, required = true, max_length = 254,
        pattern = r"^[^@\s\u0000-\u001f\u007f-\u009f\u202d\u202e\ufdd0-\ufdef\ufff9-\uffff]*[\p{Lu}\p{Ll}\p{Lo}\p{N}][^@\s\u0000-\u001f\u007f-\u009f\u202d\u202e\ufdd0-\ufdef\ufff9-\uffff]*@[^@\s\u0000-\u001f\u007f-\u009f\u202d\u202e\ufdd0-\ufdef\ufff9-\uffff]*[\p{Lu}\p{Ll}\p{Lo}\p{N}][^@\s\u0000-\u001f\u007f-\u009f\u202d\u202e\ufdd0-\ufdef\ufff9-\uffff]*$")]
    email: Field<String>,
    #[schema(value_type = String, required = true, min_length = 1)]
    password: Field<String>,
}

impl LoginRequest {
    pub(crate) fn read(self, role: Option<Role>, client: ClientInfo) -> Result<LoginAttempt, ApiError> {
        let mut reader = FieldReader::new();
        let email = reader.required("email", self.email, EmailAddress::attempt);
        let password = reader.required("password", self.password, Password::attempt);
        let attempt =
            email.zip(password).map(|(email, password)| LoginAttempt { role, email, password, client });
        reader.finish(attempt).map_err(ApiError::InvalidFields)
    }
}

/// Tokens, the account's id, and its role with the flag of the role.
#[derive(Serialize, ToSchema)]
pub(crate) struct LoginResponse {
    #[serde(flatten)]
    tokens: TokenPairResponse,
    /// The account's id, as in the tokens' `user_id`.
    id: Uuid,
    #[schema(value_type = RoleChoice)]
    role: &'static str,
    #[serde(rename = "isPatient", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = bool, required = false)]
    is_patient: Option<bool>,
    #[serde(rename = "isDoctor", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = bool, required = false)]
    is_doctor: Option<bool>,
    #[serde(rename = "isHospital", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = bool, required = false)]
    is_hospital: Option<bool>,
    #[serde(rename = "isLabo", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = bool, required = false)]
    is_labo: Option<bool>,
    /// Laboratory or radiology.
    #[serde(rename = "isLabOorRad", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = bool, required = false)]
    is_lab_or_rad: Option<bool>,
}

impl From<&LoggedIn> for LoginResponse {
    fn from(logged_in: &LoggedIn) -> Self {
        let flag = |role| (logged_in.role == role).then_some(true);
        Self {
            tokens: TokenPairResponse::from(&logged_in.tokens),
            id: logged_in.id.as_uuid(),
            role: logged_in.role.as_str(),
            is_patient: flag(Role::Patient),
            is_doctor: flag(Role::Doctor),
            is_hospital: flag(Role::Hospital),
            is_labo: flag(Role::Labo),
            is_lab_or_rad: flag(Role::Labo),
        }
    }
}

/// Describes the login to accounts of `role`, or of any role.
pub(crate) fn describe(role: Option<Role>) -> Description {
    let (id, summary) = match role {
        Some(role) => {
            let name = role_name(role);
            (format!("login_{name}"), format!("Logs in to the account of a {name}."))
        }
        None => ("login".to_owned(), "Logs in to an account of any role.".to_owned()),
    };
    let mut errors = vec![
        ProblemCode::WrongCredentials,
        ProblemCode::AccountSuspended,
        ProblemCode::EmailNotVerified,
        ProblemCode::TooManyAttempts,
    ];
    if role.is_none_or(Role::needs_approval) {
        errors.push(ProblemCode::NotApproved);
    }
    let role = role.unwrap_or(Role::Patient);
    let request = examples::request(&format!("/api/{}/login", role.as_str()));
    let response = LoggedIn { id: ProfileId::from_uuid(examples::ID), role, tokens: examples::tokens() };
    Description::new(id, tag::LOGIN, summary)
        .request::<LoginRequest>("application/json", request)
        .response::<LoginResponse>(StatusCode::OK, "The tokens", LoginResponse::from(&response))
        .errors(&errors)
}

/// Returns the handler that logs in to accounts of `role`, or of any role.
pub(crate) fn handler(
    role: Option<Role>,
) -> impl Handler<(web::Data<App>, Client, Json<LoginRequest>), Output = Result<HttpResponse, ApiError>>
+ Send
+ Sync {
    move |app: web::Data<App>, Client(client): Client, body: Json<LoginRequest>| async move {
        let logged_in = log_in(&app, body.0.read(role, client)?).await?;
        Ok(HttpResponse::Ok().json(LoginResponse::from(&logged_in)))
    }
}

/// Logs in, and notes the account for the log.
pub(super) async fn log_in(app: &App, attempt: LoginAttempt) -> Result<LoggedIn, ApiError> {
    let account = AccountKey::Email(attempt.email.canonical());
    let login = move |use_cases: &UseCases, client_has_gone: &dyn Fn() -> bool| {
        Ok::<_, ApiError>(use_cases.login.run(&attempt, client_has_gone))
    };
    let outcome = app.credentials(account, login).await?;
    note_account(match &outcome {
        Ok(logged_in) => Some(logged_in.id),
        Err(refused) => refused.account,
    });
    Ok(outcome.map_err(|refused| refused.error)?)
}
