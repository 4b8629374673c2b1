use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde_json::{Value, json};

use super::change_form::AccountChangeForm;
use super::register_request::RegisterPatientRequest;
use super::response::AccountResponse;
use crate::app::App;
use crate::extract::{Bearer, Json};
use crate::openapi::{Description, examples, tag};
use crate::problem::ApiError;

pub(crate) fn describe_read() -> Description {
    Description::new("get_own_account", tag::ACCOUNT, "Returns the caller's account.")
        .response::<AccountResponse>(StatusCode::OK, "The account", example())
}

pub(crate) async fn read(app: web::Data<App>, Bearer(caller): Bearer) -> Result<HttpResponse, ApiError> {
    let account = app.account(caller).await?;
    Ok(HttpResponse::Ok().json(AccountResponse::from(&account)))
}

pub(crate) fn describe_change() -> Description {
    Description::new("update_own_account", tag::ACCOUNT, "Changes the caller's account by a JSON merge patch (RFC 7396).")
        .details(
            "The rules of registration apply. Members have the names that registration and `GET /api/me` give them. A member \
             that is left out stays as it is, and `null` clears an optional one. Members that cannot be changed here \
             (`email`, `carte_id`, `password`, `is_approved`, …) may be sent with their current values. \
             `Content-Type: application/json` is accepted as well.",
        )
        .request::<AccountChangeForm>(
            "application/merge-patch+json",
            json!({ "address": "456 Elm Street", "image": null }),
        )
        .response::<AccountResponse>(StatusCode::OK, "The account after the change", example())
}

pub(crate) async fn change(
    app: web::Data<App>,
    Bearer(caller): Bearer,
    Json(body): Json<Value>,
) -> Result<HttpResponse, ApiError> {
    let today = app.today();
    let form = AccountChangeForm::of(caller.role, &body)?;
    let account = app
        .database(caller.profile_id, move |use_cases| {
            use_cases.change_account.run(&caller, |account| form.clone().read(&body, account, today))
        })
        .await?;
    Ok(HttpResponse::Ok().json(AccountResponse::from(&account)))
}

/// Returns the account of the contract's patient.
fn example() -> Option<AccountResponse> {
    let request = examples::request("/api/user/register");
    let registered = examples::registered(&request, RegisterPatientRequest::read)?;
    Some(AccountResponse::from(&registered.account))
}
