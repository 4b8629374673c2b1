use std::future::{Ready, ready};
use std::net::IpAddr;

use actix_web::dev::Payload;
use actix_web::http::header::USER_AGENT;
use actix_web::{FromRequest, HttpRequest};
use sihha_domain::session::{ClientInfo, UserAgent};

use crate::app::App;
use crate::middleware::note_client;
use crate::problem::ApiError;
use crate::proxies::peer_address;

/// The HTTP client: its address and its `User-Agent`.
pub(crate) struct Client(pub(crate) ClientInfo);

impl FromRequest for Client {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(App::of(req).map(|app| {
            let address = address(app, req);
            note_client(address);
            // Programs send other bytes than ASCII, although they should not (RFC 9110 §5.5).
            let user_agent = req.headers().get(USER_AGENT);
            let user_agent = user_agent.map(|value| String::from_utf8_lossy(value.as_bytes()));
            Self(ClientInfo {
                address: address.map(Into::into),
                user_agent: user_agent.and_then(|text| UserAgent::from_header(&text)),
            })
        }))
    }
}

/// Returns the client's address, as the trusted proxies give it.
pub(super) fn address(app: &App, req: &HttpRequest) -> Option<IpAddr> {
    app.http.trusted_proxies.client(peer_address(req.peer_addr()), req.headers())
}
