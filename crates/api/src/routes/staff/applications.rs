//! One application: what a decision needs, and who reviews it.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Deserialize;
use serde_json::json;
use sihha_domain::account::AccountRef;
use utoipa::ToSchema;

use super::change::{EmptyRequest, application_id, change};
use super::describe::{describe_change, example, id_in_path};
use super::response::ReviewedApplicationDetailsResponse;
use crate::app::App;
use crate::extract::{Field, FieldReader, Staff, StaffPost};
use crate::openapi::{Description, examples, tag};
use crate::problem::{ApiError, ProblemCode};

pub(crate) fn describe_read() -> Description {
    let mut example = example();
    example["changes"] = json!([
        { "field": "numero_tel", "old": "0550 12 34", "new": "0550 12 34 56", "requested": true }
    ]);
    example["history"] =
        json!([{ "id": examples::ID, "at": "2026-11-24T08:05:00.000Z", "event": "resubmitted", "by": null }]);
    example["duplicates"] = json!([]);
    Description::new(
        "get_application",
        tag::APPLICATIONS,
        "Returns an application with all that a decision needs.",
    )
    .parameter(id_in_path("Id of the application: its account's"))
    .response::<ReviewedApplicationDetailsResponse>(StatusCode::OK, "The application", example)
    .errors(&[ProblemCode::UnknownApplication])
}

/// **Permissions**: staff.
pub(crate) async fn read(
    app: web::Data<App>,
    Staff(member): Staff,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let (account, staff) = (AccountRef::Id(application_id(&id)?), member.id);
    let read = app.staff(staff, move |use_cases| use_cases.read_application.run(&member.caller(), &account));
    Ok(HttpResponse::Ok().json(ReviewedApplicationDetailsResponse::new(&read.await?, app.now())))
}

/// A claim.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(crate) struct ClaimRequest {
    /// Whether to take the application over from another member of staff.
    #[schema(value_type = Option<bool>)]
    take_over: Field<bool>,
}

pub(crate) fn describe_claim() -> Description {
    describe_change(
        "claim_application",
        "Claims an application for 15 minutes, so that no two reviewers read the same one.",
    )
    .details("A claim of one's own is extended.")
    .errors(&[ProblemCode::ClaimedByOther, ProblemCode::InvalidFields])
}

/// **Permissions**: staff.
pub(crate) async fn claim(
    app: web::Data<App>,
    Staff(member): Staff,
    id: web::Path<String>,
    post: StaffPost<ClaimRequest>,
) -> Result<HttpResponse, ApiError> {
    let mut reader = FieldReader::new();
    let take_over = reader.flag("take_over", post.body.take_over).unwrap_or_default();
    let take_over = reader.finish(Some(take_over)).map_err(ApiError::InvalidFields)?;
    change(&app, member, &id, post.request, move |use_cases, request| use_cases.claim.run(request, take_over))
        .await
}

pub(crate) fn describe_release() -> Description {
    describe_change("release_application", "Gives up the caller's claim.")
        .errors(&[ProblemCode::ClaimedByOther])
}

/// **Permissions**: staff.
pub(crate) async fn release(
    app: web::Data<App>,
    Staff(member): Staff,
    id: web::Path<String>,
    post: StaffPost<EmptyRequest>,
) -> Result<HttpResponse, ApiError> {
    change(&app, member, &id, post.request, |use_cases, request| use_cases.claim.release(request)).await
}
