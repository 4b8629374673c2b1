//! Members of staff, for admins.

use actix_web::http::StatusCode;
use actix_web::http::header::ContentType;
use actix_web::{HttpRequest, HttpResponse, web};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sihha_domain::account::{EmailAddress, Role};
use sihha_domain::idempotency::{IdempotentRequest, Outcome, Repeat};
use sihha_domain::ids::StaffId;
use sihha_domain::place::Wilaya;
use sihha_domain::staff::{
    CreatedStaff, ManagementRequest, NewStaff, Scope, SecondFactor, StaffDetails, StaffError, StaffMember,
    StaffPassword, StaffRef, StaffRole,
};
use sihha_domain::staff_name::StaffName;
use sihha_domain::use_cases::UseCases;
use utoipa::ToSchema;
use uuid::Uuid;

use super::change::{self, EmptyRequest};
use super::cursor::Cursor as _;
use super::describe::id_in_path;
use super::query::{APPLICANT_ROLES, ApplicantRoleChoice, Limit, Query, choice};
use crate::app::App;
use crate::bulkhead::AccountKey;
use crate::extract::{Field, FieldReader, Json, Staff, StaffPost};
use crate::openapi::choices::{RoleChoice, StaffRoleChoice, WilayaChoice};
use crate::openapi::{Description, examples, tag};
use crate::problem::{ApiError, ProblemCode};
use crate::timestamp::Timestamp;

/// Maximum numbers of wilayas and roles in a scope.
const MAX_WILAYAS: usize = 69;
const MAX_ROLES: usize = 3;

/// A member of staff.
#[derive(Serialize, ToSchema)]
pub(crate) struct MemberResponse {
    id: Uuid,
    email: String,
    name: String,
    /// The health directorate that the person works for.
    #[schema(required = true)]
    directorate: Option<String>,
    #[schema(value_type = StaffRoleChoice)]
    role: &'static str,
    /// Wilayas of the scope; the whole country if there are none.
    #[schema(value_type = Vec<WilayaChoice>)]
    wilayas: Vec<String>,
    /// Roles of applicants in the scope; all if there are none.
    #[schema(value_type = Vec<RoleChoice>)]
    applicant_roles: Vec<&'static str>,
    #[schema(value_type = DateTime<Utc>)]
    created_at: Timestamp,
    /// Since when the member may not log in.
    #[schema(value_type = Option<DateTime<Utc>>, required = true)]
    disabled_at: Option<Timestamp>,
    #[schema(value_type = Option<DateTime<Utc>>, required = true)]
    last_login_at: Option<Timestamp>,
}

impl From<&StaffMember> for MemberResponse {
    fn from(member: &StaffMember) -> Self {
        Self {
            id: member.id.as_uuid(),
            email: member.email.as_str().to_owned(),
            name: member.name.as_str().to_owned(),
            directorate: member.directorate.as_ref().map(|name| name.as_str().to_owned()),
            role: member.role.as_str(),
            wilayas: member.scope.wilayas.iter().map(|wilaya| wilaya.as_str().to_owned()).collect(),
            applicant_roles: member.scope.applicant_roles.iter().map(|role| role.as_str()).collect(),
            created_at: Timestamp(member.created_at),
            disabled_at: member.disabled_at.map(Timestamp),
            last_login_at: member.last_login_at.map(Timestamp),
        }
    }
}

/// A page of members of staff.
#[derive(Serialize, ToSchema)]
pub(crate) struct MemberPage {
    items: Vec<MemberResponse>,
    /// Send it as `cursor` to get the next page; `null` on the last one.
    #[schema(required = true)]
    next: Option<String>,
}

/// A member of staff, with the second factor. It cannot be read again.
#[derive(Serialize, ToSchema)]
pub(crate) struct SecondFactorResponse {
    #[serde(flatten)]
    member: MemberResponse,
    /// For the authenticator app, also as a QR code.
    otpauth_uri: String,
    /// Each logs in once without the app.
    recovery_codes: Vec<String>,
}

