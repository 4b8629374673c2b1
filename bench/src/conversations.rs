//! Conversations: the requests that connections send.

use std::io::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, bail};

use crate::load::Conversation;

/// Returns a `GET` request with a bearer token.
pub(crate) fn get(path: &str, token: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n\r\n").into_bytes()
}

/// Returns a `POST` request with JSON.
pub(crate) fn post(path: &str, body: &str) -> Vec<u8> {
    let mut request = Vec::new();
    write_post(&mut request, path, body);
    request
}

fn write_post(out: &mut Vec<u8>, path: &str, body: &str) {
    let length = body.len();
    // Writing to a Vec cannot fail.
    let _ = write!(
        out,
        "POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    );
}

/// Prepared requests, sent one after the other in a loop.
pub(crate) struct Prepared {
    requests: Vec<Vec<u8>>,
    next: usize,
    expected: &'static [u16],
}

impl Prepared {
    /// Returns the conversation. Each response must have one of the `expected` statuses.
    pub(crate) fn new(requests: Vec<Vec<u8>>, expected: &'static [u16]) -> Self {
        Self { requests, next: 0, expected }
    }
}

impl Conversation for Prepared {
    fn request(&mut self, out: &mut Vec<u8>) {
        if let Some(request) = self.requests.get(self.next) {
            out.extend_from_slice(request);
        }
        self.next = (self.next + 1) % self.requests.len().max(1);
    }

    fn answer(&mut self, status: u16, body: &[u8]) -> anyhow::Result<()> {
        if self.expected.contains(&status) { Ok(()) } else { unexpected(status, body) }
    }
}

/// Registrations of different patients.
pub(crate) struct Register;

impl Conversation for Register {
    fn request(&mut self, out: &mut Vec<u8>) {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let body = format!(
            r#"{{"carte_id":"NEW{number}","email":"new{number}@bench.example.org","first_name":"Amina","last_name":"Benabadji","birth_date":"1990-05-15","numero_tel":"0552987332","address":"12, rue Didouche Mourad, Alger","blood_type":"O+","gender":"Female","emergency_numbers":["0552987333"],"password":"{PASSWORD}","married":true}}"#
        );
        write_post(out, "/api/user/register", &body);
    }

    fn answer(&mut self, status: u16, body: &[u8]) -> anyhow::Result<()> {
        if status == 201 { Ok(()) } else { unexpected(status, body) }
    }
}

/// The password of all accounts.
pub(crate) const PASSWORD: &str = "a password for the bench";

/// Sessions that are refreshed in turn, each with its latest token.
pub(crate) struct Refresh {
    tokens: Vec<String>,
    next: usize,
}

impl Refresh {
    /// Returns the conversation of sessions with these current refresh tokens.
    pub(crate) fn new(tokens: Vec<String>) -> Self {
        Self { tokens, next: 0 }
    }
}

impl Conversation for Refresh {
    fn request(&mut self, out: &mut Vec<u8>) {
        let token = self.tokens.get(self.next).map(String::as_str).unwrap_or_default();
        write_post(out, "/api/token/refresh", &format!(r#"{{"refresh":"{token}"}}"#));
    }

    fn answer(&mut self, status: u16, body: &[u8]) -> anyhow::Result<()> {
        if status != 200 {
            return unexpected(status, body);
        }
        let text = std::str::from_utf8(body).context("a refresh was answered with no text")?;
        let token = member(text, "refresh").context("a refresh was answered without a refresh token")?;
        if let Some(kept) = self.tokens.get_mut(self.next) {
            token.clone_into(kept);
        }
        self.next = (self.next + 1) % self.tokens.len().max(1);
        Ok(())
    }
}

/// Returns a member of a flat JSON object. Its value must have no escapes; tokens have none.
pub(crate) fn member<'a>(json: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = json.split_once(&format!("\"{name}\":"))?;
    let (value, _) = rest.trim_start().strip_prefix('"')?.split_once('"')?;
    Some(value)
}

fn unexpected(status: u16, body: &[u8]) -> anyhow::Result<()> {
    bail!("an answer that must not be: {status} {}", String::from_utf8_lossy(body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refresh_sends_the_token_of_the_answer_before() {
        let mut refresh = Refresh::new(vec!["one".to_owned()]);
        refresh.answer(200, br#"{"access":"a", "refresh": "two"}"#).unwrap();
        let mut sent = Vec::new();
        refresh.request(&mut sent);
        assert!(sent.ends_with(br#"{"refresh":"two"}"#));
    }

    #[test]
    fn an_unexpected_answer_fails_the_measure() {
        let mut me = Prepared::new(vec![get("/api/me", "token")], &[200]);
        assert!(me.answer(200, b"{}").is_ok());
        assert_eq!(me.answer(401, b"why").unwrap_err().to_string(), "an answer that must not be: 401 why");
    }
}
