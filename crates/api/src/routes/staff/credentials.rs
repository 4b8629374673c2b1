//! New passwords and second factors of members of staff.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Deserialize;
use serde_json::json;
use sihha_domain::staff::StaffPassword;
use sihha_domain::use_cases::UseCases;
use utoipa::ToSchema;

use super::change::EmptyRequest;
use super::members::{
    MemberResponse, SecondFactorResponse, describe_member, example, example_with_second_factor, member_id,
};
use crate::app::App;
use crate::bulkhead::AccountKey;
use crate::extract::{Field, FieldReader, Json, Staff, StaffPost};
use crate::openapi::Description;
use crate::problem::ApiError;

/// A new password.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(crate) struct MemberPasswordRequest {
    #[schema(value_type = String, required = true, min_length = 12, max_length = 128)]
    password: Field<String>,
}

pub(crate) fn describe_reset_password() -> Description {
    describe_member(
        "reset_staff_password",
        "Replaces the password of a member of staff, and revokes the sessions.",
    )
    .request::<MemberPasswordRequest>("application/json", json!({ "password": "correct horse battery" }))
    .response::<MemberResponse>(StatusCode::OK, "The member of staff", example())
}

/// **Permissions**: admins.
pub(crate) async fn reset_password(
    app: web::Data<App>,
    Staff(caller): Staff,
    id: web::Path<String>,
    body: Json<MemberPasswordRequest>,
) -> Result<HttpResponse, ApiError> {
    let member = member_id(&id)?;
    let mut reader = FieldReader::new();
    let password = reader.required("password", body.0.password, StaffPassword::parse);
    let password = reader.finish(password).map_err(ApiError::InvalidFields)?;
    let reset = move |use_cases: &UseCases, _: &dyn Fn() -> bool| {
        use_cases.reset_staff_password.run(&member, &password)
    };
    let member = app.credentials(AccountKey::Staff(caller.id), reset).await?;
    Ok(HttpResponse::Ok().json(MemberResponse::from(&member)))
}

pub(crate) fn describe_reset_second_factor() -> Description {
    describe_member(
        "reset_second_factor",
        "Replaces the second factor of a member of staff, and revokes the sessions.",
    )
    .response::<SecondFactorResponse>(
        StatusCode::OK,
        "The member of staff",
        example_with_second_factor(),
    )
}

/// **Permissions**: admins.
pub(crate) async fn reset_second_factor(
    app: web::Data<App>,
    Staff(caller): Staff,
    id: web::Path<String>,
    _: StaffPost<EmptyRequest>,
) -> Result<HttpResponse, ApiError> {
    let member = member_id(&id)?;
    let reset = move |use_cases: &UseCases| use_cases.reset_second_factor.run(&member);
    let (member, second_factor) = app.staff(caller.id, reset).await?;
    Ok(HttpResponse::Ok().json(SecondFactorResponse::new(&member, &second_factor)))
}
