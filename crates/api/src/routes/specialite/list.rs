use actix_web::{HttpRequest, HttpResponse};
use sihha_domain::account::Specialite;

use crate::cacheable::cacheable_json;
use crate::openapi::choices::SpecialiteChoice;
use crate::openapi::{Description, tag};

pub(crate) fn describe() -> Description {
    Description::new(
        "list_specialites",
        tag::REFERENCE_DATA,
        "Lists the medical specialities in their canonical form.",
    )
    .list::<SpecialiteChoice>("The specialities", ["ADDICTOLOGIE", "CARDIOLOGIE", "AUTRE"])
}

pub(crate) async fn list(request: HttpRequest) -> HttpResponse {
    cacheable_json(&request, Specialite::ALL)
}
