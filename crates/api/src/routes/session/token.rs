//! The paths that front ends of the former Django stack call (`djangorestframework-simplejwt`).

use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sihha_domain::FieldError;
use utoipa::ToSchema;

use crate::app::App;
use crate::extract::{Client, Field, FieldReader, Json};
use crate::middleware::note_account;
use crate::problem::{ApiError, Problem};

/// A refresh token.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct RefreshRequest {
    #[schema(value_type = String, required = true)]
    refresh: Field<String>,
}

/// A token of either type.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct TokenRequest {
    #[schema(value_type = String, required = true)]
    token: Field<String>,
}

/// New tokens. The refresh token replaces the one that was sent.
#[derive(Serialize, ToSchema)]
pub(crate) struct RefreshResponse {
    /// A JWT; opens what the account may see and do.
    access: String,
    /// A JWT; gets the next tokens.
    refresh: String,
}

/// Exchanges a refresh token for new tokens.
///
/// A refresh token is good once. Sent again within the grace period it gets the same successor; later, it is taken
/// for stolen, and its session ends.
///
/// **Permissions**: the holder of the newest refresh token of a live session.
#[utoipa::path(
    post,
    path = "/api/token/refresh",
    operation_id = "refresh_token",
    tag = "Tokens",
    request_body(content = RefreshRequest, example = json!({"refresh": "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.…"})),
    responses(
        (status = 200, description = "New tokens", body = RefreshResponse,
            example = json!({"access": "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.…", "refresh": "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.…"})),
        (status = 400, description = "Not JSON, or no token", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "Not the newest refresh token of a live session", body = Problem, content_type = "application/problem+json"),
    ),
    security(())
)]
pub(crate) async fn refresh(
    app: web::Data<App>,
    Client(client): Client,
    body: Json<RefreshRequest>,
) -> Result<HttpResponse, ApiError> {
    let token = text("refresh", body.0.refresh)?;
    let token = app.use_cases.verify_refresh_token.read(&token)?;
    note_account(token.profile_id());
    let tokens = app.refresh(token, client).await?;
    Ok(HttpResponse::Ok().json(RefreshResponse {
        access: tokens.access.expose().to_owned(),
        refresh: tokens.refresh.expose().to_owned(),
    }))
}

/// Checks a token of either type: its signature, its issuer and its time. The database is not asked.
///
/// **Permissions**: anyone.
#[utoipa::path(
    post,
    path = "/api/token/verify",
    operation_id = "verify_token",
    tag = "Tokens",
    request_body(content = TokenRequest, example = json!({"token": "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.…"})),
    responses(
        (status = 200, description = "It is good", example = json!({})),
        (status = 400, description = "Not JSON, or no token", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "It is not", body = Problem, content_type = "application/problem+json"),
    ),
    security(())
)]
pub(crate) async fn verify(app: web::Data<App>, body: Json<TokenRequest>) -> Result<HttpResponse, ApiError> {
    let claims = app.use_cases.authenticate.verify(&text("token", body.0.token)?)?;
    note_account(claims.common().profile_id);
    Ok(HttpResponse::Ok().json(json!({})))
}

/// Logs out: ends the session of a refresh token (RFC 7009). One that is unknown or dead is no error.
///
/// **Permissions**: the holder of a refresh token of the session.
#[utoipa::path(
    post,
    path = "/api/token/blacklist",
    operation_id = "blacklist_token",
    tag = "Tokens",
    request_body(content = RefreshRequest, example = json!({"refresh": "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.…"})),
    responses(
        (status = 200, description = "The session is over", example = json!({})),
        (status = 400, description = "Not JSON, or no token", body = Problem, content_type = "application/problem+json"),
    ),
    security(())
)]
pub(crate) async fn blacklist(
    app: web::Data<App>,
    Client(client): Client,
    body: Json<RefreshRequest>,
) -> Result<HttpResponse, ApiError> {
    let token = text("refresh", body.0.refresh)?;
    // What is no token of a session has nothing to end (RFC 7009 §2.2).
    if let Ok(token) = app.use_cases.verify_refresh_token.read(&token) {
        note_account(token.profile_id());
        app.database(token.profile_id(), move |use_cases| use_cases.logout.run(token, &client)).await?;
    }
    Ok(HttpResponse::Ok().json(json!({})))
}

fn text(name: &str, field: Field<String>) -> Result<String, ApiError> {
    let mut reader = FieldReader::new();
    let given = |text: &str| if text.is_empty() { Err(FieldError::Required) } else { Ok(text.to_owned()) };
    let token = reader.required(name, field, given);
    reader.finish(token).map_err(ApiError::InvalidFields)
}
