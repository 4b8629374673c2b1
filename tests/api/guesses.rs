//! Limits of guesses: of passwords, of one-time codes and of the tokens in mails.

use std::collections::BTreeMap;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use sihha_domain::account::{Fact, Role};
use sihha_domain::approval::DecisionKind;
use sihha_domain::reason::Reason;
use sihha_domain::staff::{Scope, StaffRole};
use sihha_tests::{Response, TestApp, TestDatabase, samples};
use ureq::http::Method;

use crate::links::{AMINA, HOUR, MINUTE, NEW_PASSWORD, owner, post_as, reset, reset_token};
use crate::support::{assert_problem, register, with, without};

const WRONG: &str = "not the password";
const HOME: &str = "105.96.7.1";
const SAME_NETWORK: &str = "105.96.7.254";
const ELSEWHERE: &str = "41.100.3.9";

/// Starts a server that believes the tests about the client's address.
fn start() -> TestApp {
    TestApp::start_with(TestDatabase::new(), |options| {
        options.http.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
    })
}

fn post_from(app: &TestApp, address: &str, path: &str, body: &Value) -> Response {
    let request = app
        .request(Method::POST, path)
        .header("Content-Type", "application/json")
        .header("X-Forwarded-For", address);
    app.send(request.body(body.to_string()).unwrap())
}

fn credentials(email: &str, password: &str) -> Value {
    json!({ "email": email, "password": password })
}

/// Sends a wrong password.
fn guess(app: &TestApp, address: &str, email: &str) -> Response {
    post_from(app, address, "/api/login", &credentials(email, WRONG))
}

/// Sends the samples' password.
fn log_in(app: &TestApp, address: &str, email: &str) -> Response {
    post_from(app, address, "/api/login", &samples::login(email))
}

/// Sends the free wrong passwords.
#[track_caller]
fn use_up_guesses(app: &TestApp, address: &str, email: &str) {
    for _ in 0..5 {
        assert_problem(&guess(app, address, email), 401, "wrong_credentials", email);
    }
}

#[track_caller]
fn assert_throttled(answer: &Response, seconds: u32, case: &str) {
    assert_problem(answer, 429, "too_many_attempts", case);
    assert_eq!(answer.header("Retry-After"), seconds.to_string(), "{case}");
}

/// Sends `password` by each way in that checks one: for a doctor, with an access token.
fn ways_in(app: &TestApp, access: &str, email: &str, password: &str) -> Vec<(String, Response)> {
    let paths = [
        "/api/login",
        "/api/login/",
        "/api/token",
        "/api/token/",
        "/api/doctor/login",
        "/api/application/status",
    ];
    let mut answers: Vec<_> =
        paths.map(|path| (path.to_owned(), app.post(path, &credentials(email, password)))).into();
    let changes = [
        ("/api/me/password", json!({ "current_password": password, "new_password": NEW_PASSWORD })),
        ("/api/me/email", credentials("new@example.com", password)),
    ];
    answers.extend(changes.map(|(path, body)| (path.to_owned(), post_as(app, access, path, &body))));
    answers
}

#[test]
fn all_ways_in_share_one_count_and_a_delay_ends_no_session() {
    let app = TestApp::start();
    let registered = register(&app, "doctor", "khalido@example.com");
    app.approve(Role::Doctor, "khalido@example.com");
    let access = registered.text_at("access");
    let answers = ways_in(&app, access, "khalido@example.com", WRONG);
    let statuses: Vec<_> = answers.iter().map(|(_, answer)| answer.status).collect();
    assert_eq!(statuses, [401, 401, 401, 401, 401, 429, 429, 429], "{answers:?}");
    for (path, answer) in ways_in(&app, access, "khalido@example.com", samples::PASSWORD) {
        assert_throttled(&answer, 30, &path);
    }
    assert_eq!(app.get_as(access, "/api/me").status, 200);
    let refresh = json!({ "refresh": registered.text_at("refresh") });
    assert_eq!(app.post("/api/token/refresh", &refresh).status, 200);
}

#[test]
fn failures_by_each_way_in_are_counted() {
    let app = start();
    for way in 0..8 {
        let email = format!("doctor{way}@example.com");
        let registered = register(&app, "doctor", &email);
        app.approve(Role::Doctor, &email);
        for _ in 0..4 {
            guess(&app, "127.0.0.1", &email);
        }
        let (path, answer) = one_way(&app, way, registered.text_at("access"), &email);
        assert!([400, 401].contains(&answer.status), "{path}: {}", answer.text);
        assert_throttled(&log_in(&app, "127.0.0.1", &email), 30, &path);
    }
}

