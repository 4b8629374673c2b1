//! Requests of staff that change an application, and their answers.

use actix_web::HttpResponse;
use actix_web::http::header::ContentType;
use serde::{Deserialize, Serialize};
use sihha_domain::account::AccountRef;
use sihha_domain::approval::{Application, ApprovalError, Outcome, Repeat, StaffRequest};
use sihha_domain::idempotency::IdempotentRequest;
use sihha_domain::ids::{ProfileId, StaffId};
use sihha_domain::staff::StaffMember;
use sihha_domain::use_cases::UseCases;
use utoipa::ToSchema;

use super::response::ReviewedApplicationResponse;
use crate::app::App;
use crate::problem::ApiError;

/// A request without members.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(crate) struct EmptyRequest {}

/// Runs a use case on the application of the account `id`, and answers the application.
pub(super) async fn change(
    app: &App,
    member: StaffMember,
    id: &str,
    request: Option<IdempotentRequest>,
    work: impl FnOnce(&UseCases, &StaffRequest<'_>) -> Result<Outcome, ApprovalError> + Send + 'static,
) -> Result<HttpResponse, ApiError> {
    let (account, staff) = (application_id(id)?, member.id);
    let now = app.now();
    let run = move |use_cases: &UseCases| {
        let answer = |application: &Application| text(application, now);
        let repeat = of_member(request, staff).map(|request| Repeat { request, answer: &answer });
        let caller = member.caller();
        let request = StaffRequest { caller: &caller, account: AccountRef::Id(account), repeat };
        Ok::<_, ApprovalError>(work(use_cases, &request)?.into_answer(&answer))
    };
    Ok(json(app.staff(staff, run).await?))
}

/// Returns the request with the member's own key.
pub(super) fn of_member(request: Option<IdempotentRequest>, staff: StaffId) -> Option<IdempotentRequest> {
    request.map(|request| IdempotentRequest { key: request.key.of_member(staff), ..request })
}

/// Reads the id in a path. A malformed id is the id of no application.
pub(super) fn application_id(id: &str) -> Result<ProfileId, ApiError> {
    id.parse().map_err(|_| ApiError::UnknownApplication)
}

/// Returns the answer as JSON: that of a request which may be repeated is stored.
pub(super) fn text(application: &Application, now: chrono::DateTime<chrono::Utc>) -> String {
    serialize(&ReviewedApplicationResponse::new(application, now))
}

/// Returns the response as JSON, with its members in order. Texts and numbers can always be written.
pub(super) fn serialize(response: &impl Serialize) -> String {
    serde_json::to_string(response).unwrap_or_default()
}

pub(super) fn json(text: String) -> HttpResponse {
    HttpResponse::Ok().insert_header(ContentType::json()).body(text)
}
