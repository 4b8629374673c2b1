//! The database goes away while the service runs, and comes back.

use std::sync::Arc;
use std::time::{Duration, Instant};

use sihha_tests::{TestApp, TestDatabase, TestPostgres, samples};

use crate::support::{assert_problem, log_in, register};

/// Longest time for the service to notice that the database is back.
const PATIENCE: Duration = Duration::from_secs(30);

#[test]
fn while_the_database_is_away_the_service_says_so_and_recovers_by_itself() {
    let postgres = Arc::new(TestPostgres::start());
    let app = TestApp::start_with(TestDatabase::on(Arc::clone(&postgres)), |_| {});
    let registered = register(&app, "user", "amina@example.com");
    let token = registered.text_at("access");
    let account = app.get_as(token, "/api/me");

    postgres.stop();
    // Twice: the first to fail finds its connection broken, the next finds none.
    for time in ["first", "second"] {
        let answers = [
            ("ready", app.get("/health/ready")),
            ("me", app.get_as(token, "/api/me")),
            ("login", log_in(&app, "user", "amina@example.com")),
            ("login of nobody", log_in(&app, "user", "nobody@example.com")),
            ("register", app.post("/api/doctor/register", &samples::doctor("khalido@example.com"))),
        ];
        for (what, answer) in answers {
            assert_problem(&answer, 503, "database_unavailable", &format!("{what}, {time} time"));
        }
        for path in ["/health/live", "/api/specialites", "/openapi.json"] {
            assert_eq!(app.get(path).status, 200, "{path} needs no database");
        }
        assert_eq!(app.get("/api/me").status, 401, "a missing token is told without the database");
        let invalid = app.post("/api/user/register", &serde_json::json!({}));
        assert_problem(&invalid, 400, "invalid_fields", "invalid fields are told without the database");
    }

    postgres.start_again();
    let deadline = Instant::now() + PATIENCE;
    loop {
        let answer = app.get("/health/ready");
        if answer.status == 200 {
            break;
        }
        assert_problem(&answer, 503, "database_unavailable", "until it is back");
        assert!(Instant::now() < deadline, "the service did not recover");
    }
    assert_back_to_normal(&app, token, &account.json);
}

/// Waits for each kind of request to succeed, and checks that nothing was lost or half-made.
fn assert_back_to_normal(app: &TestApp, token: &str, account: &serde_json::Value) {
    let me = app.get_as(token, "/api/me");
    assert_eq!((me.status, &me.json), (200, account));
    assert_eq!(log_in(app, "user", "amina@example.com").status, 200);
    assert_eq!(app.database.number("SELECT count(*) AS n FROM profiles"), 1, "what was refused left nothing");
    register(app, "doctor", "khalido@example.com");
}

#[test]
fn a_restart_of_the_database_is_noticed_by_nobody_for_long() {
    let postgres = Arc::new(TestPostgres::start());
    let app = TestApp::start_with(TestDatabase::on(Arc::clone(&postgres)), |_| {});
    register(&app, "user", "amina@example.com");
    postgres.stop();
    postgres.start_again();
    let deadline = Instant::now() + PATIENCE;
    // Nobody asked for anything meanwhile: every connection of the pool is dead, and only use shows it.
    while log_in(&app, "user", "amina@example.com").status != 200 {
        assert!(Instant::now() < deadline, "the service did not recover");
    }
    for number in 0..8 {
        register(&app, "hospital", &format!("hospital{number}@example.com"));
    }
}
