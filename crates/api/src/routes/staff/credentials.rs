//! New passwords and second factors of members of staff.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Deserialize;
use serde_json::json;
use sihha_domain::staff::{SecondFactor, StaffMember, StaffPassword};
use sihha_domain::use_cases::UseCases;
use utoipa::ToSchema;

use super::change::{self, EmptyRequest};
use super::members::{
    MemberResponse, SecondFactorResponse, describe_member, example, example_with_second_factor, manage,
    member_id, member_text, second_factor_text,
};
use crate::app::App;
use crate::bulkhead::AccountKey;
use crate::extract::{Field, FieldReader, Staff, StaffPost};
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
    .repeatable()
}

/// **Permissions**: admins.
pub(crate) async fn reset_password(
    app: web::Data<App>,
    Staff(caller): Staff,
    id: web::Path<String>,
    post: StaffPost<MemberPasswordRequest>,
) -> Result<HttpResponse, ApiError> {
    let member = member_id(&id)?;
    let mut reader = FieldReader::new();
    let password = reader.required("password", post.body.password, StaffPassword::parse);
    let password = reader.finish(password).map_err(ApiError::InvalidFields)?;
    let staff = caller.id;
    let reset = move |use_cases: &UseCases, _: &dyn Fn() -> bool| {
        manage(&caller, post.request, &member_text, |request| {
            use_cases.reset_staff_password.run(request, &member, &password)
        })
    };
    Ok(change::json(app.credentials(AccountKey::Staff(staff), reset).await?))
}

pub(crate) fn describe_reset_second_factor() -> Description {
    describe_member(
        "reset_second_factor",
        "Replaces the second factor of a member of staff, and revokes the sessions.",
    )
    .response::<SecondFactorResponse>(StatusCode::OK, "The member of staff", example_with_second_factor())
    .repeatable()
}

/// **Permissions**: admins.
pub(crate) async fn reset_second_factor(
    app: web::Data<App>,
    Staff(caller): Staff,
    id: web::Path<String>,
    post: StaffPost<EmptyRequest>,
) -> Result<HttpResponse, ApiError> {
    let (member, staff) = (member_id(&id)?, caller.id);
    let reset = move |use_cases: &UseCases| {
        let answer = |(member, factor): &(StaffMember, SecondFactor)| second_factor_text(member, factor);
        manage(&caller, post.request, &answer, |request| use_cases.reset_second_factor.run(request, &member))
    };
    Ok(change::json(app.staff(staff, reset).await?))
}
