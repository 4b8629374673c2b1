use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::AUTHORIZATION;
use actix_web::{FromRequest, HttpRequest};
use sihha_domain::session::Caller;

use crate::app::App;
use crate::authorization::Access;
use crate::middleware::note_account;
use crate::problem::ApiError;

/// The account holder that the request's access token authenticates (RFC 6750 §2.1).
pub(crate) struct Bearer(pub(crate) Caller);

impl FromRequest for Bearer {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(authenticate(req))
    }
}

fn authenticate(req: &HttpRequest) -> Result<Bearer, ApiError> {
    let access = Access::of(req);
    // Deny by default: an operation whose row does not allow account holders never gets one.
    if !access.is_some_and(Access::is_for_account_holders) {
        let cause = "the row of the operation does not allow account holders";
        return Err(ApiError::Internal(cause.to_owned()));
    }
    let caller = App::of(req)?.use_cases.authenticate.run(token_of(req)?)?;
    note_account(caller.profile_id);
    if caller.scope.is_some() && access != Some(Access::Applicant) {
        return Err(ApiError::InsufficientScope);
    }
    Ok(Bearer(caller))
}

/// Returns the token of the header `Authorization`.
pub(super) fn token_of(req: &HttpRequest) -> Result<&str, ApiError> {
    // A proxy may check one of them, and this service another.
    if req.headers().get_all(AUTHORIZATION).count() > 1 {
        return Err(ApiError::BadRequest("two_authorizations"));
    }
    let header = req.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let (scheme, token) =
        header.and_then(|value| value.split_once(' ')).ok_or(ApiError::TokenNotValid(None))?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(ApiError::TokenNotValid(None));
    }
    Ok(token.trim())
}

#[cfg(test)]
mod tests {
    use actix_web::http::Method;
    use actix_web::test::{TestRequest, call_service, init_service};
    use actix_web::{App as ActixApp, HttpResponse, web};

    use super::*;
    use crate::app::tests::app_in_memory;
    use crate::operation::{Endpoint, Operation};

    async fn handler(_: Bearer) -> HttpResponse {
        HttpResponse::Ok().finish()
    }

    #[actix_web::test]
    async fn a_handler_gets_a_caller_only_if_its_row_allows_account_holders() {
        let rows =
            [("/anyone", Access::Anyone), ("/account", Access::Account), ("/applicant", Access::Applicant)];
        let rows = rows.map(|(path, access)| Operation::new(Method::GET, path, access, handler)).into();
        let endpoints: &'static [Endpoint] = Vec::leak(Endpoint::group(rows));
        let app = ActixApp::new()
            .app_data(web::Data::new(app_in_memory()))
            .route("/no-row", web::get().to(handler))
            .configure(|config| endpoints.iter().for_each(|endpoint| endpoint.configure(config)));
        let service = init_service(app).await;
        for (path, status) in [("/account", 401), ("/applicant", 401), ("/anyone", 500), ("/no-row", 500)] {
            let response = call_service(&service, TestRequest::get().uri(path).to_request()).await;
            assert_eq!(response.status(), status, "{path}");
        }
    }
}