impl SecondFactorResponse {
    fn new(member: &StaffMember, second_factor: &SecondFactor) -> Self {
        let codes = second_factor.recovery_codes.iter().map(|code| code.expose().to_owned());
        Self {
            member: MemberResponse::from(member),
            otpauth_uri: second_factor.otpauth_uri.expose_secret().to_owned(),
            recovery_codes: codes.collect(),
        }
    }
}

/// Runs a request about a member of staff, and returns the answer as JSON: that of a request which may
/// be repeated is stored.
pub(super) fn manage<T>(
    caller: &StaffMember,
    request: Option<IdempotentRequest>,
    answer: &dyn Fn(&T) -> String,
    work: impl FnOnce(&ManagementRequest<'_, T>) -> Result<Outcome<T>, StaffError>,
) -> Result<String, StaffError> {
    let repeat = request.map(|request| Repeat { request, answer });
    let outcome = work(&ManagementRequest { caller: &caller.caller(), repeat })?;
    Ok(outcome.into_answer(answer))
}

pub(super) fn member_text(member: &StaffMember) -> String {
    json!(MemberResponse::from(member)).to_string()
}

pub(super) fn second_factor_text(member: &StaffMember, second_factor: &SecondFactor) -> String {
    json!(SecondFactorResponse::new(member, second_factor)).to_string()
}

pub(super) fn example() -> Value {
    json!({
        "id": examples::ID, "email": "s.benali@dsp-oran.dz", "name": "Samira Benali", "directorate": "DSP d’Oran",
        "role": "reviewer", "wilayas": ["31"], "applicant_roles": [], "created_at": "2026-11-23T09:30:00.000Z",
        "disabled_at": null, "last_login_at": null,
    })
}

pub(super) fn example_with_second_factor() -> Value {
    let mut example = example();
    example["otpauth_uri"] = json!("otpauth://totp/Sihha:s.benali%40dsp-oran.dz?secret=…&issuer=Sihha");
    example["recovery_codes"] = json!(["ABCD-…"]);
    example
}

/// Name, role and scope of a member of staff.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(crate) struct MemberRequest {
    #[schema(value_type = String, required = false, max_length = 150)]
    name: Field<String>,
    #[schema(value_type = Option<String>, max_length = 150)]
    directorate: Field<String>,
    #[schema(value_type = StaffRoleChoice, required = false)]
    role: Field<String>,
    /// The whole country if there are none.
    #[schema(value_type = Option<Vec<WilayaChoice>>, max_items = 69)]
    wilayas: Field<Vec<Field<String>>>,
    /// All roles if there are none.
    #[schema(value_type = Option<Vec<ApplicantRoleChoice>>, max_items = 3)]
    applicant_roles: Field<Vec<Field<String>>>,
}

/// A new member of staff.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(crate) struct NewMemberRequest {
    #[schema(value_type = String, required = true, max_length = 254)]
    email: Field<String>,
    #[schema(value_type = String, required = true, min_length = 12, max_length = 128)]
    password: Field<String>,
    #[schema(value_type = String, required = true, max_length = 150)]
    name: Field<String>,
    #[schema(value_type = Option<String>, max_length = 150)]
    directorate: Field<String>,
    #[schema(value_type = StaffRoleChoice, required = true)]
    role: Field<String>,
    /// The whole country if there are none.
    #[schema(value_type = Option<Vec<WilayaChoice>>, max_items = 69)]
    wilayas: Field<Vec<Field<String>>>,
    /// All roles if there are none.
    #[schema(value_type = Option<Vec<ApplicantRoleChoice>>, max_items = 3)]
    applicant_roles: Field<Vec<Field<String>>>,
}

