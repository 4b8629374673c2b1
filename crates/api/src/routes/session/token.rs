//! Paths that front ends of the legacy Django backend call (`djangorestframework-simplejwt`).

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sihha_domain::FieldError;
use sihha_domain::account::EmailAddress;
use sihha_domain::ids::StaffId;
use sihha_domain::password::Password;
use sihha_domain::session::{Claims, ClientInfo, LoginAttempt};
use sihha_domain::use_cases::UseCases;
use utoipa::ToSchema;

use super::login::log_in;
use super::token_pair::TokenPairResponse;
use crate::app::App;
use crate::extract::{Client, Field, FieldReader, Json};
use crate::middleware::{note_account, note_staff};
use crate::openapi::{Description, examples, tag};
use crate::problem::{ApiError, ProblemCode};

/// An e-mail and a password, as simplejwt's clients send them.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct TokenPairRequest {
    /// Case-insensitive. May be sent as `username` instead.
    #[schema(value_type = String, required = true, max_length = 254,
        pattern = r"^[^@\s\u0000-\u001f\u007f-\u009f\u202d\u202e\ufdd0-\ufdef\ufff9-\uffff]*[\p{Lu}\p{Ll}\p{Lo}\p{N}][^@\s\u0000-\u001f\u007f-\u009f\u202d\u202e\ufdd0-\ufdef\ufff9-\uffff]*@[^@\s\u0000-\u001f\u007f-\u009f\u202d\u202e\ufdd0-\ufdef\ufff9-\uffff]*[\p{Lu}\p{Ll}\p{Lo}\p{N}][^@\s\u0000-\u001f\u007f-\u009f\u202d\u202e\ufdd0-\ufdef\ufff9-\uffff]*$")]
    email: Field<String>,
    /// The e-mail, for clients that call it so. Ignored if `email` is sent.
    #[schema(ignore)]
    username: Field<String>,
    #[schema(value_type = String, required = true, min_length = 1)]
    password: Field<String>,
}

/// A refresh token.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct RefreshRequest {
    #[schema(value_type = String, required = true, min_length = 1)]
    refresh: Field<String>,
}

/// An access token or a refresh token.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct VerifyRequest {
    #[schema(value_type = String, required = true, min_length = 1)]
    token: Field<String>,
}

/// An empty object.
#[derive(Serialize, ToSchema)]
pub(crate) struct EmptyResponse {}

impl TokenPairRequest {
    fn read(self, client: ClientInfo) -> Result<LoginAttempt, ApiError> {
        let mut reader = FieldReader::new();
        let is_sent = |field: &Field<String>| match field {
            Field::Absent | Field::Null => false,
            Field::Given(text) => !text.trim().is_empty(),
            Field::WrongType => true,
        };
        let (name, email) = if is_sent(&self.username) && !is_sent(&self.email) {
            ("username", self.username)
        } else {
            ("email", self.email)
        };
        let email = reader.required(name, email, EmailAddress::attempt);
        let password = reader.required("password", self.password, Password::attempt);
        let attempt =
            email.zip(password).map(|(email, password)| LoginAttempt { role: None, email, password, client });
        reader.finish(attempt).map_err(ApiError::InvalidFields)
    }
}

pub(crate) fn describe_obtain() -> Description {
    Description::new("obtain_tokens", tag::LOGIN, "Logs in to an account of any role, as simplejwt does.")
        .request::<TokenPairRequest>(
            "application/json",
            json!({ "email": "example112q1@example.com", "password": "123456789" }),
        )
        .response::<TokenPairResponse>(
            StatusCode::OK,
            "The tokens",
            TokenPairResponse::from(&examples::tokens()),
        )
        .errors(&[
            ProblemCode::WrongCredentials,
            ProblemCode::AccountSuspended,
            ProblemCode::EmailNotVerified,
            ProblemCode::NotApproved,
            ProblemCode::TooManyAttempts,
        ])
}

pub(crate) async fn obtain(
    app: web::Data<App>,
    Client(client): Client,
    body: Json<TokenPairRequest>,
) -> Result<HttpResponse, ApiError> {
    let logged_in = log_in(&app, body.0.read(client)?).await?;
    Ok(HttpResponse::Ok().json(TokenPairResponse::from(&logged_in.tokens)))
}

