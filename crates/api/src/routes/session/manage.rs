use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sihha_domain::FieldError;
use sihha_domain::ids::SessionId;
use sihha_domain::session::{ClientAddress, EndedSession, Session, UserAgent};
use utoipa::ToSchema;
use utoipa::openapi::Required;
use utoipa::openapi::path::{ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
use uuid::Uuid;

use crate::app::App;
use crate::extract::{Bearer, Field, FieldReader};
use crate::openapi::choices::EndReasonChoice;
use crate::openapi::{Description, examples, tag};
use crate::problem::{ApiError, ProblemCode};
use crate::timestamp::Timestamp;

/// Sessions to list.
#[derive(Clone, Copy, ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum SessionStatus {
    Live,
    Ended,
}

/// Query of the list.
#[derive(Default, Deserialize)]
struct SessionsQuery {
    #[serde(default)]
    status: Field<String>,
}

impl SessionStatus {
    fn read(query: &str) -> Result<Self, ApiError> {
        // A repeated parameter is not a string.
        let query = web::Query::<SessionsQuery>::from_query(query);
        let status = query.map_or(Field::WrongType, |query| query.into_inner().status);
        let mut reader = FieldReader::new();
        if let Field::Absent = status {
            return Ok(Self::Live);
        }
        let status = reader.required("status", status, |text| match text {
            "live" => Ok(Self::Live),
            "ended" => Ok(Self::Ended),
            _ => Err(FieldError::UnknownChoice { choices: &["live", "ended"] }),
        });
        reader.finish(status).map_err(ApiError::InvalidFields)
    }
}

/// A session of the caller.
#[derive(Serialize, ToSchema)]
pub(crate) struct SessionResponse {
    id: Uuid,
    /// When the session was created.
    #[schema(value_type = DateTime<Utc>)]
    created: Timestamp,
    /// When the tokens were last refreshed.
    #[schema(value_type = DateTime<Utc>)]
    last_used: Timestamp,
    /// When the session expires unless it is refreshed before.
    #[schema(value_type = DateTime<Utc>)]
    expires: Timestamp,
    /// Address that the client logged in from.
    #[schema(required = true)]
    address: Option<String>,
    /// `User-Agent` of the client that logged in.
    #[schema(required = true)]
    user_agent: Option<String>,
    /// Whether this request uses the session.
    current: bool,
    /// When the session was revoked. Live sessions do not have this member.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = DateTime<Utc>, required = false)]
    ended_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = EndReasonChoice, required = false)]
    end_reason: Option<String>,
}

impl SessionResponse {
    fn new(session: &Session, current: SessionId) -> Self {
        Self {
            id: session.id.as_uuid(),
            created: Timestamp(session.opened_at),
            last_used: Timestamp(session.used_at),
            expires: Timestamp(session.expires_at),
            address: session.client.address.as_ref().map(ClientAddress::as_str).map(str::to_owned),
            user_agent: session.client.user_agent.as_ref().map(UserAgent::as_str).map(str::to_owned),
            current: session.id == current,
            ended_at: None,
            end_reason: None,
        }
    }

    fn ended(ended: &EndedSession, current: SessionId) -> Self {
        let (ended_at, end_reason) =
            (Some(Timestamp(ended.ended_at)), Some(ended.reason.as_str().to_owned()));
        Self { ended_at, end_reason, ..Self::new(&ended.session, current) }
    }
}

pub(crate) fn describe_list() -> Description {
    let example = json!({
        "id": examples::ID, "created": "2026-11-23T09:30:00.125Z", "last_used": "2026-11-23T10:02:41.000Z",
        "expires": "2026-11-24T10:02:41.000Z", "address": "203.0.113.7", "user_agent": "Dart/3.5 (dart:io)", "current": true,
    });
    Description::new("list_own_sessions", tag::ACCOUNT, "Lists the caller's live sessions, or those that ended recently.")
        .details(
            "At most 100 sessions. Live ones are sorted by creation, the newest first. With `status=ended`, sessions that \
             were revoked in the last 30 days, with the time and the reason, the most recently revoked first.",
        )
        .query::<SessionStatus>("status", "Which sessions; `live` by default")
        .list::<SessionResponse>("The sessions", [example])
        .errors(&[ProblemCode::InvalidFields])
}

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

pub(crate) fn describe_revoke() -> Description {
    let format = SchemaFormat::KnownFormat(KnownFormat::Uuid);
    let id = ParameterBuilder::new()
        .name("id")
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .description(Some("Id of the session"))
        .schema(Some(ObjectBuilder::new().schema_type(Type::String).format(Some(format))));
    Description::new(
        "revoke_own_session",
        tag::ACCOUNT,
        "Revokes one of the caller's sessions, also the current one.",
    )
    .parameter(id)
    .no_content("The session is revoked")
    .errors(&[ProblemCode::UnknownSession])
}

pub(crate) async fn revoke(
    app: web::Data<App>,
    Bearer(caller): Bearer,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    // A malformed id is the id of no session.
    let id = id.parse().map(SessionId::from_uuid).map_err(|_| ApiError::UnknownSession)?;
    app.database(caller.profile_id, move |use_cases| use_cases.revoke_session.run(&caller, id)).await?;
    Ok(HttpResponse::NoContent().finish())
}

pub(crate) fn describe_revoke_others() -> Description {
    let summary = "Revokes all of the caller's sessions except the current one.";
    Description::new("revoke_other_sessions", tag::ACCOUNT, summary).no_content("The sessions are revoked")
}

pub(crate) async fn revoke_others(
    app: web::Data<App>,
    Bearer(caller): Bearer,
) -> Result<HttpResponse, ApiError> {
    app.database(caller.profile_id, move |use_cases| use_cases.revoke_session.others(&caller)).await?;
    Ok(HttpResponse::NoContent().finish())
}
