use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};

use crate::app::App;
use crate::extract::Bearer;
use crate::openapi::{Description, tag};
use crate::problem::ApiError;
use crate::routes::session::token::EmptyResponse;

pub(crate) fn describe() -> Description {
    Description::new("send_verification", tag::EMAIL, "Sends the mail that confirms the address again.")
        .details(
            "The new link replaces the earlier one. At most one mail a minute, and 5 an hour to an address: a request beyond \
             that gets the same response, and the earlier link stays valid. Nothing is sent if the address is confirmed. The \
             request needs no body.",
        )
        .response::<EmptyResponse>(StatusCode::ACCEPTED, "The request is accepted", EmptyResponse {})
}

pub(crate) async fn send(app: web::Data<App>, Bearer(caller): Bearer) -> Result<HttpResponse, ApiError> {
    app.database(caller.profile_id, move |use_cases| use_cases.send_verification.run(&caller)).await?;
    Ok(HttpResponse::Accepted().json(EmptyResponse {}))
}
