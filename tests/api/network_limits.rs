//! Limits of requests per network.

use serde_json::Value;
use sihha_cli::config::{RequestLimit, RequestLimitOptions, ThrottleMode};
use sihha_tests::{Response, TestApp, TestDatabase, TestOptions};
use ureq::http::Method;

use crate::pages::support::assert_page;
use crate::support::{assert_problem, operations};

/// The requests of each limit.
const REGISTER: [&str; 4] =
    ["/api/user/register", "/api/doctor/register", "/api/hospital/register", "/api/labo/register"];
const LOGIN: [&str; 10] = [
    "/api/login",
    "/api/user/login",
    "/api/doctor/login",
    "/api/hospital/login",
    "/api/labo/login",
    "/api/token",
    "/api/application/status",
    "/api/me/password",
    "/auth/users/set_password",
    "/api/staff/login",
];
const MAIL: [&str; 10] = [
    "/api/password/forgot",
    "/api/password/reset",
    "/api/email/verify",
    "/api/email/revert",
    "/api/me/email",
    "/api/me/email/verification",
    "/auth/users/reset_password",
    "/auth/users/reset_password_confirm",
    "/auth/users/activation",
    "/auth/users/resend_activation",
];
const REFRESH: [&str; 1] = ["/api/token/refresh"];
const KINDS: [&[&str]; 4] = [&REGISTER, &LOGIN, &MAIL, &REFRESH];

/// Returns a server that admits one request of each kind in a minute, and two after a pause. Its
/// reverse proxies have these addresses; the tests send from 127.0.0.1.
fn strict(proxies: &[&str]) -> TestApp {
    TestApp::start_with(TestDatabase::new(), |options| make_strict(options, proxies))
}

fn make_strict(options: &mut TestOptions, proxies: &[&str]) {
    let one: RequestLimit = "1".parse().unwrap();
    options.request_limits =
        RequestLimitOptions { register_limit: one, login_limit: one, mail_limit: one, refresh_limit: one };
    options.http.trusted_proxies = proxies.iter().map(|proxy| proxy.parse().unwrap()).collect();
}

/// Sends a request with this body and this header.
fn send(app: &TestApp, path: &str, body: &str, (name, value): (&str, &str)) -> Response {
    let request = app.request(Method::POST, path).header("Content-Type", "application/json");
    app.send(request.header(name, value).body(body).unwrap())
}

fn post(app: &TestApp, path: &str) -> Response {
    app.post(path, &Value::Null)
}

/// Sends requests with this header until one is refused. Returns the refusal.
fn flood(app: &TestApp, path: &str, header: (&str, &str)) -> Response {
    let mut answers = (0..10).map(|_| send(app, path, "{}", header));
    answers.find(|answer| answer.status == 429).expect("the limit is 2 requests")
}

const NO_HEADER: (&str, &str) = ("X-Unused", "");

#[test]
fn the_requests_of_a_kind_share_a_limit_and_the_other_kinds_go_on() {
    for (at, kind) in KINDS.into_iter().enumerate() {
        let app = strict(&[]);
        for path in kind {
            flood(&app, kind[0], NO_HEADER);
            assert_problem(&post(&app, path), 429, "too_many_requests", path);
        }
        for (_, paths) in KINDS.into_iter().enumerate().filter(|(other, _)| *other != at) {
            assert_ne!(post(&app, paths[0]).status, 429, "{} after {}", paths[0], kind[0]);
        }
    }
}

#[test]
fn the_document_names_the_limited_operations() {
    let document: Value = serde_json::from_str(&sihha_api::openapi_json()).unwrap();
    let mut documented: Vec<_> = operations(&document)
        .into_iter()
        .filter(|(.., operation)| operation["responses"]["429"].to_string().contains("TooManyRequests"))
        .map(|(method, path, _)| (method, path))
        .collect();
    let mut limited: Vec<_> =
        KINDS.iter().flat_map(|kind| kind.iter().map(|path| ("POST".to_owned(), *path))).collect();
    documented.sort_unstable();
    limited.sort_unstable();
    assert_eq!(documented, limited);
}

