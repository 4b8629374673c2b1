use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};

use super::HealthResponse;
use crate::app::App;
use crate::connection::{Registry, Stage};
use crate::openapi::{Description, tag};
use crate::problem::{ApiError, ProblemCode};

pub(crate) fn describe() -> Description {
    Description::new("check_readiness", tag::HEALTH, "Checks that the service can do its work.")
        .details(
            "Queries the database on a connection of its own, and responds within a second. While the service stops \
             (`stopping`), it still serves requests, and load balancers should send new ones to other instances.",
        )
        .response::<HealthResponse>(StatusCode::OK, "The service is ready", HealthResponse::OK)
        .errors(&[ProblemCode::DatabaseUnavailable, ProblemCode::Stopping])
}

pub(crate) async fn ready(
    app: web::Data<App>,
    registry: web::Data<Registry>,
) -> Result<HttpResponse, ApiError> {
    if registry.stage() != Stage::Serving {
        return Err(ApiError::Stopping);
    }
    app.check_store().await?;
    Ok(HttpResponse::Ok().json(HealthResponse::OK))
}
