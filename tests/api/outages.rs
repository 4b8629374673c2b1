//! The database responds, but cannot execute statements for some time. Requests get 503, no data is
//! lost, and the service needs no restart.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use sihha_tests::{Response, TestApp, TestDatabase, TestPostgres};

use ureq::http::Method;

use crate::support::{assert_problem, log_in, register};

const RECOVERY_TIMEOUT: Duration = Duration::from_secs(30);

fn refresh(app: &TestApp, token: &str) -> Response {
    app.post("/api/token/refresh", &json!({ "refresh": token }))
}

fn patch(app: &TestApp, token: &str, address: &str) -> Response {
    let request = app.request(Method::PATCH, "/api/me").header("Authorization", format!("Bearer {token}"));
    let request = request.header("Content-Type", "application/json");
    app.send(request.body(json!({ "address": address }).to_string()).unwrap())
}

/// Repeats a request until the response is 200.
#[track_caller]
fn until_ok(ask: impl Fn() -> Response) -> Response {
    let started = Instant::now();
    loop {
        let answer = ask();
        if answer.status == 200 {
            return answer;
        }
        assert_eq!(answer.status, 503, "{}", answer.text);
        assert!(started.elapsed() < RECOVERY_TIMEOUT, "the service did not recover: {}", answer.text);
    }
}

#[test]
fn temporary_errors_of_the_database_cause_503() {
    let app = TestApp::start();
    let account = register(&app, "user", "amina@example.com");
    for (sqlstate, code) in [
        ("53100", "database_unavailable"), // disk full
        ("53200", "database_unavailable"), // out of memory
        ("53300", "database_unavailable"), // too many connections
        ("57P03", "database_unavailable"), // starting up
        ("58030", "database_unavailable"), // input or output failed
        ("25006", "database_unavailable"), // read-only
        ("42501", "database_unavailable"), // a right is missing
        ("57014", "database_unavailable"), // cancelled
        ("55P03", "busy"),                 // locked
        ("40001", "busy"),                 // not serializable, three times
        ("40P01", "busy"),                 // deadlock, three times
    ] {
        app.database
            .execute(&format!(
                "CREATE OR REPLACE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS \
                 $$ BEGIN RAISE EXCEPTION 'refused' USING ERRCODE = '{sqlstate}'; END $$"
            ))
            .unwrap();
        app.database
            .execute(
                "CREATE OR REPLACE TRIGGER fail BEFORE INSERT OR UPDATE ON sessions \
                 FOR EACH ROW EXECUTE FUNCTION fail()",
            )
            .unwrap();
        assert_problem(&log_in(&app, "user", "amina@example.com"), 503, code, &format!("login, {sqlstate}"));
        let refreshed = refresh(&app, account.text_at("refresh"));
        assert_problem(&refreshed, 503, code, &format!("refresh, {sqlstate}"));
        app.database.execute("DROP TRIGGER fail ON sessions").unwrap();
        until_ok(|| log_in(&app, "user", "amina@example.com"));
        until_ok(|| app.get("/health/ready"));
    }
    until_ok(|| refresh(&app, account.text_at("refresh")));
}

/// Makes the first of these writes fail with that code, and counts them in a sequence, which keeps
/// its value if the transaction fails.
fn fail_once(database: &TestDatabase, sqlstate: &str, writes: &str) {
    for sql in [
        "DROP SEQUENCE IF EXISTS attempts",
        "CREATE SEQUENCE attempts",
        "GRANT USAGE ON SEQUENCE attempts TO PUBLIC",
        &format!(
            "CREATE OR REPLACE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS \
             $$ BEGIN IF nextval('attempts') = 1 THEN RAISE EXCEPTION 'refused' USING ERRCODE = '{sqlstate}'; \
             END IF; RETURN NEW; END $$"
        ),
        &format!("CREATE OR REPLACE TRIGGER fail BEFORE {writes} FOR EACH ROW EXECUTE FUNCTION fail()"),
    ] {
        database.execute(sql).unwrap();
    }
}