impl MemberRequest {
    fn read(self, reader: &mut FieldReader) -> Option<StaffDetails> {
        let name = reader.required("name", self.name, StaffName::parse);
        let directorate = reader.optional("directorate", self.directorate, StaffName::parse);
        let role =
            reader.required("role", self.role, |text| choice(StaffRole::parse(text), StaffRole::NAMES));
        let wilayas = reader.full_list("wilayas", self.wilayas, MAX_WILAYAS, Wilaya::parse);
        let applicant_roles = reader.full_list("applicant_roles", self.applicant_roles, MAX_ROLES, |text| {
            choice(Role::parse(text).filter(|role| role.needs_approval()), &APPLICANT_ROLES)
        });
        Some(StaffDetails {
            name: name?,
            directorate,
            role: role?,
            scope: Scope { wilayas, applicant_roles },
        })
    }
}

pub(super) fn member_id(id: &str) -> Result<StaffRef, ApiError> {
    id.parse().map(StaffRef::Id).map_err(|_| ApiError::UnknownMember)
}

pub(super) fn describe_member(id: &str, summary: &str) -> Description {
    Description::new(id, tag::STAFF, summary)
        .parameter(id_in_path("Id of the member of staff"))
        .errors(&[ProblemCode::UnknownMember])
}

pub(crate) fn describe_own() -> Description {
    Description::new("get_own_staff_account", tag::STAFF, "Returns the caller's account.")
        .response::<MemberResponse>(StatusCode::OK, "The member of staff", example())
}

/// **Permissions**: staff.
pub(crate) async fn own(Staff(member): Staff) -> HttpResponse {
    HttpResponse::Ok().json(MemberResponse::from(&member))
}

pub(crate) fn describe_list() -> Description {
    Description::new("list_staff", tag::STAFF, "Lists the members of staff, oldest first.")
        .query::<String>("cursor", "`next` of the page before.")
        .query::<Limit>("limit", "Number of members; 50 by default, more than 100 count as 100.")
        .response::<MemberPage>(StatusCode::OK, "A page", json!({ "items": [example()], "next": null }))
        .errors(&[ProblemCode::InvalidFields])
}

/// **Permissions**: admins.
pub(crate) async fn list(
    app: web::Data<App>,
    Staff(caller): Staff,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let mut query = Query::of(request.query_string())?;
    let (after, limit) = (query.cursor::<StaffId>(), query.limit());
    query.finish(())?;
    // One more tells whether there is a next page.
    let mut members =
        app.staff(caller.id, move |use_cases| use_cases.list_staff.page(after, limit + 1)).await?;
    let has_more = members.len() > limit as usize;
    members.truncate(limit as usize);
    let next = members.last().filter(|_| has_more).map(|last| last.id.to_text());
    let items = members.iter().map(MemberResponse::from).collect();
    Ok(HttpResponse::Ok().json(MemberPage { items, next }))
}

pub(crate) fn describe_create() -> Description {
    Description::new("create_staff", tag::STAFF, "Creates a member of staff, with a second factor.")
        .request::<NewMemberRequest>(
            "application/json",
            json!({
                "email": "s.benali@dsp-oran.dz", "password": "correct horse battery", "name": "Samira Benali",
                "directorate": "DSP d’Oran", "role": "reviewer", "wilayas": ["31"],
            }),
        )
        .response::<SecondFactorResponse>(
            StatusCode::CREATED,
            "The member of staff",
            example_with_second_factor(),
        )
        .repeatable()
        .errors(&[ProblemCode::Taken])
}

/// **Permissions**: admins.
pub(crate) async fn create(
    app: web::Data<App>,
    Staff(caller): Staff,
    post: StaffPost<NewMemberRequest>,
) -> Result<HttpResponse, ApiError> {
    let NewMemberRequest { email, password, name, directorate, role, wilayas, applicant_roles } = post.body;
    let details = MemberRequest { name, directorate, role, wilayas, applicant_roles };
    let mut reader = FieldReader::new();
    let email = reader.required("email", email, EmailAddress::parse);
    let password = reader.required("password", password, StaffPassword::parse);
    let details = details.read(&mut reader);
    let new = email.zip(password).zip(details);
    let ((email, password), details) = reader.finish(new).map_err(ApiError::InvalidFields)?;
    let new = NewStaff { email, details, password };
    let staff = caller.id;
    let create = move |use_cases: &UseCases, _: &dyn Fn() -> bool| {
        let answer = |created: &CreatedStaff| second_factor_text(&created.member, &created.second_factor);
        manage(&caller, post.request, &answer, |request| use_cases.create_staff.run(request, &new))
    };
    let text = app.credentials(AccountKey::Staff(staff), create).await?;
    Ok(HttpResponse::Created().insert_header(ContentType::json()).body(text))
}

