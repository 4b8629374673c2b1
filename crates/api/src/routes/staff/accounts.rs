//! Accounts of all kinds, for staff.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use percent_encoding::percent_decode;
use serde::Serialize;
use serde_json::{Value, json};
use sihha_domain::FieldErrors;
use sihha_domain::account::AccountRef;
use sihha_domain::approval::ApprovalState;
use sihha_domain::ids::ProfileId;
use sihha_domain::mail::Bounce;
use sihha_domain::reason::Reason;
use sihha_domain::search::{AccountRecord, FoundAccount, SearchCursor, SearchFilter, SearchMatch};
use sihha_domain::staff::StaffMember;
use sihha_domain::suspension::Suspension;
use sihha_domain::use_cases::UseCases;
use utoipa::ToSchema;

use super::cursor::Cursor as _;
use super::describe::id_in_path;
use super::query::{Limit, Query};
use super::response::{AccountSummary, EventResponse, facts};
use crate::app::App;
use crate::extract::Staff;
use crate::middleware::{note_access_reason, note_account};
use crate::openapi::choices::{AccountStateChoice, LanguageChoice, RoleChoice, WilayaChoice};
use crate::openapi::{Description, examples, tag};
use crate::problem::{ApiError, ProblemCode};
use crate::timestamp::Timestamp;

/// Name of the header with the reason for reading an account.
const ACCESS_REASON: &str = "X-Access-Reason";

/// An account in a list.
#[derive(Serialize, ToSchema)]
struct FoundAccountResponse {
    #[serde(flatten)]
    account: AccountSummary,
    #[schema(value_type = AccountStateChoice)]
    state: &'static str,
    email: String,
    /// How close the account is to the search, from 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = f64, required = false)]
    score: Option<f64>,
}

impl FoundAccountResponse {
    fn new(found: &FoundAccount, score: Option<f64>) -> Self {
        Self {
            account: AccountSummary::from(&found.account),
            state: found.state().as_str(),
            email: found.account.profile.email.as_str().to_owned(),
            score,
        }
    }
}

/// A page of accounts.
#[derive(Serialize, ToSchema)]
pub(crate) struct AccountPage {
    items: Vec<FoundAccountResponse>,
    /// Send it as `cursor` to get the next page; `null` on the last one.
    #[schema(required = true)]
    next: Option<String>,
}

fn example() -> Value {
    json!({
        "id": examples::ID, "role": "doctor", "first_name": "Khadidja", "last_name": "Benabdallah",
        "specialite": "Cardiologie", "wilaya": "31", "commune": "3108", "state": "approved",
        "email": "k.benabdallah@example.com",
    })
}

pub(crate) fn describe_list() -> Description {
    Description::new("find_accounts", tag::ACCOUNTS, "Finds accounts in the caller's scope.")
        .details(
            "`q` is a name in any spelling and script, an e-mail or its beginning, a card, an identifier or a telephone. Best \
             matches come first. Without `q`, accounts are in the order of their ids. `role` and `wilaya` may be lists with \
             commas.",
        )
        .query::<String>("q", "What to search for.")
        .query::<RoleChoice>("role", "Only accounts of this role.")
        .query::<AccountStateChoice>("state", "Only accounts in this state.")
        .query::<WilayaChoice>("wilaya", "Only accounts in this wilaya.")
        .query::<String>("cursor", "`next` of the page before.")
        .query::<Limit>("limit", "Number of accounts; 50 by default, more than 100 count as 100.")
        .response::<AccountPage>(StatusCode::OK, "A page", json!({ "items": [example()], "next": null }))
        .errors(&[ProblemCode::InvalidFields])
}

