//! Which responses caches may store.

use sihha_domain::clock::Clock;
use sihha_infra::jwt::{KeyAlgorithm, KeyStore};
use sihha_infra::system::SystemRandomness;
use sihha_tests::{Response, TestApp, samples};
use ureq::http::Method;

const CACHEABLE: [&str; 12] = [
    "/.well-known/jwks.json",
    "/api/specialites",
    "/api/reference/wilayas",
    "/api/reference/communes",
    "/api/reference/communes?wilaya=16",
    "/api/reference/facility-types",
    "/api/reference/rejection-reasons",
    "/api/reference/specialites",
    "/openapi.json",
    "/docs/",
    "/docs/index.css",
    "/docs/swagger-ui-bundle.js",
];

fn get_unless(app: &TestApp, path: &str, tags: &str) -> Response {
    app.send(app.request(Method::GET, path).header("If-None-Match", tags).body(()).unwrap())
}

#[test]
fn no_cache_stores_any_other_response() {
    let app = TestApp::start();
    let registered = app.post("/api/user/register", &samples::patient("amina@example.com"));
    for answer in [
        app.get("/health/live"),
        app.get("/health/ready"),
        app.get("/api/nowhere"),
        app.get("/api/reference/communes?wilaya=99"),
        app.get("/nowhere"),
        app.get("/docs"),
        app.get("/docs/nothing.js"),
        app.get("/api/login"),
        app.post_text("/.well-known/jwks.json", ""),
        app.get("/api/me"),
        app.get_as(registered.text_at("access"), "/api/me"),
        registered,
    ] {
        assert_eq!(answer.header("Cache-Control"), "no-store", "{}: {}", answer.status, answer.text);
    }
}

#[test]
fn a_client_that_has_the_newest_copy_gets_304() {
    let app = TestApp::start();
    for path in CACHEABLE {
        let answer = app.get(path);
        let tag = answer.header("ETag");
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.header("Cache-Control"), "public, max-age=300", "{path}");
        for known in [tag, &format!(r#""old", W/{tag}"#), "*"] {
            let again = get_unless(&app, path, known);
            assert_eq!((again.status, again.text.as_str()), (304, ""), "{path} {known}");
            assert_eq!(again.header("ETag"), tag, "{path}");
            assert_eq!(again.header("Cache-Control"), "public, max-age=300", "{path}");
        }
        for other in [r#""old""#, "nonsense", ""] {
            assert_eq!(get_unless(&app, path, other).text, answer.text, "{path} {other}");
        }
        let head = app.send(app.request(Method::HEAD, path).body(()).unwrap());
        assert_eq!((head.status, head.header("ETag")), (200, tag), "{path}");
    }
}

#[test]
fn a_new_key_changes_the_tag() {
    let app = TestApp::start_with_keys(KeyAlgorithm::Es256, |_| {});
    let before = app.get("/.well-known/jwks.json");
    let keys = KeyStore::new(app.signing_keys().to_owned());
    keys.generate(KeyAlgorithm::Es256, None, app.clock.now(), &SystemRandomness).unwrap();
    app.keys.reload().unwrap();
    let after = get_unless(&app, "/.well-known/jwks.json", before.header("ETag"));
    assert_eq!(after.status, 200);
    assert_ne!(after.text, before.text);
}