/// Sends a wrong password by one of the ways in.
fn one_way(app: &TestApp, way: usize, access: &str, email: &str) -> (String, Response) {
    let wrong = credentials(email, WRONG);
    let post = |path: &str, body: Value| (path.to_owned(), app.post(path, &body));
    let change = |path: &str, body: Value| (path.to_owned(), post_as(app, access, path, &body));
    match way {
        0 => post("/api/login", wrong),
        1 => post("/api/token/", json!({ "username": email, "password": WRONG })),
        2 => post("/api/doctor/login", wrong),
        3 => post("/api/doctor/login/", wrong),
        // The correct password on the path of another role counts too.
        4 => post("/api/user/login", samples::login(email)),
        5 => post("/api/application/status", wrong),
        6 => change("/api/me/password", json!({ "current_password": WRONG, "new_password": NEW_PASSWORD })),
        _ => change("/api/me/email", credentials("new@example.com", WRONG)),
    }
}

/// Returns a response without what differs between any two: the request's id and the date.
fn essence(answer: &Response) -> (u16, BTreeMap<String, String>, Value) {
    let differ = ["x-request-id", "date"];
    let headers = answer.headers.iter().filter(|(name, _)| !differ.contains(&name.as_str()));
    let headers = headers.map(|(name, value)| (name.to_string(), format!("{value:?}"))).collect();
    (answer.status, headers, without(answer.json.clone(), "request_id"))
}

#[test]
fn no_response_to_a_wrong_password_tells_what_account_has_the_address() {
    let app = start();
    register(&app, "user", AMINA);
    register(&app, "doctor", "waiting@example.com");
    register(&app, "user", "suspended@example.com");
    app.suspend("suspended@example.com");
    register(&app, "hospital", "rejected@example.com");
    app.reject(Role::Hospital, "rejected@example.com");
    register(&app, "labo", "corrected@example.com");
    let message = Reason::parse("Which wilaya?").unwrap();
    app.decide("corrected@example.com", &DecisionKind::RequestChanges { message, fields: vec![Fact::Name] });
    let emails = [
        AMINA,
        "waiting@example.com",
        "suspended@example.com",
        "rejected@example.com",
        "corrected@example.com",
    ];
    for attempt in 0..8 {
        let unknown = essence(&guess(&app, HOME, "nobody@example.com"));
        assert_eq!(unknown.0, if attempt < 5 { 401 } else { 429 });
        for email in emails {
            assert_eq!(essence(&guess(&app, HOME, email)), unknown, "{email}, attempt {attempt}");
        }
    }
}

#[test]
fn a_delay_is_for_the_network_of_the_client() {
    let app = start();
    register(&app, "user", AMINA);
    use_up_guesses(&app, HOME, AMINA);
    for address in [HOME, SAME_NETWORK, "::ffff:105.96.7.9"] {
        assert_throttled(&log_in(&app, address, AMINA), 30, address);
    }
    assert_eq!(log_in(&app, ELSEWHERE, AMINA).status, 200);
    use_up_guesses(&app, "2001:db8:1:2ff::1", "omar@example.com");
    assert_throttled(&guess(&app, "2001:db8:1:200::ffff", "omar@example.com"), 30, "the same /56");
    assert_eq!(guess(&app, "2001:db8:1:300::1", "omar@example.com").status, 401, "another /56");
}

#[test]
fn headers_of_a_client_that_is_no_proxy_change_nothing() {
    let app = TestApp::start();
    for attempt in 0..8 {
        let answer = guess(&app, &format!("41.100.{attempt}.9"), AMINA);
        assert_eq!(answer.status, if attempt < 5 { 401 } else { 429 }, "{attempt}");
    }
}

#[test]
fn delays_double_and_a_login_after_one_forgives() {
    let app = start();
    register(&app, "user", AMINA);
    use_up_guesses(&app, HOME, AMINA);
    for seconds in [30, 60, 120] {
        assert_throttled(&log_in(&app, HOME, AMINA), seconds, "in the delay");
        app.pass(Duration::from_secs(u64::from(seconds)));
        assert_eq!(guess(&app, HOME, AMINA).status, 401);
    }
    app.pass(4 * MINUTE);
    assert_eq!(log_in(&app, HOME, AMINA).status, 200);
    use_up_guesses(&app, HOME, AMINA);
}

#[test]
fn of_two_hundred_parallel_guesses_on_two_instances_only_the_free_ones_are_checked() {
    let first = start();
    let second = TestApp::start_with(first.database.clone(), |_| {});
    register(&first, "user", AMINA);
    let body = credentials(AMINA, WRONG).to_string();
    let statuses: Vec<u16> = thread::scope(|scope| {
        let guesses: Vec<_> = (0..200)
            .map(|number| {
                let (app, body) = (if number % 2 == 0 { &first } else { &second }, &body);
                scope.spawn(move || app.post_text("/api/login", body).status)
            })
            .collect();
        guesses.into_iter().map(|guess| guess.join().unwrap()).collect()
    });
    let number = |status| statuses.iter().filter(|found| **found == status).count();
    assert_eq!((number(401), number(200)), (5, 0), "{statuses:?}");
    // What does not get through the queue in time is refused as well.
    assert_eq!(number(429) + number(503), 195, "{statuses:?}");
}

