//! Requests as front ends send them, and what came back.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use ureq::http::{HeaderMap, Method, Request, Response};
use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::{Connector, TcpConnector};
use ureq::{Agent, Body};

use crate::RawConnection;
use crate::raw::EarlyAnswers;

/// Speaks to one server.
pub struct Client {
    agent: Agent,
    address: SocketAddr,
}

/// An answer, whatever its status.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as it came.
    pub text: String,
    /// The body as JSON; `null` if it is none.
    pub json: Value,
}

impl Answer {
    /// A header's value, or nothing.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The `code` of a problem document; empty for another answer.
    #[must_use]
    pub fn code(&self) -> &str {
        self.json["code"].as_str().unwrap_or_default()
    }

    /// A member of the body that is text; empty for another one.
    #[must_use]
    pub fn text_at(&self, member: &str) -> &str {
        self.json[member].as_str().unwrap_or_default()
    }

    /// The codes of what is wrong at `path`.
    #[must_use]
    pub fn field_codes(&self, path: &str) -> Vec<&str> {
        let errors = self.json["errors"][path].as_array().map(Vec::as_slice).unwrap_or_default();
        errors.iter().filter_map(|error| error["code"].as_str()).collect()
    }

    /// Every path at which something is wrong.
    #[must_use]
    pub fn field_paths(&self) -> Vec<&str> {
        self.json["errors"]
            .as_object()
            .map(|errors| errors.keys().map(String::as_str).collect())
            .unwrap_or_default()
    }
}

impl Client {
    /// A client of the server at `address`.
    #[must_use]
    pub fn new(address: SocketAddr) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(Duration::from_mins(1)))
            .build();
        let agent = Agent::with_parts(
            config,
            TcpConnector::default().chain(EarlyAnswers),
            DefaultResolver::default(),
        );
        Self { agent, address }
    }

    /// Where the server listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// A request to `path`, to be completed and then sent by [`Self::send`].
    #[must_use]
    pub fn request(&self, method: Method, path: &str) -> ureq::http::request::Builder {
        Request::builder().method(method).uri(format!("http://{}{path}", self.address))
    }

    /// Sends a request.
    ///
    /// # Panics
    ///
    /// If there is no answer.
    pub fn send(&self, request: Request<impl ureq::AsSendBody>) -> Answer {
        answer(self.agent.run(request).expect("an answer"))
    }

    /// Sends bytes that no client library would send, and returns everything that comes back until the server
    /// closes the connection, which it may do before it has read them all.
    ///
    /// # Panics
    ///
    /// If there is no answer, or the server does not close the connection.
    #[must_use]
    pub fn send_bytes(&self, bytes: &[u8]) -> String {
        let mut connection = RawConnection::open(self.address);
        connection.send(bytes);
        let answer = connection.rest();
        assert!(!answer.is_empty(), "no answer");
        answer
    }

    /// `POST`s JSON.
    ///
    /// # Panics
    ///
    /// If there is no answer.
    #[must_use]
    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.post_text(path, &body.to_string())
    }

    /// `POST`s JSON to a server that may die meanwhile.
    pub fn try_post(&self, path: &str, body: &Value) -> Result<Answer, ureq::Error> {
        let request = self.request(Method::POST, path).header("Content-Type", "application/json");
        let mut response = self.agent.run(request.body(body.to_string())?)?;
        let text = response.body_mut().read_to_string()?;
        Ok(whole_answer(&response, text))
    }

    /// `POST`s text as if it were JSON.
    ///
    /// # Panics
    ///
    /// If there is no answer.
    #[must_use]
    pub fn post_text(&self, path: &str, body: &str) -> Answer {
        let request = self.request(Method::POST, path).header("Content-Type", "application/json");
        self.send(request.body(body).expect("a request"))
    }

    /// `GET`s without a token.
    ///
    /// # Panics
    ///
    /// If there is no answer.
    #[must_use]
    pub fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path).body(()).expect("a request"))
    }

    /// `GET`s with an access token.
    ///
    /// # Panics
    ///
    /// If there is no answer.
    #[must_use]
    pub fn get_as(&self, token: &str, path: &str) -> Answer {
        let request = self.request(Method::GET, path).header("Authorization", format!("Bearer {token}"));
        self.send(request.body(()).expect("a request"))
    }
}

fn answer(mut response: Response<Body>) -> Answer {
    let body = response.body_mut().read_to_vec().expect("a body");
    let text = String::from_utf8_lossy(&body).into_owned();
    whole_answer(&response, text)
}

fn whole_answer(response: &Response<Body>, text: String) -> Answer {
    Answer {
        status: response.status().as_u16(),
        headers: response.headers().clone(),
        json: serde_json::from_str(&text).unwrap_or_default(),
        text,
    }
}
