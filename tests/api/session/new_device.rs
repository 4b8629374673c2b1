//! The notice of a login from a new device.

use std::time::Duration;

use serde_json::Value;
use sihha_domain::mail::{OutgoingMail, Template};
use sihha_tests::{Response, TestApp, samples};
use ureq::http::Method;

const FIREFOX: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:141.0) Gecko/20100101 Firefox/141.0";
const CHROME: &str = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) \
                      Chrome/138.0.0.0 Mobile Safari/537.36";

fn post(app: &TestApp, path: &str, agent: &str, body: &Value) -> Response {
    let request = app.request(Method::POST, path).header("User-Agent", agent);
    let request = request.header("Content-Type", "application/json");
    app.send(request.body(body.to_string()).expect("a request"))
}

/// Starts a service with Amina's account, which was registered with Firefox.
fn start() -> TestApp {
    let app = TestApp::start();
    let body = samples::registration("user", "amina@example.com");
    assert_eq!(post(&app, "/api/user/register", FIREFOX, &body).status, 201);
    assert_eq!(app.mail().len(), 1);
    app
}

/// Logs in, and returns the mails that were written since the last call.
#[track_caller]
fn log_in(app: &TestApp, path: &str, agent: &str) -> Vec<OutgoingMail> {
    let login = post(app, path, agent, &samples::login("amina@example.com"));
    assert_eq!(login.status, 200, "{}", login.text);
    app.mail()
}

#[test]
fn every_way_in_reports_a_new_device_once() {
    for path in ["/api/login", "/api/user/login", "/api/token"] {
        let app = start();
        assert!(log_in(&app, path, FIREFOX).is_empty(), "{path}: the device of the registration");
        let mails = log_in(&app, path, CHROME);
        let [mail] = mails.as_slice() else { panic!("{path}: {mails:?}") };
        assert_eq!(mail.content.template(), Template::NewDevice, "{path}");
        assert_eq!(mail.content.params()["device"], "Chrome, Android", "{path}");
        assert_eq!(mail.content.params()["address"], "127.0.0.1", "{path}");
        assert!(log_in(&app, path, &CHROME.replace("138", "139")).is_empty(), "{path}: a new version");
    }
}

#[test]
fn most_logins_write_nothing_about_the_device() {
    let app = start();
    let seen = || app.database.number("SELECT extract(epoch FROM max(seen_at))::bigint AS n FROM devices");
    let first = seen();
    app.pass(Duration::from_hours(23));
    log_in(&app, "/api/login", FIREFOX);
    assert_eq!(seen(), first);
    app.pass(Duration::from_hours(1));
    log_in(&app, "/api/login", FIREFOX);
    assert_eq!(seen(), first + 24 * 3600);
    assert_eq!(app.database.number("SELECT count(*) AS n FROM devices"), 1);
}
