//! What admins do with an account: suspend and reinstate it, and revoke its sessions.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sihha_domain::account::AccountRef;
use sihha_domain::idempotency::{IdempotentRequest, Outcome, Repeat};
use sihha_domain::reason::Reason;
use sihha_domain::staff::StaffMember;
use sihha_domain::suspension::{AccountStanding, SuspensionError, SuspensionRequest};
use sihha_domain::use_cases::UseCases;
use utoipa::ToSchema;
use uuid::Uuid;

use super::accounts::account_id;
use super::change::{self, EmptyRequest};
use super::describe::id_in_path;
use crate::app::App;
use crate::extract::{Field, FieldReader, Staff, StaffPost};
use crate::middleware::note_account;
use crate::openapi::choices::RoleChoice;
use crate::openapi::{Description, examples, tag};
use crate::problem::{ApiError, ProblemCode};

/// An account, and whether it is suspended.
#[derive(Serialize, ToSchema)]
pub(crate) struct StandingResponse {
    id: Uuid,
    #[schema(value_type = RoleChoice)]
    role: &'static str,
    email: String,
    name: String,
    suspended: bool,
}

impl From<&AccountStanding> for StandingResponse {
    fn from(standing: &AccountStanding) -> Self {
        Self {
            id: standing.id.as_uuid(),
            role: standing.role.as_str(),
            email: standing.email.as_str().to_owned(),
            name: standing.name.clone(),
            suspended: standing.is_suspended(),
        }
    }
}

/// Why an account is suspended.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(crate) struct SuspendRequest {
    /// For staff only.
    #[schema(value_type = String, required = true, max_length = 2000)]
    reason: Field<String>,
}

fn describe(id: &str, summary: &str) -> Description {
    let example = json!({
        "id": examples::ID, "role": "doctor", "email": "k.benabdallah@example.com", "name": "Khadidja Benabdallah",
        "suspended": id == "suspend_account",
    });
    Description::new(id, tag::ACCOUNTS, summary)
        .parameter(id_in_path("Id of the account"))
        .response::<StandingResponse>(StatusCode::OK, "The account", example)
        .repeatable()
        .errors(&[ProblemCode::UnknownAccount])
}

type Standing = Result<Outcome<AccountStanding>, SuspensionError>;

async fn run(
    app: &App,
    member: StaffMember,
    id: &str,
    request: Option<IdempotentRequest>,
    work: impl FnOnce(&UseCases, &SuspensionRequest<'_>) -> Standing + Send + 'static,
) -> Result<HttpResponse, ApiError> {
    let (account, staff) = (account_id(id)?, member.id);
    note_account(account);
    let run = move |use_cases: &UseCases| {
        let answer = |standing: &AccountStanding| change::serialize(&StandingResponse::from(standing));
        let repeat = change::of_member(request, staff).map(|request| Repeat { request, answer: &answer });
        let request = SuspensionRequest { account: AccountRef::Id(account), by: member.name, repeat };
        Ok::<_, SuspensionError>(work(use_cases, &request)?.into_answer(&answer))
    };
    Ok(change::json(app.staff(staff, run).await?))
}

pub(crate) fn describe_suspend() -> Description {
    describe("suspend_account", "Suspends an account, and revokes its sessions.")
        .request::<SuspendRequest>("application/json", json!({ "reason": "Plainte en cours d’examen" }))
}

/// **Permissions**: admins.
pub(crate) async fn suspend(
    app: web::Data<App>,
    Staff(member): Staff,
    id: web::Path<String>,
    post: StaffPost<SuspendRequest>,
) -> Result<HttpResponse, ApiError> {
    let mut reader = FieldReader::new();
    let reason = reader.required("reason", post.body.reason, Reason::parse);
    let reason = reader.finish(reason).map_err(ApiError::InvalidFields)?;
    run(&app, member, &id, post.request, move |use_cases, request| use_cases.suspend.run(request, &reason))
        .await
}

pub(crate) fn describe_reinstate() -> Description {
    describe("reinstate_account", "Reinstates a suspended account. Its sessions stay revoked.")
}

/// **Permissions**: admins.
pub(crate) async fn reinstate(
    app: web::Data<App>,
    Staff(member): Staff,
    id: web::Path<String>,
    post: StaffPost<EmptyRequest>,
) -> Result<HttpResponse, ApiError> {
    run(&app, member, &id, post.request, |use_cases, request| use_cases.reinstate.run(request)).await
}

pub(crate) fn describe_revoke_sessions() -> Description {
    describe("revoke_account_sessions", "Revokes all sessions of an account. Its owner may log in again.")
}

/// **Permissions**: admins.
pub(crate) async fn revoke_sessions(
    app: web::Data<App>,
    Staff(member): Staff,
    id: web::Path<String>,
    post: StaffPost<EmptyRequest>,
) -> Result<HttpResponse, ApiError> {
    run(&app, member, &id, post.request, |use_cases, request| use_cases.revoke_all_sessions.run(request))
        .await
}

pub(crate) fn describe_lift_throttle() -> Description {
    describe("lift_throttle", "Forgets the failed attempts on an account, so that its owner need not wait.")
        .details("The delays of all networks end, and so does a stop after 100 failures.")
}

/// **Permissions**: admins.
pub(crate) async fn lift_throttle(
    app: web::Data<App>,
    Staff(member): Staff,
    id: web::Path<String>,
    post: StaffPost<EmptyRequest>,
) -> Result<HttpResponse, ApiError> {
    run(&app, member, &id, post.request, |use_cases, request| use_cases.lift_throttle.run(request)).await
}
