use actix_web::HttpResponse;
use actix_web::http::StatusCode;

use super::HealthResponse;
use crate::openapi::{Description, tag};

pub(crate) fn describe() -> Description {
    Description::new("check_liveness", tag::HEALTH, "Checks that the process responds.")
        .response::<HealthResponse>(StatusCode::OK, "The process responds", HealthResponse::OK)
}

pub(crate) async fn live() -> HttpResponse {
    HttpResponse::Ok().json(HealthResponse::OK)
}
