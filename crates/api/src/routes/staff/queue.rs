//! The queue of applications.

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, Days, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sihha_domain::account::Role;
use sihha_domain::approval::{
    Application, ApprovalState, Outcome, QueueCursor, QueueFilter, Repeat, ReviewStats,
};
use sihha_domain::place::Wilaya;
use sihha_domain::search::SearchCursor;
use sihha_domain::use_cases::UseCases;
use utoipa::ToSchema;
use uuid::Uuid;

use super::change::{json, of_member, text};
use super::cursor::Cursor as _;
use super::describe::example;
use super::query::{APPLICANT_ROLES, ApplicantRoleChoice, AssigneeChoice, Limit, Query, choice};
use super::response::{ApplicationSummary, ReviewedApplicationResponse};
use crate::app::App;
use crate::extract::{Field, FieldReader, Staff, StaffPost};
use crate::openapi::choices::{ApprovalStateChoice, WilayaChoice};
use crate::openapi::{Description, examples, tag};
use crate::problem::{ApiError, ProblemCode};
use crate::timestamp::Timestamp;

/// Days of which the figures tell.
const DAYS: u64 = 30;

/// A page of applications.
#[derive(Serialize, ToSchema)]
pub(crate) struct ApplicationPage {
    items: Vec<ApplicationSummary>,
    /// Send it as `cursor` to get the next page; `null` on the last one.
    #[schema(required = true)]
    next: Option<String>,
}

pub(crate) fn describe_list() -> Description {
    Description::new("list_applications", tag::APPLICATIONS, "Lists applications, oldest first, or searches for them.")
        .details(
            "Pages are stable while applications are added. `state`, `role` and `wilaya` may be lists with commas. With `q`, \
             the best matches come first: names in any spelling and script, an e-mail, a card or identifier, a telephone.",
        )
        .query::<ApprovalStateChoice>("state", "Only applications in this state.")
        .query::<ApplicantRoleChoice>("role", "Only applications for this role.")
        .query::<WilayaChoice>("wilaya", "Only applications in this wilaya.")
        .query::<String>("q", "What to search for.")
        .query::<AssigneeChoice>("assigned", "Only applications that the caller has claimed.")
        .query::<String>("cursor", "`next` of the page before.")
        .query::<Limit>("limit", "Number of applications; 50 by default, more than 100 count as 100.")
        .response::<ApplicationPage>(StatusCode::OK, "A page", json!({ "items": [summary_example()], "next": null }))
        .errors(&[ProblemCode::InvalidFields])
}

fn summary_example() -> serde_json::Value {
    let mut example = example();
    example.as_object_mut().map(|members| members.remove("facts"));
    example
}

/// **Permissions**: staff.
pub(crate) async fn list(
    app: web::Data<App>,
    Staff(member): Staff,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let (now, staff) = (app.now(), member.id);
    let mut query = Query::of(request.query_string())?;
    let mut filter = query.queue_filter();
    if query.is_assigned_to_me() {
        filter.claimed_by = Some((staff, now));
    }
    let limit = query.limit();
    let page = if let Some(search) = query.search() {
        let after = query.cursor::<SearchCursor>();
        query.finish(())?;
        let run = move |use_cases: &UseCases| {
            use_cases.read_queue.search(&member.caller(), &search, &filter, after, limit)
        };
        let (applications, next) = app.staff(staff, run).await?;
        page(&applications, next.map(|next| next.to_text()), now)
    } else {
        let after = query.cursor::<QueueCursor>();
        query.finish(())?;
        // One more tells whether there is a next page.
        let run = move |use_cases: &UseCases| {
            use_cases.read_queue.page(&member.caller(), &filter, after, limit + 1)
        };
        let mut applications = app.staff(staff, run).await?;
        let has_more = applications.len() > limit as usize;
        applications.truncate(limit as usize);
        let last = applications.last().filter(|_| has_more).map(QueueCursor::after);
        page(&applications, last.map(|last| last.to_text()), now)
    };
    Ok(HttpResponse::Ok().json(page))
}

