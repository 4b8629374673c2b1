//! Logins of staff.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sihha_domain::account::EmailAddress;
use sihha_domain::password::Password;
use sihha_domain::session::ClientInfo;
use sihha_domain::staff::{StaffLoggedIn, StaffLoginAttempt};
use sihha_domain::use_cases::UseCases;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::bulkhead::AccountKey;
use crate::extract::{Client, Field, FieldReader, Json};
use crate::middleware::note_staff;
use crate::openapi::choices::StaffRoleChoice;
use crate::openapi::{Description, examples, tag};
use crate::problem::{ApiError, ProblemCode};
use crate::routes::session::token_pair::TokenPairResponse;

/// An e-mail, a password and a code.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(crate) struct StaffLoginRequest {
    /// Case-insensitive.
    #[schema(value_type = String, required = true, max_length = 254)]
    email: Field<String>,
    #[schema(value_type = String, required = true, min_length = 1)]
    password: Field<String>,
    /// A code of the authenticator app, or a recovery code. Each is accepted once.
    #[schema(value_type = Option<String>)]
    otp: Field<String>,
}

impl StaffLoginRequest {
    fn read(self, client: ClientInfo) -> Result<StaffLoginAttempt, ApiError> {
        let mut reader = FieldReader::new();
        let email = reader.required("email", self.email, EmailAddress::attempt);
        let password = reader.required("password", self.password, Password::attempt);
        let otp = reader.optional("otp", self.otp, |text| Ok(text.to_owned()));
        let attempt =
            email.zip(password).map(|(email, password)| StaffLoginAttempt { email, password, otp, client });
        reader.finish(attempt).map_err(ApiError::InvalidFields)
    }
}

/// Tokens, and who logged in.
#[derive(Serialize, ToSchema)]
pub(crate) struct StaffLoginResponse {
    #[serde(flatten)]
    tokens: TokenPairResponse,
    /// Id of the member of staff.
    id: Uuid,
    #[schema(value_type = StaffRoleChoice)]
    role: &'static str,
}

impl From<&StaffLoggedIn> for StaffLoginResponse {
    fn from(logged_in: &StaffLoggedIn) -> Self {
        let StaffLoggedIn { member, tokens } = logged_in;
        Self { tokens: TokenPairResponse::from(tokens), id: member.id.as_uuid(), role: member.role.as_str() }
    }
}

pub(crate) fn describe() -> Description {
    let response = StaffLoginResponse {
        tokens: TokenPairResponse::from(&examples::tokens()),
        id: examples::ID,
        role: "reviewer",
    };
    Description::new("log_in_staff", tag::STAFF, "Logs in a member of staff.")
        .details(
            "The tokens are refreshed and revoked as others are. They open only what is under `/api/staff`.",
        )
        .request::<StaffLoginRequest>(
            "application/json",
            json!({ "email": "s.benali@dsp-oran.dz", "password": "correct horse battery", "otp": "492039" }),
        )
        .response::<StaffLoginResponse>(StatusCode::OK, "The tokens", response)
        .errors(&[ProblemCode::WrongCredentials, ProblemCode::OtpRequired, ProblemCode::TooManyAttempts])
}

/// **Permissions**: anyone.
pub(crate) async fn log_in(
    app: web::Data<App>,
    Client(client): Client,
    body: Json<StaffLoginRequest>,
) -> Result<HttpResponse, ApiError> {
    let attempt = body.0.read(client)?;
    // The queue is that of all logins, in which no account holds up another one.
    let account = AccountKey::Email(format!("staff {}", attempt.email.canonical()));
    let login = move |use_cases: &UseCases, client_has_gone: &dyn Fn() -> bool| {
        Ok::<_, ApiError>(use_cases.staff_login.run(&attempt, client_has_gone))
    };
    let outcome = app.credentials(account, login).await?;
    let id = match &outcome {
        Ok(logged_in) => Some(logged_in.member.id),
        Err(refused) => refused.member,
    };
    if let Some(id) = id {
        note_staff(id);
    }
    let logged_in = outcome.map_err(|refused| refused.error)?;
    Ok(HttpResponse::Ok().json(StaffLoginResponse::from(&logged_in)))
}