fn attempts(database: &TestDatabase) -> i64 {
    database.number("SELECT last_value AS n FROM attempts")
}

#[test]
fn a_statement_with_one_conflict_is_repeated() {
    let app = TestApp::start();
    register(&app, "user", "amina@example.com");
    for sqlstate in ["40001", "40P01"] {
        fail_once(&app.database, sqlstate, "INSERT ON sessions");
        assert_eq!(log_in(&app, "user", "amina@example.com").status, 200, "{sqlstate}");
        assert_eq!(attempts(&app.database), 2, "{sqlstate}");
    }
}

#[test]
fn a_transaction_with_one_conflict_is_repeated() {
    let app = TestApp::start();
    let account = register(&app, "user", "amina@example.com");
    for sqlstate in ["40001", "40P01", "0A000"] {
        fail_once(&app.database, sqlstate, "UPDATE ON profiles");
        let patched = patch(&app, account.text_at("access"), &format!("{sqlstate} rue Didouche"));
        assert_eq!(patched.status, 200, "{sqlstate}: {}", patched.text);
        assert_eq!(attempts(&app.database), 2, "{sqlstate}");
    }
}

#[test]
fn a_read_only_database_is_unavailable_until_it_is_writable() {
    let app = TestApp::start();
    register(&app, "user", "amina@example.com");
    app.database.alter("SET default_transaction_read_only = on");
    app.database.cut_connections();
    let started = Instant::now();
    while app.get("/health/ready").status == 200 {
        assert!(started.elapsed() < RECOVERY_TIMEOUT, "readiness is still 200");
    }
    let login = log_in(&app, "user", "amina@example.com");
    assert_problem(&login, 503, "database_unavailable", "login");
    app.database.alter("RESET default_transaction_read_only");
    until_ok(|| app.get("/health/ready"));
    until_ok(|| log_in(&app, "user", "amina@example.com"));
}

#[test]
fn a_frozen_server_is_reported_within_seconds() {
    let postgres = Arc::new(TestPostgres::start());
    let app = TestApp::start_with(TestDatabase::on(Arc::clone(&postgres)), |_| {});
    let account = register(&app, "user", "amina@example.com");
    let frozen = postgres.freeze();
    let started = Instant::now();
    assert_problem(&app.get("/health/ready"), 503, "database_unavailable", "readiness");
    assert!(started.elapsed() < Duration::from_millis(1500), "readiness took {:?}", started.elapsed());
    for _ in 0..3 {
        let started = Instant::now();
        let me = app.get_as(account.text_at("access"), "/api/me");
        assert_problem(&me, 503, "database_unavailable", "me");
        assert!(started.elapsed() < Duration::from_secs(6), "me took {:?}", started.elapsed());
    }
    drop(frozen);
    until_ok(|| app.get("/health/ready"));
    until_ok(|| app.get_as(account.text_at("access"), "/api/me"));
    until_ok(|| refresh(&app, account.text_at("refresh")));
}

#[test]
fn a_change_of_a_columns_type_or_collation_causes_no_error() {
    let app = TestApp::start();
    let account = register(&app, "user", "amina@example.com");
    let token = account.text_at("access");
    for _ in 0..12 {
        assert_eq!(app.get_as(token, "/api/me").status, 200);
        assert_eq!(patch(&app, token, "1 rue Didouche").status, 200);
    }
    for change in ["TYPE varchar(500)", "TYPE text COLLATE \"C\"", "TYPE text"] {
        app.database.execute(&format!("ALTER TABLE profiles ALTER COLUMN address {change}")).unwrap();
        for _ in 0..12 {
            assert_eq!(app.get_as(token, "/api/me").status, 200, "{change}");
            let patched = patch(&app, token, "2 rue Didouche");
            assert_eq!(patched.status, 200, "{change}: {}", patched.text);
        }
    }
}

