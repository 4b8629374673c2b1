use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::AUTHORIZATION;
use actix_web::{FromRequest, HttpRequest, web};
use sihha_domain::session::Caller;

use crate::app::App;
use crate::middleware::note_account;
use crate::problem::ApiError;

/// Whoever the request's access token says (RFC 6750 §2.1).
pub(crate) struct Bearer(pub(crate) Caller);

impl FromRequest for Bearer {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(authenticate(req))
    }
}

fn authenticate(req: &HttpRequest) -> Result<Bearer, ApiError> {
    let app = req
        .app_data::<web::Data<App>>()
        .ok_or_else(|| ApiError::Internal("no application data".to_owned()))?;
    let header = req.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let (scheme, token) =
        header.and_then(|value| value.split_once(' ')).ok_or(ApiError::TokenNotValid(None))?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(ApiError::TokenNotValid(None));
    }
    let caller = app.use_cases.authenticate.run(token.trim())?;
    note_account(caller.profile_id);
    Ok(Bearer(caller))
}