#[test]
fn a_refusal_says_when_to_come_back_before_anything_is_read() {
    let app = strict(&[]);
    let refused = flood(&app, "/api/login", NO_HEADER);
    let wait: u32 = refused.header("Retry-After").parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    for body in ["", "{", &"[".repeat(100_000)] {
        let refused = send(&app, "/api/login", body, ("Accept-Language", "fr"));
        assert_problem(&refused, 429, "too_many_requests", body.get(..1).unwrap_or_default());
        assert_eq!(refused.text_at("title"), "Trop de requêtes");
    }
}

#[test]
fn the_built_in_pages_are_limited_as_the_requests_of_links() {
    let app = strict(&[]);
    flood(&app, "/api/email/verify", NO_HEADER);
    for page in ["/verify-email", "/reset-password", "/revert-email"] {
        let get = app.request(Method::GET, page).header("Accept-Language", "en").body(()).unwrap();
        assert_page(&app.send(get), 429, "Too many requests");
        let post = app.request(Method::POST, page).header("Accept-Language", "en");
        assert_page(&app.send(post.body("email=a%40example.com").unwrap()), 429, "Too many requests");
    }
}

#[test]
fn a_client_without_a_trusted_proxy_cannot_choose_its_network() {
    let app = strict(&["10.0.0.0/8"]);
    flood(&app, "/api/login", NO_HEADER);
    for header in
        [("X-Forwarded-For", "41.100.1.2"), ("Forwarded", "for=41.100.1.2"), ("X-Real-IP", "41.1.1.1")]
    {
        assert_problem(&send(&app, "/api/login", "{}", header), 429, "too_many_requests", header.0);
    }
}

#[test]
fn behind_a_trusted_proxy_each_client_has_a_limit_of_its_own() {
    let app = strict(&["127.0.0.1/32"]);
    flood(&app, "/api/login", ("X-Forwarded-For", "41.100.1.2"));
    flood(&app, "/api/login", ("Forwarded", r#"for="[2001:db8:0:aa00::1]""#));
    for (header, is_refused) in [
        (("X-Forwarded-For", "41.100.1.2"), true),
        (("X-Forwarded-For", "6.6.6.6, 41.100.1.2"), true),
        (("X-Forwarded-For", "::ffff:41.100.1.2"), true),
        (("Forwarded", r#"for="41.100.1.2:4711""#), true),
        (("X-Forwarded-For", "2001:db8:0:aaff::ffff"), true),
        (("X-Forwarded-For", "41.100.1.3"), false),
        (("X-Forwarded-For", "41.100.1.2, 41.100.1.4"), false),
        (("X-Forwarded-For", "2001:db8:0:ab00::1"), false),
    ] {
        let answer = send(&app, "/api/login", "{}", header);
        assert_eq!(answer.status == 429, is_refused, "{header:?}: {}", answer.text);
    }
    for _ in 0..10 {
        assert_eq!(send(&app, "/api/login", "{}", ("Forwarded", "for=unknown")).status, 400);
    }
}

#[test]
fn an_address_of_a_dual_stack_listener_is_that_of_ipv4() {
    let app = TestApp::start_with(TestDatabase::new(), |options| {
        make_strict(options, &["127.0.0.1/32"]);
        options.listen = "[::ffff:127.0.0.1]:0".parse().unwrap();
    });
    flood(&app, "/api/login", ("X-Forwarded-For", "41.100.1.2"));
    assert_eq!(send(&app, "/api/login", "{}", ("X-Forwarded-For", "41.100.1.3")).status, 400);
    // The proxy itself is a client of its own.
    assert_eq!(send(&app, "/api/login", "{}", NO_HEADER).status, 400);
}

#[test]
fn without_the_throttle_nothing_is_limited() {
    let app = TestApp::start_with(TestDatabase::new(), |options| {
        make_strict(options, &[]);
        options.throttle.throttle = ThrottleMode::Off;
    });
    for path in KINDS.map(|kind| kind[0]) {
        assert!((0..5).all(|_| post(&app, path).status != 429), "{path}");
    }
}
