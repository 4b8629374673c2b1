use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sihha_domain::FieldError;
use sihha_domain::ids::SessionId;
use sihha_domain::session::{ClientAddress, EndedSession, Session, UserAgent};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::extract::{Bearer, Field, FieldReader};
use crate::problem::{ApiError, Problem};

/// Which sessions to list.
#[derive(Clone, Copy, ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum SessionStatus {
    Live,
    Ended,
}

/// What may stand behind the path's question mark.
#[derive(Default, Deserialize)]
struct SessionsQuery {
    #[serde(default)]
    status: Field<String>,
}

impl SessionStatus {
    fn read(query: &str) -> Result<Self, ApiError> {
        // Given twice, it is no text.
        let query = web::Query::<SessionsQuery>::from_query(query);
        let status = query.map_or(Field::WrongType, |query| query.into_inner().status);
        let mut reader = FieldReader::new();
        let status = reader.optional("status", status, |text| match text {
            "live" => Ok(Self::Live),
            "ended" => Ok(Self::Ended),
            _ => Err(FieldError::UnknownChoice { choices: &["live", "ended"] }),
        });
        reader.finish(Some(status.unwrap_or(Self::Live))).map_err(ApiError::InvalidFields)
    }
}

/// A session of the caller's.
#[derive(Serialize, ToSchema)]
pub(crate) struct SessionResponse {
    id: Uuid,
    /// When it was opened.
    created: DateTime<Utc>,
    /// When its tokens were last refreshed.
    last_used: DateTime<Utc>,
    /// When it ends, or would have ended, if it is not used before.
    expires: DateTime<Utc>,
    /// The address it was opened from.
    address: Option<String>,
    /// What its program calls itself.
    user_agent: Option<String>,
    /// Whether it is the one of this request.
    current: bool,
    /// When it was ended; of a live one there is no such member.
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<DateTime<Utc>>,
    /// Why: `logged_out`, `ended_by_owner`, `token_reused`, `password_changed`, `rejected`, `suspended` or
    /// `too_many_sessions`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "token_reused")]
    end_reason: Option<String>,
}

impl SessionResponse {
    fn new(session: &Session, current: SessionId) -> Self {
        Self {
            id: session.id.as_uuid(),
            created: session.opened_at,
            last_used: session.used_at,
            expires: session.expires_at,
            address: session.client.address.as_ref().map(ClientAddress::as_str).map(str::to_owned),
            user_agent: session.client.user_agent.as_ref().map(UserAgent::as_str).map(str::to_owned),
            current: session.id == current,
            ended_at: None,
            end_reason: None,
        }
    }

    fn ended(ended: &EndedSession, current: SessionId) -> Self {
        let (ended_at, end_reason) = (Some(ended.ended_at), Some(ended.reason.as_str().to_owned()));
        Self { ended_at, end_reason, ..Self::new(&ended.session, current) }
    }
}

/// The caller's sessions: those that are live, or that ended lately.
///
/// The live ones come with the newest first, at most 100. With `status=ended`, those that were ended in the last 30 days come with when
/// and why, the last to end first, at most 100.
///
/// **Permissions**: the bearer of an access token of a live session.
#[utoipa::path(
    get,
    path = "/api/me/sessions",
    operation_id = "list_own_sessions",
    tag = "Account",
    params(("status" = inline(Option<SessionStatus>), Query, description = "Which; by default the live ones")),
    responses(
        (status = 200, description = "The sessions", body = Vec<SessionResponse>),
        (status = 400, description = "Another status", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No valid access token", body = Problem, content_type = "application/problem+json"),
    ),
    security(("access" = []))
)]
pub(crate) async fn list(
    app: web::Data<App>,
    Bearer(caller): Bearer,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let current = caller.session;
    let answers: Vec<_> = match SessionStatus::read(request.query_string())? {
        SessionStatus::Live => {
            let live = app
                .database(caller.profile_id, move |use_cases| use_cases.list_sessions.live(&caller))
                .await?;
            live.iter().map(|session| SessionResponse::new(session, current)).collect()
        }
        SessionStatus::Ended => {
            let ended = app
                .database(caller.profile_id, move |use_cases| use_cases.list_sessions.ended(&caller))
                .await?;
            ended.iter().map(|session| SessionResponse::ended(session, current)).collect()
        }
    };
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
pub(crate) async fn revoke(
    app: web::Data<App>,
    Bearer(caller): Bearer,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    // What is no id is no session's.
    let id = id.parse().map(SessionId::from_uuid).map_err(|_| ApiError::UnknownSession)?;
    app.database(caller.profile_id, move |use_cases| use_cases.revoke_session.run(&caller, id)).await?;
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
pub(crate) async fn revoke_others(
    app: web::Data<App>,
    Bearer(caller): Bearer,
) -> Result<HttpResponse, ApiError> {
    app.database(caller.profile_id, move |use_cases| use_cases.revoke_session.others(&caller)).await?;
    Ok(HttpResponse::NoContent().finish())
}
