//! Hostile request bodies. Each gets a success or a problem document below 500, and its connection
//! stays open.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use sihha_tests::{RawConnection, TestApp, samples};

use crate::support::{ROLES, register};

/// Returns method, path and a nearly valid body of each request with a body.
fn requests() -> Vec<(&'static str, String, Value)> {
    let email = "generated@example.com";
    let by_role = ROLES.into_iter().flat_map(|role| {
        [
            ("POST", format!("/api/{role}/register"), samples::registration(role, email)),
            ("POST", format!("/api/{role}/login"), samples::login(email)),
        ]
    });
    let others = [
        ("POST", "/api/token/refresh", json!({ "refresh": "token" })),
        ("POST", "/api/token/verify", json!({ "token": "token" })),
        ("PATCH", "/api/me", json!({ "married": true, "emergency_numbers": ["0550 11 22 33"] })),
        ("POST", "/api/me/password", json!({ "current_password": "12345678", "new_password": "87654321" })),
    ];
    by_role.chain(others.map(|(method, path, body)| (method, path.to_owned(), body))).collect()
}

/// Generates JSON values, and text that is almost JSON.
fn value() -> impl Strategy<Value = Vec<u8>> {
    let odd: &[&[u8]] = &[
        b"1e400",
        b"-1e-400",
        b"-0",
        b"NaN",
        b"0x10",
        b"01",
        br#""\ud800""#,
        br#""\udc00\ud800""#,
        br#""\u0000""#,
        br#""\x""#,
        b"\"\xff\xfe\"",
        b"\"\xed\xa0\x80\"",
        b"\"\t\"",
        b"'text'",
        b"undefined",
        b"",
        b"\"",
        b"{\"\":{}}",
        b"[,]",
        b"null",
    ];
    let leaf = prop_oneof![
        prop::sample::select(odd).prop_map(<[u8]>::to_vec),
        any::<i128>().prop_map(|number| number.to_string().into_bytes()),
        (1..3000_usize).prop_map(|digits| "9".repeat(digits).into_bytes()),
        any::<String>().prop_map(|text| json!(text).to_string().into_bytes()),
        (1..20_000_usize).prop_map(|depth| "[".repeat(depth).into_bytes()),
        (1..5000_usize).prop_map(|depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth)).into_bytes()),
        (1..2000_usize).prop_map(|depth| "{\"a\":".repeat(depth).into_bytes()),
    ];
    leaf.prop_recursive(3, 20, 4, |inner| {
        prop::collection::vec(inner, 0..4).prop_map(|items| [&b"["[..], &items.join(&b','), b"]"].concat())
    })
}

/// A change to a nearly valid body.
#[derive(Debug, Clone)]
enum Change {
    /// Another body.
    Whole(Vec<u8>),
    /// Another value of a member.
    Member(prop::sample::Index, Vec<u8>),
    /// An additional member, which may be a duplicate.
    Added(prop::sample::Index, Vec<u8>),
    /// Text before the body.
    Before(&'static [u8]),
    /// Text after the body.
    After(&'static [u8]),
    /// The body, truncated.
    Cut(prop::sample::Index),
    /// The body with one changed byte.
    Byte(prop::sample::Index, u8),
}

fn change() -> impl Strategy<Value = Change> {
    let index = any::<prop::sample::Index>;
    let text: &[&[u8]] = &[b"\xef\xbb\xbf", b"\xff\xfe", b"\0", b"{", b"}", b",", b" \n\t ", b"//\n", b"1"];
    prop_oneof![
        1 => prop::collection::vec(any::<u8>(), 0..200).prop_map(Change::Whole),
        2 => value().prop_map(Change::Whole),
        6 => (index(), value()).prop_map(|(member, value)| Change::Member(member, value)),
        3 => (index(), value()).prop_map(|(member, value)| Change::Added(member, value)),
        1 => prop::sample::select(text).prop_map(Change::Before),
        1 => prop::sample::select(text).prop_map(Change::After),
        1 => index().prop_map(Change::Cut),
        2 => (index(), any::<u8>()).prop_map(|(place, byte)| Change::Byte(place, byte)),
    ]
}

/// Returns the text of `body` with another value of the member `name`, or with a duplicate of it.
fn with_member(body: &Value, name: &str, value: &[u8], is_added: bool) -> Vec<u8> {
    let members = body.as_object().expect("an object").iter();
    let mut members: Vec<_> = members
        .filter(|(known, _)| is_added || *known != name)
        .map(|(name, value)| format!("{}:{value}", json!(name)).into_bytes())
        .collect();
    members.push([json!(name).to_string().as_bytes(), b":", value].concat());
    [&b"{"[..], &members.join(&b','), b"}"].concat()
}

fn changed(body: &Value, change: &Change) -> Vec<u8> {
    let name = |index: &prop::sample::Index| {
        let names: Vec<_> = body.as_object().expect("an object").keys().collect();
        names[index.index(names.len())].clone()
    };
    let mut text = body.to_string().into_bytes();
    match change {
        Change::Whole(text) => text.clone(),
        Change::Member(index, value) => with_member(body, &name(index), value, false),
        Change::Added(index, value) => with_member(body, &name(index), value, true),
        Change::Before(other) => [other, &text[..]].concat(),
        Change::After(other) => [&text[..], other].concat(),
        Change::Cut(index) => text[..index.index(text.len())].to_vec(),
        Change::Byte(index, byte) => {
            let index = index.index(text.len());
            text[index] = *byte;
            text
        }
    }
}

#[test]
fn no_request_body_causes_an_internal_error_or_closes_the_connection() {
    let app = TestApp::start();
    let registered = register(&app, "user", "amina@example.com");
    let token = registered.text_at("access");
    let config = Config { cases: 400, failure_persistence: None, ..Config::default() };
    let cases = (prop::sample::select(requests()), change());
    let outcome = TestRunner::new(config).run(&cases, |((method, path, body), change)| {
        let body = changed(&body, &change);
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: sihha\r\nContent-Type: application/json\r\n\
             Authorization: Bearer {token}\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        let mut connection = RawConnection::open(app.address());
        connection.send([head.as_bytes(), &body].concat());
        let (status, response) = connection.receive_response();
        // A case may have registered the account that another one logs in to.
        let is_pending = response == "You are not approved yet";
        let is_problem = is_pending || response["status"] == status && response["code"].is_string();
        prop_assert!(status < 300 || ((400..500).contains(&status) && is_problem), "{status}: {response}");
        connection.send("GET /health/live HTTP/1.1\r\nHost: sihha\r\n\r\n");
        prop_assert_eq!(connection.receive_response().0, 200, "the next request");
        Ok(())
    });
    outcome.unwrap();
}
