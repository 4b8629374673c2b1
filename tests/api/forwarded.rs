//! The client's address, with and without reverse proxies, and what else only a proxy may say.

use serde_json::Value;
use sihha_tests::{Response, TestApp, TestDatabase, samples};
use ureq::http::{HeaderValue, Method};

use crate::support::{assert_problem, register};

/// Returns a server whose reverse proxies are at these addresses. The tests send from 127.0.0.1.
fn behind(proxies: &[&str]) -> TestApp {
    TestApp::start_with(TestDatabase::new(), |options| {
        options.http.trusted_proxies = proxies.iter().map(|proxy| proxy.parse().unwrap()).collect();
    })
}

/// Logs in with these headers. Returns the new session.
fn session(app: &TestApp, headers: &[(&str, &[u8])]) -> Value {
    let mut request = app.request(Method::POST, "/api/user/login").header("Content-Type", "application/json");
    for (name, value) in headers {
        request = request.header(*name, HeaderValue::from_bytes(value).unwrap());
    }
    let login = app.send(request.body(samples::login("amina@example.com").to_string()).unwrap());
    assert_eq!(login.status, 200, "{}", login.text);
    let sessions = app.get_as(login.text_at("access"), "/api/me/sessions").json;
    let current = sessions.as_array().unwrap().iter().find(|session| session["current"] == true);
    current.unwrap().clone()
}

fn get_with_id(app: &TestApp, id: &str) -> Response {
    app.send(app.request(Method::GET, "/health/live").header("X-Request-Id", id).body(()).unwrap())
}

#[test]
fn without_a_trusted_proxy_only_the_peer_counts() {
    for app in [TestApp::start(), behind(&["10.0.0.0/8", "127.0.0.2/32"])] {
        register(&app, "user", "amina@example.com");
        let headers: [(&str, &[u8]); 2] =
            [("Forwarded", b"for=41.100.1.2"), ("X-Forwarded-For", b"41.100.1.2")];
        assert_eq!(session(&app, &headers)["address"], "127.0.0.1");
        assert_ne!(get_with_id(&app, "proxy-1").header("X-Request-Id"), "proxy-1");
    }
}

#[test]
fn a_trusted_proxy_names_the_client_and_the_request() {
    let app = behind(&["127.0.0.1/32", "10.0.0.0/8"]);
    register(&app, "user", "amina@example.com");
    let address = |headers: &[(&str, &[u8])]| session(&app, headers)["address"].clone();
    assert_eq!(address(&[]), "127.0.0.1");
    assert_eq!(address(&[("X-Forwarded-For", b"6.6.6.6, ::FFFF:41.100.1.2, 10.0.0.7")]), "41.100.1.2");
    let both: [(&str, &[u8]); 2] =
        [("X-Forwarded-For", b"6.6.6.6"), ("Forwarded", br#"for="[2001:DB8::1]:4711";proto=https"#)];
    assert_eq!(address(&both), "2001:db8::1");
    assert_eq!(address(&[("Forwarded", b"for=unknown")]), Value::Null);
    assert_eq!(get_with_id(&app, "proxy-1").header("X-Request-Id"), "proxy-1");
    let twice = app.request(Method::GET, "/health/live").header("X-Request-Id", "of-the-client");
    let twice = app.send(twice.header("X-Request-Id", "proxy-1").body(()).unwrap());
    assert!(!["of-the-client", "proxy-1"].contains(&twice.header("X-Request-Id")));
}

#[test]
fn an_address_of_a_dual_stack_listener_is_written_as_ipv4() {
    let app = TestApp::start_with(TestDatabase::new(), |options| {
        options.listen = "[::ffff:127.0.0.1]:0".parse().unwrap();
    });
    register(&app, "user", "amina@example.com");
    assert_eq!(session(&app, &[])["address"], "127.0.0.1");
}

#[test]
fn a_user_agent_that_is_not_ascii_is_kept() {
    let app = TestApp::start();
    register(&app, "user", "amina@example.com");
    let agents: [(&[u8], &str); 2] =
        [("صحة 2.1 (é)".as_bytes(), "صحة 2.1 (é)"), (b"Sant\xe9 1", "Sant\u{fffd} 1")];
    for (sent, shown) in agents {
        assert_eq!(session(&app, &[("User-Agent", sent)])["user_agent"], shown);
    }
}

#[test]
fn two_authorization_headers_are_refused() {
    let app = TestApp::start();
    let registered = register(&app, "user", "amina@example.com");
    let token = format!("Bearer {}", registered.text_at("access"));
    for second in [token.as_str(), "Basic YTpi", ""] {
        for language in ["en", "fr", "ar"] {
            let request = app.request(Method::GET, "/api/me").header("Authorization", &token);
            let request = request.header("Authorization", second).header("Accept-Language", language);
            let answer = app.send(request.body(()).unwrap());
            assert_problem(&answer, 400, "bad_request", second);
            assert!(answer.text_at("detail").contains("`Authorization`"), "{}", answer.text);
        }
    }
}
