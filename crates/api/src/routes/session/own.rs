use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};
use serde::Serialize;
use sihha_domain::Error;
use sihha_domain::ids::SessionId;
use sihha_domain::session::{Session, UserAgent};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::extract::Bearer;
use crate::problem::{ApiError, Problem};

/// A live session of the caller's.
#[derive(Serialize, ToSchema)]
pub(crate) struct SessionAnswer {
    id: Uuid,
    /// When it was opened.
    created: DateTime<Utc>,
    /// When its tokens were last refreshed.
    last_used: DateTime<Utc>,
    /// When it ends if it is not used before.
    expires: DateTime<Utc>,
    /// The address it was opened from.
    address: Option<String>,
    /// What its program calls itself.
    user_agent: Option<String>,
    /// Whether it is the one of this request.
    current: bool,
}

impl SessionAnswer {
    fn new(session: &Session, current: SessionId) -> Self {
        Self {
            id: session.id.as_uuid(),
            created: session.opened_at,
            last_used: session.used_at,
            expires: session.expires_at,
            address: session.client.address.map(|address| address.to_string()),
            user_agent: session.client.user_agent.as_ref().map(UserAgent::as_str).map(str::to_owned),
            current: session.id == current,
        }
    }
}

/// The caller's live sessions, the newest first.
///
/// **Permissions**: the bearer of an access token of a live session.
#[utoipa::path(
    get,
    path = "/api/me/sessions",
    operation_id = "list_own_sessions",
    tag = "Account",
    responses(
        (status = 200, description = "The sessions", body = Vec<SessionAnswer>),
        (status = 401, description = "No valid access token", body = Problem, content_type = "application/problem+json"),
    ),
    security(("access" = []))
)]
pub(crate) async fn list(app: web::Data<App>, Bearer(caller): Bearer) -> Result<HttpResponse, ApiError> {
    let current = caller.session;
    let sessions = app.database(move |use_cases| use_cases.own_sessions.list(&caller)).await?;
    let answers: Vec<_> = sessions.iter().map(|session| SessionAnswer::new(session, current)).collect();
    Ok(HttpResponse::Ok().json(answers))
}

/// Ends one of the caller's sessions; its own, too.
///
/// **Permissions**: the bearer of an access token of a live session.
#[utoipa::path(
    delete,
    path = "/api/me/sessions/{id}",
    operation_id = "end_own_session",
    tag = "Account",
    params(("id" = Uuid, Path, description = "The session's id")),
    responses(
        (status = 204, description = "It has ended"),
        (status = 401, description = "No valid access token", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "None of the caller's live sessions", body = Problem, content_type = "application/problem+json"),
    ),
    security(("access" = []))
)]
pub(crate) async fn end(
    app: web::Data<App>,
    Bearer(caller): Bearer,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    // What is no id is no session's.
    let id = id.parse().map(SessionId::from_uuid).map_err(|_| Error::UnknownSession)?;
    app.database(move |use_cases| use_cases.own_sessions.end(&caller, id)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Ends all of the caller's sessions but the one of this request.
///
/// **Permissions**: the bearer of an access token of a live session.
#[utoipa::path(
    delete,
    path = "/api/me/sessions",
    operation_id = "end_other_sessions",
    tag = "Account",
    responses(
        (status = 204, description = "They have ended"),
        (status = 401, description = "No valid access token", body = Problem, content_type = "application/problem+json"),
    ),
    security(("access" = []))
)]
pub(crate) async fn end_others(
    app: web::Data<App>,
    Bearer(caller): Bearer,
) -> Result<HttpResponse, ApiError> {
    app.database(move |use_cases| use_cases.own_sessions.end_others(&caller)).await?;
    Ok(HttpResponse::NoContent().finish())
}
