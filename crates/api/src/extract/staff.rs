use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use futures_util::future::LocalBoxFuture;
use sihha_domain::staff::{StaffMember, StaffRole};

use super::bearer::token_of;
use crate::app::App;
use crate::authorization::Access;
use crate::middleware::note_staff;
use crate::problem::ApiError;

/// The member of staff that the request's access token authenticates, as stored now.
pub(crate) struct Staff(pub(crate) StaffMember);

impl FromRequest for Staff {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let req = req.clone();
        Box::pin(async move { authenticate(&req).await })
    }
}

async fn authenticate(req: &HttpRequest) -> Result<Staff, ApiError> {
    // Deny by default: an operation whose row does not allow staff never gets a member.
    let access = Access::of(req);
    if !matches!(access, Some(Access::Staff | Access::Admin)) {
        return Err(ApiError::Internal("the row of the operation does not allow staff".to_owned()));
    }
    let app = App::of(req)?;
    let token = token_of(req)?;
    let claims = match app.use_cases.authenticate_staff.verify(token) {
        Ok(claims) => claims,
        // The token of an account is valid, but of no use here.
        Err(_) if app.use_cases.authenticate.run(token).is_ok() => return Err(ApiError::Forbidden),
        Err(error) => return Err(error.into()),
    };
    note_staff(claims.staff_id);
    let (staff, token) = (claims.staff_id, token.to_owned());
    let member = app.staff(staff, move |use_cases| use_cases.authenticate_staff.run(&token)).await?;
    if access == Some(Access::Admin) && member.role != StaffRole::Admin {
        return Err(ApiError::Forbidden);
    }
    Ok(Staff(member))
}
