//! An operator's open transaction locks a row or a table. Requests that need it soon get 503, and
//! other requests succeed.

use std::sync::atomic::{AtomicBool, Ordering};

use diesel::PgConnection;
use diesel::connection::SimpleConnection;
use serde_json::{Value, json};
use sihha_tests::{Response, TestApp, samples};
use ureq::http::Method;

use crate::support::{assert_problem, log_in, opened, register};

/// Number of simultaneous requests: more than the threads for each kind of request.
const CALLERS: usize = 6;

fn refresh(app: &TestApp, tokens: &Response) -> Response {
    app.post("/api/token/refresh", &json!({ "refresh": tokens.text_at("refresh") }))
}

fn send_as(app: &TestApp, method: Method, tokens: &Response, path: &str, body: &Value) -> Response {
    let request = app
        .request(method, path)
        .header("Content-Type", "application/json")
        .header("Authorization", format!("Bearer {}", tokens.text_at("access")));
    app.send(request.body(body.to_string()).unwrap())
}

fn change(app: &TestApp, tokens: &Response) -> Response {
    let address = format!("{} Elm Street", tokens.text_at("refresh").len());
    send_as(app, Method::PATCH, tokens, "/api/me", &json!({ "address": address }))
}

fn change_password(app: &TestApp, tokens: &Response) -> Response {
    let passwords = json!({ "current_password": samples::PASSWORD, "new_password": "couscous le vendredi" });
    send_as(app, Method::POST, tokens, "/api/me/password", &passwords)
}

fn log_in_amina(app: &TestApp, _: &Response) -> Response {
    log_in(app, "user", "amina@example.com")
}

fn end_others(app: &TestApp, tokens: &Response) -> Response {
    send_as(app, Method::DELETE, tokens, "/api/me/sessions", &json!({}))
}

fn end_own(app: &TestApp, tokens: &Response) -> Response {
    send_as(app, Method::DELETE, tokens, &format!("/api/me/sessions/{}", session(tokens)), &json!({}))
}

fn log_out(app: &TestApp, tokens: &Response) -> Response {
    app.post("/api/token/blacklist", &json!({ "refresh": tokens.text_at("refresh") }))
}

fn claim(tokens: &Response, name: &str) -> String {
    opened(tokens.text_at("access")).1[name].as_str().unwrap().to_owned()
}

fn session(tokens: &Response) -> String {
    claim(tokens, "sid")
}

/// Runs `check` while a transaction that has executed `sql` is open.
fn while_open(app: &TestApp, sql: &str, check: impl FnOnce()) {
    let open = |pg: &mut PgConnection| {
        pg.batch_execute(&format!("BEGIN; {sql}"))?;
        check();
        pg.batch_execute("ROLLBACK")
    };
    app.database.run(open).unwrap();
}

/// Asserts that all requests of another account succeed, from its registration on.
#[track_caller]
fn assert_unharmed(app: &TestApp, address: &str) {
    let tokens = register(app, "user", address);
    assert_eq!(log_in(app, "user", address).status, 200);
    assert_eq!(app.get_as(tokens.text_at("access"), "/api/me").status, 200);
    let newer = refresh(app, &tokens);
    assert_eq!(newer.status, 200, "{}", newer.text);
    assert_eq!(change(app, &newer).status, 200);
    assert_eq!(app.get_as(newer.text_at("access"), "/api/me/sessions").status, 200);
    assert_eq!(end_others(app, &newer).status, 204);
    assert_eq!(log_out(app, &newer).status, 200);
    assert_eq!(app.get("/health/ready").status, 200);
}

type Request = fn(&TestApp, &Response) -> Response;

/// Repeats Amina's requests while `sql` locks her rows. Asserts that each gets `busy`, and that
/// requests of other accounts succeed.
fn assert_locked(sql: fn(&Response) -> String, requests: &[Request]) {
    let app = TestApp::start();
    let amina = register(&app, "user", "amina@example.com");
    while_open(&app, &sql(&amina), || {
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for request in requests.iter().cycle().take(CALLERS) {
                scope.spawn(|| {
                    while !stop.load(Ordering::Relaxed) {
                        assert_problem(&request(&app, &amina), 503, "busy", "locked");
                    }
                });
            }
            let others: Vec<_> = (0..5)
                .map(|number| {
                    scope.spawn({
                        let app = &app;
                        move || assert_unharmed(app, &format!("other{number}@example.com"))
                    })
                })
                .collect();
            let outcomes: Vec<_> = others.into_iter().map(std::thread::ScopedJoinHandle::join).collect();
            stop.store(true, Ordering::Relaxed);
            assert!(outcomes.iter().all(Result::is_ok), "requests of another account failed");
        });
    });
    assert_eq!(refresh(&app, &amina).status, 200, "requests succeed after the transaction");
    assert_eq!(log_in(&app, "user", "amina@example.com").status, 200);
}

#[test]
fn a_locked_session_blocks_only_its_own_requests() {
    let sql = |amina: &Response| format!("SELECT FROM sessions WHERE id = '{}' FOR UPDATE", session(amina));
    assert_locked(sql, &[refresh, log_out, end_own, change]);
}

#[test]
fn a_locked_account_blocks_only_its_own_requests() {
    let sql = |amina: &Response| {
        format!("SELECT FROM profiles WHERE id = '{}' FOR UPDATE", claim(amina, "user_id"))
    };
    assert_locked(sql, &[log_in_amina, change, end_others, change_password]);
}

#[test]
fn a_locked_password_or_role_blocks_only_requests_that_write_it() {
    let password = |amina: &Response| {
        format!("SELECT FROM passwords WHERE profile_id = '{}' FOR UPDATE", claim(amina, "user_id"))
    };
    assert_locked(password, &[change_password]);
    let patient = |amina: &Response| {
        format!("SELECT FROM patients WHERE profile_id = '{}' FOR UPDATE", claim(amina, "user_id"))
    };
    assert_locked(patient, &[change]);
}

#[test]
fn a_locked_table_blocks_only_requests_that_need_it_and_none_after_the_lock() {
    let app = TestApp::start();
    let amina = register(&app, "user", "amina@example.com");
    let read: Request = |app, tokens| app.get_as(tokens.text_at("access"), "/api/me");
    let list: Request = |app, tokens| app.get_as(tokens.text_at("access"), "/api/me/sessions");
    let requests: [Request; 5] = [refresh, log_in_amina, read, list, change];
    while_open(&app, "LOCK TABLE sessions", || {
        std::thread::scope(|scope| {
            for request in requests.iter().cycle().take(4 * requests.len()) {
                scope.spawn(|| assert_problem(&request(&app, &amina), 503, "busy", "locked"));
            }
        });
        assert_eq!(app.get("/health/ready").status, 200);
    });
    for request in requests {
        assert_eq!(request(&app, &amina).status, 200, "requests succeed after the transaction");
    }
}

#[test]
fn simultaneous_refreshes_of_several_tabs_get_the_same_token() {
    let app = TestApp::start();
    let mut tokens = register(&app, "user", "amina@example.com");
    for _ in 0..20 {
        let answers: Vec<_> = std::thread::scope(|scope| {
            let tabs: Vec<_> = (0..4).map(|_| scope.spawn(|| refresh(&app, &tokens))).collect();
            tabs.into_iter().map(|tab| tab.join().unwrap()).collect()
        });
        for answer in &answers {
            assert_eq!(answer.status, 200, "{}", answer.text);
            assert_eq!(answer.text_at("refresh"), answers[0].text_at("refresh"));
        }
        tokens = answers.into_iter().next().unwrap();
    }
}