fn page(applications: &[Application], next: Option<String>, now: DateTime<Utc>) -> ApplicationPage {
    let items = applications.iter().map(|application| ApplicationSummary::new(application, now)).collect();
    ApplicationPage { items, next }
}

/// Number of applications in each state.
#[derive(Default, Serialize, ToSchema)]
pub(crate) struct CountsResponse {
    pending: u64,
    changes_requested: u64,
    approved: u64,
    rejected: u64,
    changes_pending: u64,
}

impl CountsResponse {
    fn of(counts: &BTreeMap<ApprovalState, u64>) -> Self {
        let of = |state| counts.get(&state).copied().unwrap_or_default();
        Self {
            pending: of(ApprovalState::Pending),
            changes_requested: of(ApprovalState::ChangesRequested),
            approved: of(ApprovalState::Approved),
            rejected: of(ApprovalState::Rejected),
            changes_pending: of(ApprovalState::ChangesPending),
        }
    }
}

pub(crate) fn describe_counts() -> Description {
    Description::new("count_applications", tag::APPLICATIONS, "Counts the applications in each state.")
        .details("Asks all accounts, so it costs more than a page.")
        .query::<ApplicantRoleChoice>("role", "Only applications for this role.")
        .query::<WilayaChoice>("wilaya", "Only applications in this wilaya.")
        .response::<CountsResponse>(StatusCode::OK, "The numbers", CountsResponse::default())
        .errors(&[ProblemCode::InvalidFields])
}

/// **Permissions**: staff.
pub(crate) async fn counts(
    app: web::Data<App>,
    Staff(member): Staff,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let mut query = Query::of(request.query_string())?;
    let filter = QueueFilter { states: Vec::new(), ..query.queue_filter() };
    query.finish(())?;
    let staff = member.id;
    let run = move |use_cases: &UseCases| use_cases.read_queue.counts(&member.caller(), &filter);
    let counts = app.staff(staff, run).await?;
    Ok(HttpResponse::Ok().json(CountsResponse::of(&counts)))
}

/// Which application to claim next.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(crate) struct NextRequest {
    /// `pending` and `changes_pending` by default.
    #[schema(value_type = Option<ApprovalStateChoice>)]
    state: Field<String>,
    #[schema(value_type = Option<ApplicantRoleChoice>)]
    role: Field<String>,
    #[schema(value_type = Option<WilayaChoice>)]
    wilaya: Field<String>,
}

impl NextRequest {
    fn read(self) -> Result<QueueFilter, ApiError> {
        let mut reader = FieldReader::new();
        let state = reader
            .optional("state", self.state, |text| choice(ApprovalState::parse(text), ApprovalState::NAMES));
        let role = reader.optional("role", self.role, |text| {
            choice(Role::parse(text).filter(|role| role.needs_approval()), &APPLICANT_ROLES)
        });
        let wilaya = reader.optional("wilaya", self.wilaya, Wilaya::parse);
        let filter = QueueFilter {
            states: state.into_iter().collect(),
            roles: role.into_iter().collect(),
            wilayas: wilaya.into_iter().collect(),
            ..QueueFilter::default()
        };
        reader.finish(Some(filter)).map_err(ApiError::InvalidFields)
    }
}

pub(crate) fn describe_next() -> Description {
    Description::new("claim_next_application", tag::APPLICATIONS, "Claims the oldest free application.")
        .request::<NextRequest>("application/json", json!({ "role": "doctor", "wilaya": "31" }))
        .optional_body()
        .response::<ReviewedApplicationResponse>(StatusCode::OK, "The application", example())
        .no_content("No application is free")
        .repeatable()
}

/// **Permissions**: staff.
pub(crate) async fn next(
    app: web::Data<App>,
    Staff(member): Staff,
    post: StaffPost<NextRequest>,
) -> Result<HttpResponse, ApiError> {
    let (filter, request) = (post.body.read()?, post.request);
    let (now, staff) = (app.now(), member.id);
    let run = move |use_cases: &UseCases| {
        let answer = |application: &Application| text(application, now);
        let repeat = of_member(request, staff).map(|request| Repeat { request, answer: &answer });
        let claimed = use_cases.claim.next(&member.caller(), &filter, repeat.as_ref())?;
        Ok::<_, ApiError>(claimed.map(|outcome| match outcome {
            Outcome::Done(application) => answer(&application),
            Outcome::Repeated(answer) => answer,
        }))
    };
    let claimed = app.staff(staff, run).await?;
    Ok(claimed.map_or_else(|| HttpResponse::NoContent().finish(), json))
}

