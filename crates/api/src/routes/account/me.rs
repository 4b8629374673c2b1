use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde_json::{Value, json};
use sihha_domain::account::{Account, ChangeOutcome};
use sihha_domain::language::Language;
use sihha_domain::store::StoreError;
use sihha_domain::use_cases::UseCases;

use super::account_request::{AccountRequest, PatientRequest};
use super::own;
use super::patch;
use super::patch_schema::AccountPatchRequest;
use super::register;
use super::response::AccountResponse;
use crate::app::App;
use crate::conditional::{Conditions, TaggedDocument};
use crate::extract::{Bearer, Json, ResponseLanguage};
use crate::openapi::{Description, examples, tag};
use crate::problem::{ApiError, ProblemCode, account_error};

pub(crate) fn describe_read() -> Description {
    Description::new("get_own_account", tag::ACCOUNT, "Returns the caller's account.")
        .response::<AccountResponse>(StatusCode::OK, "The account", example())
        .conditional_read()
}

pub(crate) async fn read(
    app: web::Data<App>,
    Bearer(caller): Bearer,
    ResponseLanguage(language): ResponseLanguage,
    conditions: Conditions,
) -> Result<HttpResponse, ApiError> {
    conditions.read(document(&app.account(caller).await?, language)?)
}

pub(crate) fn document(account: &Account, language: Language) -> Result<TaggedDocument, ApiError> {
    TaggedDocument::of(&own::document(account, language))
}

pub(crate) fn describe_change() -> Description {
    Description::new("update_own_account", tag::ACCOUNT, "Changes the caller's account by a JSON merge patch (RFC 7396).")
        .details(
            "The rules of registration apply. Members have the names that registration and `GET /api/me` give them. A member \
             that is left out stays as it is, and `null` clears an optional one. Members that cannot be changed here \
             (`email`, `carte_id`, `password`, `is_approved`, …) may be sent with their current values, and so may every other \
             member, even if its value breaks a current rule. `Content-Type: application/json` is accepted as well.",
        )
        .request::<AccountPatchRequest>(
            "application/merge-patch+json",
            json!({ "address": "456 Elm Street", "image": null }),
        )
        .response::<AccountResponse>(StatusCode::OK, "The account after the change", example())
        .conditional_change()
        .errors(&[ProblemCode::Taken])
}

/// Maximum number of attempts to change an account that changes meanwhile.
const MAX_ATTEMPTS: u8 = 8;

pub(crate) async fn change(
    app: web::Data<App>,
    Bearer(caller): Bearer,
    ResponseLanguage(language): ResponseLanguage,
    conditions: Conditions,
    Json(body): Json<Value>,
) -> Result<HttpResponse, ApiError> {
    let today = app.today();
    let id = caller.profile_id;
    let mut account = app.account(caller.clone()).await?;
    let change = move |use_cases: &UseCases| {
        for _ in 0..MAX_ATTEMPTS {
            // The use case writes only if the account still equals this one.
            conditions.check_change(|| document(&account, language))?;
            let wanted = patch::apply(&body, &account, today).map_err(ApiError::InvalidFields)?;
            let changed = use_cases.change_account.run(&caller, &account, &wanted);
            match changed.map_err(|error| account_error(error, account.role(), &body))? {
                ChangeOutcome::Changed(account) => return Ok(account),
                ChangeOutcome::Outdated(stored) => account = stored,
            }
        }
        Err(ApiError::from(StoreError::Conflict))
    };
    Ok(document(&app.database(id, change).await?, language)?.response())
}

/// Returns the account of the contract's patient.
fn example() -> Option<AccountResponse> {
    example_of::<PatientRequest>("/api/user/register")
}

/// Returns the account of a registration of the contract.
pub(crate) fn example_of<T: AccountRequest>(path: &str) -> Option<AccountResponse> {
    let registered = register::example::<T>(&examples::request(path))?;
    Some(own::document(&registered.account, Language::English))
}
