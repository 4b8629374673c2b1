use actix_web::{HttpResponse, web};
use serde_json::json;

use super::link::{self, LinkRequest};
use crate::app::App;
use crate::extract::{Client, Json};
use crate::openapi::{Description, tag};
use crate::problem::{ApiError, ProblemCode};

pub(crate) fn describe() -> Description {
    Description::new("verify_email", tag::EMAIL, "Confirms an address, by the token of a mail.")
        .details(
            "If the mail was about a change of the address, the account has the new one from then on, and the former one gets \
             a mail with a link that takes the change back. `taken` means that another account has the new address by now.",
        )
        .request::<LinkRequest>("application/json", json!({ "token": link::EXAMPLE }))
        .no_content("The address is confirmed")
        .errors(&[ProblemCode::LinkNotValid, ProblemCode::Taken])
}

pub(crate) async fn verify(
    app: web::Data<App>,
    // Notes the client's address, which is logged with a refused token.
    _: Client,
    body: Json<LinkRequest>,
) -> Result<HttpResponse, ApiError> {
    link::verify(&app, body.0.read()?).await?;
    Ok(HttpResponse::NoContent().finish())
}