pub(crate) fn describe_refresh() -> Description {
    Description::new("refresh_tokens", tag::TOKENS, "Exchanges a refresh token for new tokens.")
        .details(
            "A refresh token can be used once. If it is sent again within the grace period, the response has the same \
             successor. If it is sent later, it counts as stolen, and its session is revoked.",
        )
        .request::<RefreshRequest>("application/json", json!({ "refresh": examples::TOKEN }))
        .response::<TokenPairResponse>(
            StatusCode::OK,
            "New tokens",
            TokenPairResponse::from(&examples::tokens()),
        )
        .errors(&[ProblemCode::TokenNotValid])
}

pub(crate) async fn refresh(
    app: web::Data<App>,
    Client(client): Client,
    body: Json<RefreshRequest>,
) -> Result<HttpResponse, ApiError> {
    let text = text("refresh", body.0.refresh)?;
    let tokens = match app.use_cases.verify_refresh_token.verify(&text) {
        Ok(token) => {
            note_account(token.profile_id());
            app.refresh(token, client).await?
        }
        Err(error) => {
            let staff = staff_of(&app, &text).ok_or(error)?;
            app.staff(staff, move |use_cases| use_cases.refresh_staff.run(&text)).await?
        }
    };
    Ok(HttpResponse::Ok().json(TokenPairResponse::from(&tokens)))
}

pub(crate) fn describe_verify() -> Description {
    Description::new("verify_token", tag::TOKENS, "Verifies an access token or a refresh token.")
        .details(
            "Checks the signature, the issuer and the times. A refresh token is valid while it is the newest one of a live \
             session. For an access token, does not check whether the session was revoked.",
        )
        .request::<VerifyRequest>("application/json", json!({ "token": examples::TOKEN }))
        .response::<EmptyResponse>(StatusCode::OK, "The token is valid", EmptyResponse {})
        .errors(&[ProblemCode::TokenNotValid, ProblemCode::InsufficientScope])
}

pub(crate) async fn verify(app: web::Data<App>, body: Json<VerifyRequest>) -> Result<HttpResponse, ApiError> {
    let claims = app.use_cases.authenticate.verify(&text("token", body.0.token)?)?;
    let account = claims.common().profile_id;
    note_account(account);
    if claims.common().scope.is_some() {
        return Err(ApiError::InsufficientScope);
    }
    if let Claims::Refresh(claims) = claims {
        let check = move |use_cases: &UseCases| use_cases.verify_refresh_token.check_session(&claims);
        app.database(account, check).await?;
    }
    Ok(HttpResponse::Ok().json(EmptyResponse {}))
}

pub(crate) fn describe_blacklist() -> Description {
    Description::new("log_out", tag::TOKENS, "Logs out: revokes the session of a refresh token.")
        .details("An unknown, expired or revoked token is no error (RFC 7009 §2.2).")
        .request::<RefreshRequest>("application/json", json!({ "refresh": examples::TOKEN }))
        .response::<EmptyResponse>(StatusCode::OK, "The session is revoked", EmptyResponse {})
}

pub(crate) async fn blacklist(
    app: web::Data<App>,
    Client(client): Client,
    body: Json<RefreshRequest>,
) -> Result<HttpResponse, ApiError> {
    let text = text("refresh", body.0.refresh)?;
    // A token of no session has nothing to revoke (RFC 7009 §2.2).
    if let Ok(token) = app.use_cases.verify_refresh_token.verify(&text) {
        note_account(token.profile_id());
        app.database(token.profile_id(), move |use_cases| use_cases.logout.run(token, &client)).await?;
    } else if let Some(staff) = staff_of(&app, &text) {
        app.staff(staff, move |use_cases| use_cases.staff_logout.run(&text)).await?;
    }
    Ok(HttpResponse::Ok().json(EmptyResponse {}))
}

/// Returns the member of staff that a refresh token names, and notes the member for the log. The store
/// checks whether the session is live.
fn staff_of(app: &App, token: &str) -> Option<StaffId> {
    let staff = app.use_cases.refresh_staff.verify(token).ok()?.staff_id;
    note_staff(staff);
    Some(staff)
}

fn text(name: &str, field: Field<String>) -> Result<String, ApiError> {
    let mut reader = FieldReader::new();
    let given = |text: &str| if text.is_empty() { Err(FieldError::Required) } else { Ok(text.to_owned()) };
    let token = reader.required(name, field, given);
    reader.finish(token).map_err(ApiError::InvalidFields)
}
