use std::sync::LazyLock;

use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sihha_domain::account::{FacilityType, Specialite};
use sihha_domain::approval::RejectionReason;
use sihha_domain::place::{Commune, CommuneEntry, Wilaya};
use sihha_domain::reference::{Entry, Labels};
use utoipa::ToSchema;

use crate::cacheable::{cacheable, cacheable_json};
use crate::extract::{Field, FieldReader};
use crate::openapi::choices::WilayaChoice;
use crate::openapi::{Description, tag};
use crate::problem::{ApiError, ProblemCode};

/// Names in three languages.
#[derive(Serialize, ToSchema)]
struct LabelsResponse {
    ar: &'static str,
    fr: &'static str,
    /// A place without an English name has its French one.
    en: &'static str,
}

/// An entry of a list to choose from.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReferenceResponse {
    /// The value that requests and accounts have.
    code: &'static str,
    labels: LabelsResponse,
}

/// A commune.
#[derive(Serialize, ToSchema)]
pub(crate) struct CommuneResponse {
    /// The value that requests and accounts have. Its first two digits may differ from the wilaya.
    code: &'static str,
    /// The code of the commune's wilaya.
    #[schema(value_type = WilayaChoice)]
    wilaya: &'static str,
    labels: LabelsResponse,
}

impl From<&Entry> for ReferenceResponse {
    fn from(entry: &Entry) -> Self {
        let Labels { ar, fr, en } = entry.labels;
        Self { code: entry.code, labels: LabelsResponse { ar, fr, en } }
    }
}

impl From<&CommuneEntry> for CommuneResponse {
    fn from(commune: &CommuneEntry) -> Self {
        let ReferenceResponse { code, labels } = (&commune.entry).into();
        Self { code, wilaya: commune.wilaya, labels }
    }
}

// The lists never change while the service runs, and that of all communes is long.
static WILAYAS: LazyLock<String> = LazyLock::new(|| entries(Wilaya::entries()));
static FACILITY_TYPES: LazyLock<String> = LazyLock::new(|| entries(FacilityType::entries()));
static REJECTION_REASONS: LazyLock<String> = LazyLock::new(|| entries(RejectionReason::entries()));
static SPECIALITES: LazyLock<String> = LazyLock::new(|| entries(Specialite::entries()));
static COMMUNES: LazyLock<String> = LazyLock::new(|| json!(communes_in(None)).to_string());

fn entries(list: &[Entry]) -> String {
    json!(list.iter().map(ReferenceResponse::from).collect::<Vec<_>>()).to_string()
}

/// Returns the communes of a wilaya, or of all.
fn communes_in(wilaya: Option<&Wilaya>) -> Vec<CommuneResponse> {
    let is_listed = |commune: &&CommuneEntry| wilaya.is_none_or(|wilaya| wilaya.as_str() == commune.wilaya);
    Commune::entries().iter().filter(is_listed).map(CommuneResponse::from).collect()
}

pub(crate) fn describe_wilayas() -> Description {
    describe("list_wilayas", "Lists the wilayas by their codes.", "The wilayas", Wilaya::entries().get(15))
}

pub(crate) fn describe_facility_types() -> Description {
    let (id, summary) = ("list_facility_types", "Lists the kinds of health facilities.");
    describe(id, summary, "The kinds of facilities", FacilityType::entries().first())
}

pub(crate) fn describe_rejection_reasons() -> Description {
    let (id, summary) = ("list_rejection_reasons", "Lists the reasons why staff reject applications.");
    describe(id, summary, "The reasons", RejectionReason::entries().first())
}

pub(crate) fn describe_specialites() -> Description {
    let (id, summary) = ("list_named_specialites", "Lists the medical specialities with their names.");
    describe(id, summary, "The specialities", Specialite::entries().first())
}

fn describe(id: &str, summary: &str, response: &str, example: Option<&Entry>) -> Description {
    let example: Vec<_> = example.into_iter().map(ReferenceResponse::from).collect();
    Description::new(id, tag::REFERENCE_DATA, summary).list::<ReferenceResponse>(response, example)
}

pub(crate) fn describe_communes() -> Description {
    let example: Vec<Value> = communes_in(None).iter().take(1).map(|commune| json!(commune)).collect();
    Description::new(
        "list_communes",
        tag::REFERENCE_DATA,
        "Lists the communes of a wilaya, or of all wilayas.",
    )
    .query::<WilayaChoice>("wilaya", "Code of the wilaya.")
    .list::<CommuneResponse>("The communes", example)
    .errors(&[ProblemCode::InvalidFields])
}

/// **Permissions**: anyone.
pub(crate) async fn wilayas(request: HttpRequest) -> HttpResponse {
    respond(&request, &WILAYAS)
}

/// **Permissions**: anyone.
pub(crate) async fn facility_types(request: HttpRequest) -> HttpResponse {
    respond(&request, &FACILITY_TYPES)
}

/// **Permissions**: anyone.
pub(crate) async fn rejection_reasons(request: HttpRequest) -> HttpResponse {
    respond(&request, &REJECTION_REASONS)
}

/// **Permissions**: anyone.
pub(crate) async fn specialites(request: HttpRequest) -> HttpResponse {
    respond(&request, &SPECIALITES)
}

/// **Permissions**: anyone.
pub(crate) async fn communes(request: HttpRequest) -> Result<HttpResponse, ApiError> {
    let wilaya = CommunesQuery::wilaya(request.query_string())?;
    Ok(wilaya.map_or_else(
        || respond(&request, &COMMUNES),
        |wilaya| cacheable_json(&request, &communes_in(Some(&wilaya))),
    ))
}

fn respond(request: &HttpRequest, list: &'static str) -> HttpResponse {
    cacheable(request, "application/json", list)
}

/// Query of the communes.
#[derive(Default, Deserialize)]
struct CommunesQuery {
    #[serde(default)]
    wilaya: Field<String>,
}

impl CommunesQuery {
    fn wilaya(query: &str) -> Result<Option<Wilaya>, ApiError> {
        // A repeated parameter is not a string.
        let query = web::Query::<Self>::from_query(query);
        let wilaya = query.map_or(Field::WrongType, |query| query.into_inner().wilaya);
        if let Field::Absent = wilaya {
            return Ok(None);
        }
        let mut reader = FieldReader::new();
        let wilaya = reader.required("wilaya", wilaya, Wilaya::parse);
        reader.finish(wilaya).map(Some).map_err(ApiError::InvalidFields)
    }
}
