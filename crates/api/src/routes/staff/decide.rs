//! Decisions on applications.

use actix_web::{HttpResponse, web};
use chrono::TimeDelta;
use serde::Deserialize;
use serde_json::json;
use sihha_domain::FieldError;
use sihha_domain::account::Fact;
use sihha_domain::approval::{DecisionKind, RejectionReason};
use sihha_domain::reason::Reason;
use utoipa::ToSchema;

use super::change::{EmptyRequest, change};
use super::describe::describe_change;
use super::query::choice;
use crate::app::App;
use crate::extract::{Field, FieldReader, Staff, StaffPost};
use crate::openapi::Description;
use crate::openapi::choices::{FactChoice, RejectionReasonChoice};
use crate::problem::{ApiError, ProblemCode};

/// Maximum time that a decision is held, in seconds.
const MAX_HOLD: u32 = 60;

/// Maximum number of fields that staff ask to correct.
const MAX_FIELDS: usize = Fact::ALL.len();

/// An approval, or the acceptance of changes.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(crate) struct ApproveRequest {
    /// For staff only.
    #[schema(value_type = Option<String>, max_length = 2000)]
    pub(super) note: Field<String>,
    /// Seconds until the decision takes effect. It can be undone until then.
    #[schema(value_type = Option<u32>, maximum = 60)]
    pub(super) hold_seconds: Field<i64>,
}

/// A rejection, or the refusal of changes, with a kind of reason, a text for the applicant, or both.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(crate) struct RejectRequest {
    #[schema(value_type = Option<RejectionReasonChoice>)]
    pub(super) reason_code: Field<String>,
    /// For the applicant. Without it, the applicant reads the name of the kind of reason.
    #[schema(value_type = Option<String>, max_length = 2000)]
    pub(super) reason: Field<String>,
    /// Seconds until the decision takes effect. It can be undone until then.
    #[schema(value_type = Option<u32>, maximum = 60)]
    pub(super) hold_seconds: Field<i64>,
}

/// A decision that is taken back.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(crate) struct ReopenRequest {
    /// For staff only.
    #[schema(value_type = String, required = true, max_length = 2000)]
    pub(super) reason: Field<String>,
    /// Seconds until the application is reopened. It can be undone until then.
    #[schema(value_type = Option<u32>, maximum = 60)]
    pub(super) hold_seconds: Field<i64>,
}

/// A request for corrections.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(crate) struct RequestChangesRequest {
    /// For the applicant.
    #[schema(value_type = String, required = true, max_length = 2000)]
    pub(super) message: Field<String>,
    /// Names of the fields to correct.
    #[schema(value_type = Option<Vec<FactChoice>>)]
    pub(super) fields: Field<Vec<Field<String>>>,
    /// Seconds until the decision takes effect. It can be undone until then.
    #[schema(value_type = Option<u32>, maximum = 60)]
    pub(super) hold_seconds: Field<i64>,
}

/// A decision in a request.
pub(super) trait Decision {
    /// Reads the decision, and how long it is held.
    fn read(self, reader: &mut FieldReader) -> (Option<DecisionKind>, TimeDelta);
}

fn hold(reader: &mut FieldReader, field: Field<i64>) -> TimeDelta {
    TimeDelta::seconds(reader.number("hold_seconds", field, MAX_HOLD).unwrap_or_default().into())
}

impl Decision for ApproveRequest {
    fn read(self, reader: &mut FieldReader) -> (Option<DecisionKind>, TimeDelta) {
        let note = reader.optional("note", self.note, Reason::parse);
        (Some(DecisionKind::Approve { note }), hold(reader, self.hold_seconds))
    }
}

impl Decision for RejectRequest {
    fn read(self, reader: &mut FieldReader) -> (Option<DecisionKind>, TimeDelta) {
        let code = reader.optional("reason_code", self.reason_code, RejectionReason::parse);
        let reason = match code {
            Some(_) => reader.optional("reason", self.reason, Reason::parse),
            None => reader.required("reason", self.reason, Reason::parse),
        };
        (Some(DecisionKind::Reject { code, reason }), hold(reader, self.hold_seconds))
    }
}

impl Decision for ReopenRequest {
    fn read(self, reader: &mut FieldReader) -> (Option<DecisionKind>, TimeDelta) {
        let reason = reader.required("reason", self.reason, Reason::parse);
        (reason.map(|reason| DecisionKind::Reopen { reason }), hold(reader, self.hold_seconds))
    }
}