#[test]
fn idle_connections_that_were_cut_cause_no_error() {
    let app = TestApp::start();
    let account = register(&app, "user", "amina@example.com");
    for _ in 0..3 {
        app.database.cut_connections();
        for _ in 0..12 {
            assert_eq!(app.get_as(account.text_at("access"), "/api/me").status, 200);
            assert_eq!(log_in(&app, "user", "amina@example.com").status, 200);
        }
    }
}

#[test]
fn default_settings_of_the_database_do_not_affect_the_service() {
    let database = TestDatabase::new();
    for setting in [
        "default_transaction_isolation = 'serializable'",
        "default_transaction_deferrable = on",
        "statement_timeout = 1",
        "TimeZone = 'Africa/Algiers'",
        "DateStyle = 'SQL, DMY'",
        "IntervalStyle = 'sql_standard'",
        "bytea_output = 'escape'",
        "search_path = 'elsewhere'",
    ] {
        database.alter(&format!("SET {setting}"));
    }
    let app = TestApp::start_with(database, |_| {});
    let tokens: Vec<String> = (0..30)
        .map(|number| {
            register(&app, "user", &format!("amina{number}@example.com")).text_at("refresh").to_owned()
        })
        .collect();
    std::thread::scope(|scope| {
        for token in &tokens {
            scope.spawn(|| assert_eq!(refresh(&app, token).status, 200));
        }
    });
}

#[test]
fn rows_hidden_by_a_policy_are_not_treated_as_missing() {
    let app = TestApp::start_with(TestDatabase::new().with_role(""), |_| {});
    let account = register(&app, "user", "amina@example.com");
    for table in ["profiles", "passwords", "sessions"] {
        app.database.execute(&format!("ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")).unwrap();
    }
    let login = log_in(&app, "user", "amina@example.com");
    assert_problem(&login, 503, "database_unavailable", "login");
    assert_problem(&refresh(&app, account.text_at("refresh")), 503, "database_unavailable", "refresh");
    for table in ["profiles", "passwords", "sessions"] {
        app.database.execute(&format!("ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")).unwrap();
    }
    until_ok(|| refresh(&app, account.text_at("refresh")));
    until_ok(|| log_in(&app, "user", "amina@example.com"));
}

#[test]
fn a_service_works_with_fewer_connections_than_the_pool_size() {
    let app = TestApp::start_with(TestDatabase::new().with_role("CONNECTION LIMIT 3"), |_| {});
    let account = register(&app, "user", "amina@example.com");
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..20 {
                    assert_eq!(app.get_as(account.text_at("access"), "/api/me").status, 200);
                }
            });
        }
    });
}

#[test]
fn a_server_that_completes_no_write_is_not_ready() {
    let postgres = Arc::new(TestPostgres::start());
    let database = TestDatabase::on(Arc::clone(&postgres));
    database.alter("SET synchronous_commit = on");
    let app = TestApp::start_with(database, |options| {
        options.statement_timeout = Duration::from_secs(1);
    });
    register(&app, "user", "amina@example.com");
    let set = |setting: &str| {
        app.database.execute(setting).unwrap();
        app.database.execute("SELECT pg_reload_conf()").unwrap();
    };
    // Each commit waits for a standby that does not exist. The server's processes read the setting
    // some time later.
    set("ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
    let started = Instant::now();
    while log_in(&app, "user", "amina@example.com").status == 200 {
        assert!(started.elapsed() < RECOVERY_TIMEOUT, "commits do not wait for a standby");
    }
    assert_problem(&app.get("/health/ready"), 503, "database_unavailable", "readiness");
    assert_problem(&app.get("/health/ready"), 503, "database_unavailable", "readiness, again");
    set("ALTER SYSTEM RESET synchronous_standby_names");
    until_ok(|| app.get("/health/ready"));
    until_ok(|| log_in(&app, "user", "amina@example.com"));
}