/// **Permissions**: staff.
pub(crate) async fn list(
    app: web::Data<App>,
    Staff(member): Staff,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let mut query = Query::of(request.query_string())?;
    let filter =
        SearchFilter { roles: query.roles(), state: query.account_state(), wilayas: query.wilayas() };
    let (limit, staff) = (query.limit(), member.id);
    let filter = filter.within(&member.caller());
    let page = if let Some(search) = query.search() {
        let after = query.cursor::<SearchCursor>();
        query.finish(())?;
        let run = move |use_cases: &UseCases| match filter {
            Some(filter) => use_cases.search_accounts.run(&search, &filter, after, limit),
            None => Ok(Vec::new()),
        };
        of_matches(&app.staff(staff, run).await?, limit)
    } else {
        let after = query.cursor::<ProfileId>();
        query.finish(())?;
        let run = move |use_cases: &UseCases| match filter {
            Some(filter) => use_cases.browse_accounts.run(&filter, after, limit),
            None => Ok(Vec::new()),
        };
        of_accounts(&app.staff(staff, run).await?, limit)
    };
    Ok(HttpResponse::Ok().json(page))
}

/// A full page may be followed by an empty one.
fn of_matches(matches: &[SearchMatch], limit: u32) -> AccountPage {
    let next = matches.last().filter(|_| matches.len() >= limit as usize);
    let item = |found: &SearchMatch| FoundAccountResponse::new(&found.found, Some(found.score.value()));
    AccountPage { items: matches.iter().map(item).collect(), next: next.map(|last| last.cursor().to_text()) }
}

fn of_accounts(accounts: &[FoundAccount], limit: u32) -> AccountPage {
    let next = accounts.last().filter(|_| accounts.len() >= limit as usize);
    let item = |found: &FoundAccount| FoundAccountResponse::new(found, None);
    AccountPage {
        items: accounts.iter().map(item).collect(),
        next: next.map(|last| last.account.id.to_text()),
    }
}

/// A suspension.
#[derive(Serialize, ToSchema)]
struct SuspensionResponse {
    #[schema(value_type = DateTime<Utc>)]
    at: Timestamp,
    by: String,
    reason: String,
    /// When it ended; `null` while it is in force.
    #[schema(value_type = Option<DateTime<Utc>>, required = true)]
    reinstated_at: Option<Timestamp>,
    #[schema(required = true)]
    reinstated_by: Option<String>,
}

impl From<&Suspension> for SuspensionResponse {
    fn from(suspension: &Suspension) -> Self {
        let end = suspension.reinstatement.as_ref();
        Self {
            at: Timestamp(suspension.at),
            by: suspension.by.as_str().to_owned(),
            reason: suspension.reason.as_str().to_owned(),
            reinstated_at: end.map(|end| Timestamp(end.at)),
            reinstated_by: end.map(|end| end.by.as_str().to_owned()),
        }
    }
}

/// A message that did not reach the owner of the account.
#[derive(Serialize, ToSchema)]
struct BounceResponse {
    /// When it was given up.
    #[schema(value_type = DateTime<Utc>)]
    at: Timestamp,
    /// What it was about: the name of a template.
    template: &'static str,
    /// Why the last attempt failed, in the words of the mail server, without addresses.
    error: String,
}

impl From<&Bounce> for BounceResponse {
    fn from(bounce: &Bounce) -> Self {
        Self { at: Timestamp(bounce.at), template: bounce.template.as_str(), error: bounce.error.clone() }
    }
}

/// An account, with its history.
#[derive(Serialize, ToSchema)]
pub(crate) struct AccountRecordResponse {
    #[serde(flatten)]
    found: FoundAccountResponse,
    #[schema(value_type = DateTime<Utc>)]
    registered_at: Timestamp,
    /// The language of the owner's mails.
    #[schema(value_type = LanguageChoice)]
    language: &'static str,
    /// When the owner confirmed the e-mail; `null` if it is not confirmed.
    #[schema(value_type = Option<DateTime<Utc>>, required = true)]
    email_verified_at: Option<Timestamp>,
    /// The last message that did not reach the owner, if there was one in the last 30 days.
    #[schema(required = true)]
    last_bounce: Option<BounceResponse>,
    /// The facts that staff check, by the names of the members of a registration.
    #[schema(value_type = Object)]
    facts: std::collections::BTreeMap<&'static str, Value>,
    /// What happened to its application, oldest first.
    history: Vec<EventResponse>,
    /// Oldest first.
    suspensions: Vec<SuspensionResponse>,
}