/// Figures about the review of applications.
#[derive(Serialize, ToSchema)]
pub(crate) struct StatsResponse {
    /// Number of applications that wait for a decision.
    pending: u64,
    /// When the oldest of them was submitted.
    #[schema(value_type = Option<DateTime<Utc>>, required = true)]
    oldest_pending_at: Option<Timestamp>,
    /// Median time from the submission to a decision in the last 30 days, in hours.
    #[schema(required = true)]
    median_hours_to_decision: Option<f64>,
    /// The last 30 days with decisions, in Algerian time.
    days: Vec<DayResponse>,
    /// Members of staff who decided in the last 30 days.
    reviewers: Vec<ReviewerResponse>,
}

#[derive(Serialize, ToSchema)]
struct DayResponse {
    date: NaiveDate,
    approved: u64,
    rejected: u64,
    changes_requested: u64,
}

#[derive(Serialize, ToSchema)]
struct ReviewerResponse {
    id: Uuid,
    /// `null` if there is no such member of staff any more.
    #[schema(required = true)]
    email: Option<String>,
    /// Number of decisions.
    decided: u64,
}

pub(crate) fn describe_stats() -> Description {
    let example = json!({
        "pending": 128, "oldest_pending_at": "2026-10-18T15:41:00.000Z", "median_hours_to_decision": 26.5,
        "days": [{ "date": "2026-11-27", "approved": 31, "rejected": 2, "changes_requested": 5 }],
        "reviewers": [{ "id": examples::ID, "email": "s.benali@dsp-oran.dz", "decided": 38 }],
    });
    Description::new(
        "get_review_statistics",
        tag::APPLICATIONS,
        "Returns figures about the review of applications.",
    )
    .query::<ApplicantRoleChoice>("role", "Only applications for this role.")
    .query::<WilayaChoice>("wilaya", "Only applications in this wilaya.")
    .response::<StatsResponse>(StatusCode::OK, "The figures", example)
    .errors(&[ProblemCode::InvalidFields])
}

/// **Permissions**: staff.
pub(crate) async fn stats(
    app: web::Data<App>,
    Staff(member): Staff,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let mut query = Query::of(request.query_string())?;
    let filter = QueueFilter { states: Vec::new(), ..query.queue_filter() };
    query.finish(())?;
    let since = app.now() - Days::new(DAYS);
    let staff = member.id;
    let run = move |use_cases: &UseCases| {
        let caller = member.caller();
        let stats = use_cases.read_queue.stats(&caller, &filter, since)?;
        let counts = use_cases.read_queue.counts(&caller, &filter)?;
        let pending = counts.get(&ApprovalState::Pending).copied().unwrap_or_default();
        let ids: Vec<_> = stats.reviewers.iter().map(|reviewer| reviewer.id).collect();
        let emails = use_cases.read_staff.emails(&ids)?;
        Ok::<_, ApiError>((stats, pending, emails))
    };
    let (stats, pending, emails) = app.staff(staff, run).await?;
    let ReviewStats { oldest_pending_at, median_to_decision, days, reviewers } = stats;
    Ok(HttpResponse::Ok().json(StatsResponse {
        pending,
        oldest_pending_at: oldest_pending_at.map(Timestamp),
        median_hours_to_decision: median_to_decision.map(|median| median.as_seconds_f64() / 3600.0),
        days: days
            .iter()
            .map(|day| DayResponse {
                date: day.date,
                approved: day.approved,
                rejected: day.rejected,
                changes_requested: day.changes_requested,
            })
            .collect(),
        reviewers: reviewers
            .iter()
            .map(|reviewer| ReviewerResponse {
                id: reviewer.id.as_uuid(),
                email: emails.get(&reviewer.id).map(|email| email.as_str().to_owned()),
                decided: reviewer.decided,
            })
            .collect(),
    }))
}
