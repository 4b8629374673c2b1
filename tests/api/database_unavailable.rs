//! The database becomes unavailable while the service runs, and recovers.

use std::sync::Arc;
use std::time::{Duration, Instant};

use sihha_tests::{TestApp, TestDatabase, TestPostgres, samples};

use crate::support::{assert_problem, log_in, register};

/// Maximum time until the service notices that the database has recovered.
const RECOVERY_TIMEOUT: Duration = Duration::from_secs(30);

#[test]
fn the_service_reports_an_unavailable_database_and_recovers() {
    let postgres = Arc::new(TestPostgres::start());
    let app = TestApp::start_with(TestDatabase::on(Arc::clone(&postgres)), |_| {});
    let registered = register(&app, "user", "amina@example.com");
    let token = registered.text_at("access");
    let account = app.get_as(token, "/api/me");

    postgres.stop();
    // Twice: the first request finds its connection broken, the next finds no connection.
    for time in ["first", "second"] {
        let answers = [
            ("ready", app.get("/health/ready")),
            ("me", app.get_as(token, "/api/me")),
            ("login", log_in(&app, "user", "amina@example.com")),
            ("login of an unknown account", log_in(&app, "user", "nobody@example.com")),
            ("register", app.post("/api/doctor/register", &samples::doctor("khalido@example.com"))),
        ];
        for (what, answer) in answers {
            assert_problem(&answer, 503, "database_unavailable", &format!("{what}, {time} time"));
        }
        for path in ["/health/live", "/api/specialites", "/openapi.json"] {
            assert_eq!(app.get(path).status, 200, "{path} needs no database");
        }
        assert_eq!(app.get("/api/me").status, 401, "a missing token needs no database");
        let invalid = app.post("/api/user/register", &serde_json::json!({}));
        assert_problem(&invalid, 400, "invalid_fields", "invalid fields need no database");
    }

    postgres.start_again();
    let deadline = Instant::now() + RECOVERY_TIMEOUT;
    loop {
        let answer = app.get("/health/ready");
        if answer.status == 200 {
            break;
        }
        assert_problem(&answer, 503, "database_unavailable", "the database has not recovered");
        assert!(Instant::now() < deadline, "the service did not recover");
    }
    assert_recovered(&app, token, &account.json);
}

/// Waits until each kind of request succeeds, and checks that nothing is lost or incomplete.
fn assert_recovered(app: &TestApp, token: &str, account: &serde_json::Value) {
    let me = app.get_as(token, "/api/me");
    assert_eq!((me.status, &me.json), (200, account));
    assert_eq!(log_in(app, "user", "amina@example.com").status, 200);
    assert_eq!(
        app.database.number("SELECT count(*) AS n FROM profiles"),
        1,
        "refused requests stored nothing"
    );
    register(app, "doctor", "khalido@example.com");
}

#[test]
fn the_service_recovers_soon_after_a_restart_of_the_database() {
    let postgres = Arc::new(TestPostgres::start());
    let app = TestApp::start_with(TestDatabase::on(Arc::clone(&postgres)), |_| {});
    register(&app, "user", "amina@example.com");
    postgres.stop();
    postgres.start_again();
    let deadline = Instant::now() + RECOVERY_TIMEOUT;
    // There was no request meanwhile: every pooled connection is broken, and only its use shows
    // that.
    while log_in(&app, "user", "amina@example.com").status != 200 {
        assert!(Instant::now() < deadline, "the service did not recover");
    }
    for number in 0..8 {
        register(&app, "hospital", &format!("hospital{number}@example.com"));
    }
}