impl From<&AccountRecord> for AccountRecordResponse {
    fn from(record: &AccountRecord) -> Self {
        let account = &record.found.account;
        Self {
            found: FoundAccountResponse::new(&record.found, None),
            registered_at: Timestamp(account.registered_at),
            language: account.profile.language.tag(),
            email_verified_at: account.email_verified_at.map(Timestamp),
            last_bounce: record.last_bounce.as_ref().map(BounceResponse::from),
            facts: facts(account),
            history: record.events.iter().map(EventResponse::from).collect(),
            suspensions: record.suspensions.iter().map(SuspensionResponse::from).collect(),
        }
    }
}

pub(crate) fn describe_read() -> Description {
    let mut example = example();
    example["registered_at"] = json!("2026-10-18T15:41:00.000Z");
    example["language"] = json!("fr");
    example["email_verified_at"] = json!("2026-10-18T15:44:12.000Z");
    example["last_bounce"] = json!(null);
    example["facts"] = json!({ "first_name": "Khadidja", "last_name": "Benabdallah" });
    example["history"] = json!([]);
    example["suspensions"] = json!([]);
    Description::new("get_account", tag::ACCOUNTS, "Returns an account.")
        .details("The reason is needed unless the account has an open application. It is logged.")
        .parameter(id_in_path("Id of the account"))
        .optional_header(ACCESS_REASON, "Why the account is read, in percent-encoded UTF-8.")
        .query::<String>("reason", "The same, for clients that cannot send the header.")
        .response::<AccountRecordResponse>(StatusCode::OK, "The account", example)
        .errors(&[ProblemCode::UnknownAccount, ProblemCode::ReasonRequired, ProblemCode::InvalidFields])
}

/// **Permissions**: staff.
pub(crate) async fn read(
    app: web::Data<App>,
    Staff(member): Staff,
    id: web::Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let reason = access_reason(&request)?;
    let id = account_id(&id)?;
    note_account(id);
    if let Some(reason) = &reason {
        note_access_reason(reason.as_str());
    }
    let (staff, has_reason) = (member.id, reason.is_some());
    let show = move |use_cases: &UseCases| read_record(use_cases, &member, id, has_reason);
    let record = app.staff(staff, show).await?;
    Ok(HttpResponse::Ok().json(AccountRecordResponse::from(&record)))
}

fn read_record(
    use_cases: &UseCases,
    member: &StaffMember,
    id: ProfileId,
    has_reason: bool,
) -> Result<AccountRecord, ApiError> {
    let record = use_cases.show_account.run(&AccountRef::Id(id))?;
    let record = record.filter(|record| member.caller().sees(&record.found.account));
    let record = record.ok_or(ApiError::UnknownAccount)?;
    let is_open = record
        .found
        .account
        .approval_state()
        .is_some_and(|state| !matches!(state, ApprovalState::Approved | ApprovalState::Rejected));
    if is_open || has_reason { Ok(record) } else { Err(ApiError::ReasonRequired) }
}

/// Returns the reason in the header or the query, if there is one.
fn access_reason(request: &HttpRequest) -> Result<Option<Reason>, ApiError> {
    let header = request.headers().get(ACCESS_REASON);
    let header = header.map(|value| percent_decode(value.as_bytes()).decode_utf8_lossy().into_owned());
    let text = header.filter(|text| !text.trim().is_empty());
    let Some(text) = text.map_or_else(
        || Query::of(request.query_string()).map(|query| query.text("reason")),
        |text| Ok(Some(text)),
    )?
    else {
        return Ok(None);
    };
    let reason = Reason::parse(&text);
    reason.map(Some).map_err(|error| ApiError::InvalidFields(FieldErrors::one("reason", error)))
}

pub(super) fn account_id(id: &str) -> Result<ProfileId, ApiError> {
    id.parse().map_err(|_| ApiError::UnknownAccount)
}
