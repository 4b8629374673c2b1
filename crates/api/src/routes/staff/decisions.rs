//! The same decision on several applications.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sihha_domain::FieldError;
use sihha_domain::account::AccountRef;
use sihha_domain::approval::{Application, DecisionKind, Repeat, StaffRequest};
use sihha_domain::use_cases::UseCases;
use utoipa::ToSchema;

use super::change::{application_id, of_member, text};
use super::decide::{ApproveRequest, Decision as _, RejectRequest, ReopenRequest, RequestChangesRequest};
use crate::app::App;
use crate::extract::{Field, FieldReader, ResponseLanguage, Staff, StaffPost};
use crate::middleware::current_request_id;
use crate::openapi::choices::{Choice, Choices, FactChoice, RejectionReasonChoice};
use crate::openapi::{Description, examples, tag};
use crate::problem::{ApiError, Problem};

/// Maximum number of applications.
const MAX_IDS: usize = 100;

/// Names of decisions.
const DECISIONS: [&str; 4] = ["approve", "reject", "request_changes", "reopen"];

/// Marks the schema of [`DECISIONS`].
pub(crate) enum DecisionNames {}

type DecisionChoice = Choice<DecisionNames>;

impl Choices for DecisionNames {
    const NAME: &'static str = "Decision";
    const DESCRIPTION: &'static str = "What staff decide on an application.";
    fn values() -> Vec<&'static str> {
        DECISIONS.to_vec()
    }
}

/// The same decision on several applications. The members beside `ids` and `decision` are those of a
/// single decision.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(crate) struct DecisionsRequest {
    #[schema(value_type = Vec<uuid::Uuid>, required = true, max_items = 100)]
    ids: Field<Vec<Field<String>>>,
    #[schema(value_type = DecisionChoice, required = true)]
    decision: Field<String>,
    #[schema(value_type = Option<String>, max_length = 2000)]
    note: Field<String>,
    #[schema(value_type = Option<RejectionReasonChoice>)]
    reason_code: Field<String>,
    #[schema(value_type = Option<String>, max_length = 2000)]
    reason: Field<String>,
    #[schema(value_type = Option<String>, max_length = 2000)]
    message: Field<String>,
    #[schema(value_type = Option<Vec<FactChoice>>)]
    fields: Field<Vec<Field<String>>>,
    #[schema(value_type = Option<u32>, maximum = 60)]
    hold_seconds: Field<i64>,
}

/// The result of a decision on one application.
#[derive(Serialize, ToSchema)]
struct DecisionResult {
    /// As it was sent.
    id: String,
    /// The HTTP status that the decision alone would have.
    status: u16,
    /// `null` for a success.
    #[schema(required = true)]
    problem: Option<Problem>,
}

/// The results, in the order of `ids`.
#[derive(Serialize, ToSchema)]
pub(crate) struct DecisionsResponse {
    results: Vec<DecisionResult>,
}

impl DecisionsRequest {
    fn read(self) -> Result<(Vec<String>, DecisionKind, chrono::TimeDelta), ApiError> {
        let mut reader = FieldReader::new();
        let ids = match self.ids {
            Field::Absent | Field::Null => {
                reader.add("ids", FieldError::Required);
                Vec::new()
            }
            ids => reader.full_list("ids", ids, MAX_IDS, |id| Ok(id.to_owned())),
        };
        let is_known = |text: &str| {
            let known = DECISIONS.iter().find(|known| **known == text);
            known.copied().ok_or(FieldError::UnknownChoice { choices: &DECISIONS })
        };
        let (note, reason_code, reason) = (self.note, self.reason_code, self.reason);
        let hold_seconds = self.hold_seconds;
        let (decision, hold) = match reader.required("decision", self.decision, is_known) {
            Some("approve") => ApproveRequest { note, hold_seconds }.read(&mut reader),
            Some("reject") => RejectRequest { reason_code, reason, hold_seconds }.read(&mut reader),
            Some("reopen") => ReopenRequest { reason, hold_seconds }.read(&mut reader),
            Some(_) => RequestChangesRequest { message: self.message, fields: self.fields, hold_seconds }
                .read(&mut reader),
            None => (None, chrono::TimeDelta::zero()),
        };
        let decision = reader.finish(decision).map_err(ApiError::InvalidFields)?;
        Ok((ids, decision, hold))
    }
}

pub(crate) fn describe() -> Description {
    Description::new("decide_applications", tag::APPLICATIONS, "Makes the same decision on up to 100 applications.")
        .details("Each decision is made alone, so some may fail. With an `Idempotency-Key`, a repetition makes those that failed.")
        .request::<DecisionsRequest>("application/json", json!({ "ids": [examples::ID], "decision": "approve" }))
        .response::<DecisionsResponse>(
            StatusCode::OK,
            "The results",
            json!({ "results": [{ "id": examples::ID, "status": 200, "problem": null }] }),
        )
        .repeatable()
}

/// **Permissions**: staff.
pub(crate) async fn decide(
    app: web::Data<App>,
    Staff(member): Staff,
    ResponseLanguage(language): ResponseLanguage,
    post: StaffPost<DecisionsRequest>,
) -> Result<HttpResponse, ApiError> {
    let (now, staff, repeated) = (app.now(), member.id, post.request);
    let (ids, decision, hold) = post.body.read()?;
    let mut results = Vec::with_capacity(ids.len());
    for id in ids {
        let (member, decision, repeated, path) =
            (member.clone(), decision.clone(), repeated.clone(), id.clone());
        let run = move |use_cases: &UseCases| {
            let answer = |application: &Application| text(application, now);
            let repeat = of_member(repeated, staff).map(|request| Repeat { request, answer: &answer });
            let caller = member.caller();
            let account = AccountRef::Id(application_id(&path)?);
            let request = StaffRequest { caller: &caller, account, repeat };
            use_cases.decide.run(&request, &decision, hold).map_err(ApiError::from)
        };
        let problem = match app.staff(staff, run).await {
            Ok(_) => None,
            Err(error) => Some(error.document(&current_request_id(), language)),
        };
        let status = problem.as_ref().map_or(200, |problem| problem.status);
        results.push(DecisionResult { id, status, problem });
    }
    // The client repeats the whole request with another key, or corrects it.
    if results.iter().any(|result| result.status == 422) {
        return Err(ApiError::IdempotencyKeyReused);
    }
    Ok(HttpResponse::Ok().json(DecisionsResponse { results }))
}
