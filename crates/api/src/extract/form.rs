use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use futures_util::future::LocalBoxFuture;

use super::json::{body, check_uncompressed, media_type};
use crate::page::Parameters;
use crate::problem::{ApiError, BodyType};

/// A body that is the form of a page. Unknown fields are ignored.
pub(crate) struct Form(pub(crate) Parameters);

impl FromRequest for Form {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let body = body(req, payload, check_type(req));
        Box::pin(async move { Ok(Self(Parameters::parse(&body.await?))) })
    }
}

fn check_type(req: &HttpRequest) -> Result<(), ApiError> {
    if media_type(req) != "application/x-www-form-urlencoded" {
        return Err(ApiError::UnsupportedMediaType(BodyType::Form));
    }
    check_uncompressed(req)
}