impl Decision for RequestChangesRequest {
    fn read(self, reader: &mut FieldReader) -> (Option<DecisionKind>, TimeDelta) {
        let message = reader.required("message", self.message, Reason::parse);
        let fact = |text: &str| -> Result<Fact, FieldError> { choice(Fact::parse(text.trim()), Fact::NAMES) };
        let fields = reader.full_list("fields", self.fields, MAX_FIELDS, fact);
        let request = message.map(|message| DecisionKind::RequestChanges { message, fields });
        (request, hold(reader, self.hold_seconds))
    }
}

async fn decide<T: Decision>(
    app: &App,
    Staff(member): Staff,
    id: &str,
    post: StaffPost<T>,
) -> Result<HttpResponse, ApiError> {
    let mut reader = FieldReader::new();
    let (decision, hold) = post.body.read(&mut reader);
    let decision = reader.finish(decision).map_err(ApiError::InvalidFields)?;
    change(app, member, id, post.request, move |use_cases, request| {
        use_cases.decide.run(request, &decision, hold)
    })
    .await
}

pub(crate) fn describe_approve() -> Description {
    describe_change("approve_application", "Approves an application, or accepts changes to vetted facts.")
        .request::<ApproveRequest>("application/json", json!({ "hold_seconds": 10 }))
        .optional_body()
        .errors(&[ProblemCode::AlreadyDecided, ProblemCode::ClaimedByOther])
}

/// **Permissions**: staff.
pub(crate) async fn approve(
    app: web::Data<App>,
    staff: Staff,
    id: web::Path<String>,
    post: StaffPost<ApproveRequest>,
) -> Result<HttpResponse, ApiError> {
    decide(&app, staff, &id, post).await
}

pub(crate) fn describe_reject() -> Description {
    describe_change("reject_application", "Rejects an application, or refuses changes to vetted facts.")
        .details(
            "A rejection revokes the applicant's sessions when it takes effect. An account whose changes are refused stays \
             approved, with its vetted facts.",
        )
        .request::<RejectRequest>("application/json", json!({ "reason_code": "card_mismatch" }))
        .errors(&[ProblemCode::AlreadyDecided, ProblemCode::ClaimedByOther])
}

/// **Permissions**: staff.
pub(crate) async fn reject(
    app: web::Data<App>,
    staff: Staff,
    id: web::Path<String>,
    post: StaffPost<RejectRequest>,
) -> Result<HttpResponse, ApiError> {
    decide(&app, staff, &id, post).await
}

pub(crate) fn describe_reopen() -> Description {
    describe_change("reopen_application", "Takes back an approval or a rejection that is in force.")
        .request::<ReopenRequest>("application/json", json!({ "reason": "Erreur de dossier" }))
        .errors(&[ProblemCode::AlreadyDecided, ProblemCode::ClaimedByOther])
}

/// **Permissions**: staff.
pub(crate) async fn reopen(
    app: web::Data<App>,
    staff: Staff,
    id: web::Path<String>,
    post: StaffPost<ReopenRequest>,
) -> Result<HttpResponse, ApiError> {
    decide(&app, staff, &id, post).await
}

pub(crate) fn describe_request_changes() -> Description {
    describe_change("request_changes", "Asks the applicant for corrections.")
        .request::<RequestChangesRequest>(
            "application/json",
            json!({ "message": "Vérifiez le nom et le téléphone.", "fields": ["last_name", "numero_tel"] }),
        )
        .errors(&[ProblemCode::AlreadyDecided, ProblemCode::ClaimedByOther])
}

/// **Permissions**: staff.
pub(crate) async fn request_changes(
    app: web::Data<App>,
    staff: Staff,
    id: web::Path<String>,
    post: StaffPost<RequestChangesRequest>,
) -> Result<HttpResponse, ApiError> {
    decide(&app, staff, &id, post).await
}

pub(crate) fn describe_undo() -> Description {
    describe_change("undo_decision", "Takes back the caller's decision while it is held.")
        .errors(&[ProblemCode::AlreadyDecided, ProblemCode::NothingToUndo])
}

/// **Permissions**: staff.
pub(crate) async fn undo(
    app: web::Data<App>,
    Staff(member): Staff,
    id: web::Path<String>,
    post: StaffPost<EmptyRequest>,
) -> Result<HttpResponse, ApiError> {
    change(&app, member, &id, post.request, |use_cases, request| use_cases.decide.undo(request)).await
}
