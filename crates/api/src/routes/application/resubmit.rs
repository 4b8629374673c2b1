use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};

use crate::app::App;
use crate::extract::{Bearer, ResponseLanguage};
use crate::openapi::{Description, tag};
use crate::problem::{ApiError, ProblemCode};
use crate::routes::account::account_request::DoctorRequest;
use crate::routes::account::me;
use crate::routes::account::response::AccountResponse;

pub(crate) fn describe() -> Description {
    Description::new("resubmit_application", tag::ACCOUNT, "Sends a corrected application to staff again.")
        .details(
            "After a request for corrections, or a rejection. An application that waits already stays as it is. The request \
             needs no body.",
        )
        .response::<AccountResponse>(StatusCode::OK, "The account", me::example_of::<DoctorRequest>("/api/doctor/register"))
        .errors(&[ProblemCode::UnknownApplication, ProblemCode::AlreadyDecided])
}

pub(crate) async fn resubmit(
    app: web::Data<App>,
    Bearer(caller): Bearer,
    ResponseLanguage(language): ResponseLanguage,
) -> Result<HttpResponse, ApiError> {
    let id = caller.profile_id;
    let application = app.database(id, move |use_cases| use_cases.resubmit.run(&caller)).await?;
    Ok(me::document(&application.account, language)?.response())
}
