use std::convert::Infallible;
use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::USER_AGENT;
use actix_web::{FromRequest, HttpRequest};
use sihha_domain::session::{ClientInfo, UserAgent};

use crate::middleware::note_client;

/// The HTTP client: its address and its `User-Agent`.
pub(crate) struct Client(pub(crate) ClientInfo);

impl FromRequest for Client {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let user_agent = req.headers().get(USER_AGENT).and_then(|value| value.to_str().ok());
        let address = req.peer_addr().map(|peer| peer.ip());
        note_client(address);
        ready(Ok(Self(ClientInfo {
            address: address.map(Into::into),
            user_agent: user_agent.and_then(UserAgent::from_header),
        })))
    }
}
