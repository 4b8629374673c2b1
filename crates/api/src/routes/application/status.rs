use actix_web::http::StatusCode;
use actix_web::http::header::VARY;
use actix_web::{HttpResponse, web};
use serde::Serialize;
use serde_json::json;
use sihha_domain::approval::{ApprovalState, CheckedApplication};
use sihha_domain::language::Language;
use sihha_domain::session::Token;
use sihha_domain::use_cases::UseCases;
use utoipa::ToSchema;

use super::response::ApplicationResponse;
use crate::app::App;
use crate::bulkhead::AccountKey;
use crate::extract::{Client, Json, ResponseLanguage};
use crate::middleware::note_account;
use crate::openapi::choices::{Choice, Choices, RejectionReasonChoice};
use crate::openapi::{Description, examples, tag};
use crate::problem::{ApiError, ProblemCode};
use crate::routes::session::login::LoginRequest;
use crate::timestamp::Timestamp;

/// The state of an account that needs no approval.
const ACTIVE: &str = "active";

/// States of applications, and that of an account without one.
enum AccountState {}
type AccountStateChoice = Choice<AccountState>;

impl Choices for AccountState {
    const NAME: &'static str = "ApplicationStatus";
    const DESCRIPTION: &'static str = "State of an application, or `active` for the account of a patient.";
    fn values() -> Vec<&'static str> {
        ApprovalState::ALL.iter().map(|state| state.as_str()).chain([ACTIVE]).collect()
    }
}

/// What became of an application.
#[derive(Serialize, ToSchema)]
pub(crate) struct StatusResponse {
    #[schema(value_type = AccountStateChoice)]
    state: &'static str,
    /// Why staff rejected it. If they gave only a code, its name in the language that
    /// `Accept-Language` prefers.
    #[schema(required = true)]
    reason: Option<String>,
    #[schema(required = true, value_type = Option<RejectionReasonChoice>)]
    reason_code: Option<String>,
    /// What staff ask the applicant to correct.
    #[schema(required = true)]
    message: Option<String>,
    /// When it was last submitted; of one that staff decided or asked to correct, when they did.
    #[schema(value_type = DateTime<Utc>)]
    since: Timestamp,
    /// A JWT that opens `GET /api/me`, `PATCH /api/me`, `POST /api/me/email/verification` and
    /// `POST /api/me/application/resubmit` for an hour. `null` for an account that may log in.
    #[schema(required = true)]
    access: Option<String>,
}

impl StatusResponse {
    fn new(checked: &CheckedApplication, language: Language) -> Self {
        let access = checked.access.as_ref().map(Token::expose).map(str::to_owned);
        match ApplicationResponse::of(&checked.account, language) {
            Some(ApplicationResponse { state, reason, reason_code, message, since, .. }) => {
                Self { state, reason, reason_code, message, since, access }
            }
            None => Self {
                state: ACTIVE,
                reason: None,
                reason_code: None,
                message: None,
                since: Timestamp(checked.account.registered_at),
                access,
            },
        }
    }
}

pub(crate) fn describe() -> Description {
    let example = json!({
        "state": "changes_requested", "reason": null, "reason_code": null,
        "message": "The card number is that of another doctor. Please correct it.", "since": "2026-11-23T09:30:00.125Z",
        "access": examples::TOKEN,
    });
    Description::new("get_application_status", tag::LOGIN, "Tells an applicant who may not log in what became of the application.")
        .details(
            "For the account of any role. A wrong password and an unknown e-mail get the same response, after the same time \
             as at a login. `access` cannot be refreshed: send the password again.",
        )
        .request::<LoginRequest>("application/json", examples::request("/api/doctor/login"))
        .response::<StatusResponse>(StatusCode::OK, "The application", example)
        .errors(&[ProblemCode::WrongCredentials, ProblemCode::AccountSuspended, ProblemCode::TooManyAttempts])
}

/// **Permissions**: anyone.
pub(crate) async fn check(
    app: web::Data<App>,
    Client(client): Client,
    ResponseLanguage(language): ResponseLanguage,
    Json(body): Json<LoginRequest>,
) -> Result<HttpResponse, ApiError> {
    let attempt = body.read(None, client)?;
    let account = AccountKey::Email(attempt.email.canonical());
    let check = move |use_cases: &UseCases, client_has_gone: &dyn Fn() -> bool| {
        Ok::<_, ApiError>(use_cases.check_application.run(&attempt, client_has_gone))
    };
    let outcome = app.credentials(account, check).await?;
    note_account(match &outcome {
        Ok(checked) => Some(checked.account.id),
        Err(refused) => refused.account,
    });
    let checked = outcome.map_err(|refused| refused.error)?;
    let response = StatusResponse::new(&checked, language);
    Ok(HttpResponse::Ok().insert_header((VARY, "Accept-Language")).json(response))
}
