use actix_web::{HttpResponse, web};
use serde_json::json;
use sihha_domain::use_cases::UseCases;

use super::link::{self, LinkRequest};
use crate::app::App;
use crate::bulkhead::AccountKey;
use crate::extract::{Client, Json};
use crate::openapi::{Description, tag};
use crate::problem::{ApiError, ProblemCode};

pub(crate) fn describe() -> Description {
    Description::new("revert_email", tag::EMAIL, "Takes back a change of the address, by the token of the mail to the former one.")
        .details(
            "The account has the former address again, and all its sessions are revoked. Somebody else knew the password, so \
             it ends as well, and the address gets a mail with a link that sets a new one.",
        )
        .request::<LinkRequest>("application/json", json!({ "token": link::EXAMPLE }))
        .no_content("The account has the former address")
        .errors(&[ProblemCode::LinkNotValid, ProblemCode::Taken, ProblemCode::TooManyAttempts])
}

pub(crate) async fn revert(
    app: web::Data<App>,
    Client(client): Client,
    body: Json<LinkRequest>,
) -> Result<HttpResponse, ApiError> {
    let token = body.0.read()?;
    let account = token.profile_id();
    let run = move |use_cases: &UseCases, _: &dyn Fn() -> bool| use_cases.revert_email.run(&token, &client);
    let outcome = app.credentials(AccountKey::Id(account), run).await;
    link::note_account_of_link(account, &outcome);
    outcome?;
    Ok(HttpResponse::NoContent().finish())
}