pub(crate) fn describe_read() -> Description {
    describe_member("get_staff", "Returns a member of staff.").response::<MemberResponse>(
        StatusCode::OK,
        "The member of staff",
        example(),
    )
}

/// **Permissions**: admins.
pub(crate) async fn read(
    app: web::Data<App>,
    Staff(caller): Staff,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let member = member_id(&id)?;
    let member = app.staff(caller.id, move |use_cases| use_cases.read_staff.run(&member)).await?;
    Ok(HttpResponse::Ok().json(MemberResponse::from(&member)))
}

pub(crate) fn describe_change() -> Description {
    describe_member(
        "update_staff",
        "Changes name, role or scope of a member of staff by a JSON merge patch (RFC 7396).",
    )
    .request::<MemberRequest>("application/merge-patch+json", json!({ "wilayas": ["31", "29"] }))
    .response::<MemberResponse>(StatusCode::OK, "The member of staff", example())
    .errors(&[ProblemCode::LastAdmin])
}

/// **Permissions**: admins.
pub(crate) async fn change(
    app: web::Data<App>,
    Staff(caller): Staff,
    id: web::Path<String>,
    Json(patch): Json<Value>,
) -> Result<HttpResponse, ApiError> {
    let (member, staff) = (member_id(&id)?, caller.id);
    let change = move |use_cases: &UseCases| {
        let stored = use_cases.read_staff.run(&member)?;
        let mut wanted = json!(MemberResponse::from(&stored));
        json_patch::merge(&mut wanted, &patch);
        let request = MemberRequest::deserialize(wanted).map_err(|_| ApiError::UNREADABLE)?;
        let mut reader = FieldReader::new();
        let details = request.read(&mut reader);
        let details = reader.finish(details).map_err(ApiError::InvalidFields)?;
        Ok::<_, ApiError>(use_cases.change_staff.run(&caller.caller(), &member, &details)?)
    };
    Ok(HttpResponse::Ok().json(MemberResponse::from(&app.staff(staff, change).await?)))
}

pub(crate) fn describe_disable() -> Description {
    describe_member("disable_staff", "Disables a member of staff, and revokes the member's sessions.")
        .response::<MemberResponse>(StatusCode::OK, "The member of staff", example())
        .repeatable()
        .errors(&[ProblemCode::LastAdmin])
}

/// **Permissions**: admins.
pub(crate) async fn disable(
    app: web::Data<App>,
    Staff(caller): Staff,
    id: web::Path<String>,
    post: StaffPost<EmptyRequest>,
) -> Result<HttpResponse, ApiError> {
    let (member, staff) = (member_id(&id)?, caller.id);
    let disable = move |use_cases: &UseCases| {
        manage(&caller, post.request, &member_text, |request| use_cases.disable_staff.run(request, &member))
    };
    Ok(change::json(app.staff(staff, disable).await?))
}

pub(crate) fn describe_enable() -> Description {
    describe_member("enable_staff", "Enables a disabled member of staff.")
        .response::<MemberResponse>(StatusCode::OK, "The member of staff", example())
        .repeatable()
}

/// **Permissions**: admins.
pub(crate) async fn enable(
    app: web::Data<App>,
    Staff(caller): Staff,
    id: web::Path<String>,
    post: StaffPost<EmptyRequest>,
) -> Result<HttpResponse, ApiError> {
    let (member, staff) = (member_id(&id)?, caller.id);
    let enable = move |use_cases: &UseCases| {
        manage(&caller, post.request, &member_text, |request| use_cases.enable_staff.run(request, &member))
    };
    Ok(change::json(app.staff(staff, enable).await?))
}
