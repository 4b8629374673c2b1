use actix_web::dev::Payload;
use actix_web::{Error, FromRequest, HttpRequest};
use chrono::TimeDelta;
use futures_util::future::{Either, ErrInto, MapOk, Ready, TryFutureExt, err};

use super::client::address;
use crate::app::App;
use crate::middleware::note_client;
use crate::network_limits::PathLimits;
use crate::problem::ApiError;

/// The arguments of a handler, of a request that is within the limit of its client's network.
/// Nothing else of the request is read before.
pub(crate) struct Admitted<Args>(pub(crate) Args);

impl<Args: FromRequest> FromRequest for Admitted<Args> {
    type Error = Error;
    type Future = Either<Ready<Result<Self, Error>>, MapOk<ErrInto<Args::Future, Error>, fn(Args) -> Self>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        match admit(req) {
            Ok(()) => Either::Right(Args::from_request(req, payload).err_into().map_ok(Self)),
            Err(error) => Either::Left(err(error.into())),
        }
    }
}

fn admit(req: &HttpRequest) -> Result<(), ApiError> {
    let Some(kind) = PathLimits::of(req) else { return Ok(()) };
    let app = App::of(req)?;
    let client = address(app, req);
    app.http.network_limits.admit(kind, client).map_err(|wait| {
        note_client(client);
        ApiError::TooManyRequests(TimeDelta::from_std(wait).unwrap_or(TimeDelta::MAX))
    })
}