#[test]
fn a_new_password_by_mail_ends_a_stop() {
    let app = start();
    owner(&app, AMINA);
    for network in 0..20 {
        use_up_guesses(&app, &format!("105.96.{network}.1"), AMINA);
    }
    app.pass(48 * HOUR);
    assert_throttled(&log_in(&app, ELSEWHERE, AMINA), 3600, "stopped everywhere");
    let token = reset_token(&app, AMINA);
    assert_eq!(reset(&app, &token, NEW_PASSWORD).status, 204);
    let body = credentials(AMINA, NEW_PASSWORD);
    assert_eq!(post_from(&app, ELSEWHERE, "/api/login", &body).status, 200);
    assert_eq!(post_from(&app, "105.96.3.1", "/api/login", &body).status, 200, "a network of the guesses");
}

#[test]
fn an_admin_lifts_the_delays_of_an_account() {
    let app = start();
    let registered = register(&app, "user", AMINA);
    let admin = app.staff("admin@sante.dz", StaffRole::Admin, Scope::default());
    let session = app.post("/api/staff/login", &admin.login(app.now()));
    use_up_guesses(&app, HOME, AMINA);
    assert_throttled(&log_in(&app, HOME, AMINA), 30, "delayed");
    let path = format!("/api/staff/accounts/{}/lift-throttle", registered.text_at("id"));
    assert_eq!(post_as(&app, session.text_at("access"), &path, &json!({})).status, 200);
    assert_eq!(log_in(&app, HOME, AMINA).status, 200);
}

#[test]
fn a_network_in_which_logins_of_many_accounts_fail_is_refused() {
    let app = start();
    register(&app, "user", AMINA);
    for number in 0..30 {
        assert_eq!(guess(&app, HOME, &format!("patient{number}@example.com")).status, 401, "{number}");
    }
    assert_throttled(&log_in(&app, SAME_NETWORK, AMINA), 600, "the network");
    assert_eq!(log_in(&app, ELSEWHERE, AMINA).status, 200, "another network");
    app.pass(10 * MINUTE);
    assert_eq!(log_in(&app, HOME, AMINA).status, 200, "ten minutes later");
}

#[test]
fn wrong_passwords_and_wrong_codes_of_staff_share_one_count() {
    let app = start();
    let member = app.staff("reviewer@dsp.dz", StaffRole::Reviewer, Scope::default());
    let right = member.login(app.now());
    let log_in = |address, body: &Value| post_from(&app, address, "/api/staff/login", body);
    for number in 0..3 {
        let wrong = with(right.clone(), "otp", format!("00000{number}"));
        assert_problem(&log_in(HOME, &wrong), 401, "otp_required", "a wrong code");
    }
    for _ in 0..2 {
        let wrong = with(right.clone(), "password", WRONG);
        assert_problem(&log_in(HOME, &wrong), 401, "wrong_credentials", "a wrong password");
    }
    assert_throttled(&log_in(HOME, &right), 30, "the right code");
    let recovery = with(right.clone(), "otp", member.recovery_codes[0].as_str());
    assert_throttled(&log_in(HOME, &recovery), 30, "a recovery code");
    assert_eq!(log_in(ELSEWHERE, &right).status, 200);
    app.pass(Duration::from_secs(30));
    assert_eq!(log_in(HOME, &member.login(app.now())).status, 200);
}

#[test]
fn an_account_and_a_member_of_staff_with_one_address_are_counted_apart() {
    let app = start();
    register(&app, "user", "nadia@dsp.dz");
    let member = app.staff("nadia@dsp.dz", StaffRole::Reviewer, Scope::default());
    use_up_guesses(&app, HOME, "nadia@dsp.dz");
    assert_eq!(post_from(&app, HOME, "/api/staff/login", &member.login(app.now())).status, 200);
}

#[test]
fn guesses_of_links_are_limited_in_their_network_and_do_not_take_a_link_from_its_owner() {
    let app = start();
    owner(&app, AMINA);
    let link = reset_token(&app, AMINA);
    let (id, _) = link.split_once('.').unwrap();
    let set = |address, token: &str| {
        post_from(&app, address, "/api/password/reset", &json!({ "token": token, "password": NEW_PASSWORD }))
    };
    for digit in ["a", "b", "c", "d", "e"] {
        let guessed = format!("{id}.{}", digit.repeat(64));
        assert_problem(&set(HOME, &guessed), 400, "link_not_valid", "a guess");
    }
    assert_throttled(&set(HOME, &link), 30, "the right token, from the network of the guesses");
    for path in ["/api/email/verify", "/api/email/revert"] {
        assert_throttled(&post_from(&app, HOME, path, &json!({ "token": link })), 30, path);
    }
    assert_eq!(set(ELSEWHERE, &link).status, 204, "another network");
}

#[test]
fn nothing_is_counted_with_the_throttle_off() {
    let app = TestApp::start_with(TestDatabase::new(), |options| {
        options.throttle.throttle = sihha_cli::config::ThrottleMode::Off;
    });
    register(&app, "user", AMINA);
    for _ in 0..10 {
        assert_eq!(guess(&app, HOME, AMINA).status, 401);
    }
    assert_eq!(log_in(&app, HOME, AMINA).status, 200);
    assert_eq!(app.database.number("SELECT count(*) AS n FROM throttles"), 0);
}
