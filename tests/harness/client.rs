//! An HTTP client that sends requests as front ends do.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use ureq::http::{self, HeaderMap, Method, Request};
use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::{Connector, TcpConnector};
use ureq::{Agent, Body};

use crate::RawConnection;
use crate::raw::EarlyResponses;
use crate::recorder::{RecordKind, record};

/// An HTTP client of one server.
pub struct Client {
    agent: Agent,
    address: SocketAddr,
}

/// A response of any status.
#[derive(Debug)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as text.
    pub text: String,
    /// The body as JSON, or `null` if it is not JSON.
    pub json: Value,
}

impl Response {
    /// Returns the value of a header, or an empty text.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Returns the `code` of a problem document, or an empty text.
    #[must_use]
    pub fn code(&self) -> &str {
        self.json["code"].as_str().unwrap_or_default()
    }

    /// Returns a text member of the body, or an empty text.
    #[must_use]
    pub fn text_at(&self, member: &str) -> &str {
        self.json[member].as_str().unwrap_or_default()
    }

    /// Returns the codes of the errors at `path`.
    #[must_use]
    pub fn field_codes(&self, path: &str) -> Vec<&str> {
        let errors = self.json["errors"][path].as_array().map(Vec::as_slice).unwrap_or_default();
        errors.iter().filter_map(|error| error["code"].as_str()).collect()
    }

    /// Returns every path that has errors.
    #[must_use]
    pub fn field_paths(&self) -> Vec<&str> {
        self.json["errors"]
            .as_object()
            .map(|errors| errors.keys().map(String::as_str).collect())
            .unwrap_or_default()
    }
}

impl Client {
    /// Returns a client of the server at `address`.
    #[must_use]
    pub fn new(address: SocketAddr) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(Duration::from_mins(1)))
            .build();
        let agent = Agent::with_parts(
            config,
            TcpConnector::default().chain(EarlyResponses),
            DefaultResolver::default(),
        );
        Self { agent, address }
    }

    /// Returns the address of the server.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns a request to `path`, to be completed and then sent by [`Self::send`].
    #[must_use]
    pub fn request(&self, method: Method, path: &str) -> ureq::http::request::Builder {
        Request::builder().method(method).uri(format!("http://{}{path}", self.address))
    }

    /// Sends a request.
    ///
    /// # Panics
    ///
    /// If there is no response.
    pub fn send(&self, request: Request<impl ureq::AsSendBody>) -> Response {
        read(self.agent.run(request).expect("a response"))
    }

    /// Sends bytes that no client library would send. Returns everything that the server sends
    /// until it closes the connection. The server may do that before it has read all bytes.
    ///
    /// # Panics
    ///
    /// If there is no response, or the server does not close the connection.
    #[must_use]
    pub fn send_bytes(&self, bytes: &[u8]) -> String {
        let mut connection = RawConnection::open(self.address);
        connection.send(bytes);
        let response = connection.rest();
        assert!(!response.is_empty(), "no response");
        response
    }

    /// `POST`s JSON.
    ///
    /// # Panics
    ///
    /// If there is no response.
    #[must_use]
    pub fn post(&self, path: &str, body: &Value) -> Response {
        self.post_text(path, &body.to_string())
    }

    /// `POST`s JSON to a server that may end meanwhile.
    pub fn try_post(&self, path: &str, body: &Value) -> Result<Response, ureq::Error> {
        let request = self.request(Method::POST, path).header("Content-Type", "application/json");
        self.try_send(request.body(body.to_string())?)
    }

    /// Sends a request to a server that may end meanwhile.
    pub fn try_send(&self, request: Request<impl ureq::AsSendBody>) -> Result<Response, ureq::Error> {
        let mut response = self.agent.run(request)?;
        let text = response.body_mut().read_to_string()?;
        Ok(with_text(&response, text))
    }

    /// `POST`s text as if it were JSON.
    ///
    /// # Panics
    ///
    /// If there is no response.
    #[must_use]
    pub fn post_text(&self, path: &str, body: &str) -> Response {
        let request = self.request(Method::POST, path).header("Content-Type", "application/json");
        self.send(request.body(body).expect("a request"))
    }

    /// `GET`s without a token.
    ///
    /// # Panics
    ///
    /// If there is no response.
    #[must_use]
    pub fn get(&self, path: &str) -> Response {
        self.send(self.request(Method::GET, path).body(()).expect("a request"))
    }

    /// `GET`s with an access token.
    ///
    /// # Panics
    ///
    /// If there is no response.
    #[must_use]
    pub fn get_as(&self, token: &str, path: &str) -> Response {
        let request = self.request(Method::GET, path).header("Authorization", format!("Bearer {token}"));
        self.send(request.body(()).expect("a request"))
    }
}

fn read(mut response: http::Response<Body>) -> Response {
    let body = response.body_mut().read_to_vec().expect("a body");
    let text = String::from_utf8_lossy(&body).into_owned();
    with_text(&response, text)
}

fn with_text(response: &http::Response<Body>, text: String) -> Response {
    let head = format!("HTTP/1.1 {}\r\n{:?}\r\n\r\n", response.status(), response.headers());
    record(RecordKind::Received, [head.as_str(), &text].concat().as_bytes());
    Response {
        status: response.status().as_u16(),
        headers: response.headers().clone(),
        json: serde_json::from_str(&text).unwrap_or_default(),
        text,
    }
}
