//! Request lines have the account id, and those of rejected logins the client's address.

use nix::sys::signal::Signal;
use serde_json::{Value, json};
use sihha_tests::{Response, TestDatabase, samples};
use ureq::http::Method;

use crate::logging::json_lines;
use crate::process::{Service, Sihha};

const AMINA: &str = "amina@example.com";
const DOCTOR: &str = "doctor@example.com";
const WRONG: &str = "un autre mot de passe";

/// The expected fields of a request line.
struct Expected {
    what: &'static str,
    status: u16,
    account: Value,
    has_address: bool,
}

/// Sends requests and collects the expected lines in order.
struct Session<'a> {
    service: &'a Service,
    expected: Vec<Expected>,
}

impl Session<'_> {
    fn expect(
        &mut self,
        what: &'static str,
        answer: Response,
        status: u16,
        account: &Value,
        has_address: bool,
    ) -> Response {
        assert_eq!(answer.status, status, "{what}: {}", answer.text);
        self.expected.push(Expected { what, status, account: account.clone(), has_address });
        answer
    }

    fn log_in(
        &mut self,
        what: &'static str,
        path: &str,
        body: &Value,
        status: u16,
        account: &Value,
    ) -> Response {
        let answer = self.service.post(path, body);
        self.expect(what, answer, status, account, status != 200)
    }

    /// Sends a request with an access token.
    fn send(&self, method: Method, path: &str, token: &str, body: &Value) -> Response {
        let request = self.service.request(method, path).header("Authorization", format!("Bearer {token}"));
        self.service.send(request.header("Content-Type", "application/json").body(body.to_string()).unwrap())
    }
}

fn credentials(email: &str, password: &str) -> Value {
    json!({ "email": email, "password": password })
}

#[test]
fn request_lines_have_the_account_and_those_of_rejected_logins_the_address() {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database);
    let service = sihha.serve();
    let mut session = Session { service: &service, expected: Vec::new() };

    let registered = service.post("/api/user/register", &samples::patient(AMINA));
    let amina = registered.json["id"].clone();
    session.expect("a registration", registered, 201, &amina, false);
    let registered = service.post("/api/doctor/register", &samples::doctor(DOCTOR));
    let doctor = registered.json["id"].clone();
    session.expect("a doctor's", registered, 201, &doctor, false);
    let taken = service.post("/api/user/register", &samples::patient(AMINA));
    session.expect("a second registration", taken, 409, &Value::Null, true);

    let login = samples::login(AMINA);
    session.log_in("a wrong password", "/api/user/login", &credentials(AMINA, WRONG), 401, &amina);
    session.log_in(
        "an unknown e-mail",
        "/api/user/login",
        &credentials("no@example.com", WRONG),
        401,
        &Value::Null,
    );
    session.log_in("another role", "/api/labo/login", &login, 401, &amina);
    session.log_in("a waiting account", "/api/doctor/login", &samples::login(DOCTOR), 404, &doctor);
    session.log_in("no credentials", "/api/user/login", &json!({}), 400, &Value::Null);
    let tokens = session.log_in("a login", "/api/user/login", &login, 200, &amina);
    let (access, refresh) = (tokens.text_at("access"), tokens.text_at("refresh"));

    own_requests(&mut session, access, &amina);
    let refreshed = service.post("/api/token/refresh", &json!({ "refresh": refresh }));
    let newest = refreshed.text_at("refresh").to_owned();
    session.expect("a refresh", refreshed, 200, &amina, false);
    let verified = service.post("/api/token/verify", &json!({ "token": newest }));
    session.expect("a verification", verified, 200, &amina, false);
    let logged_out = service.post("/api/token/blacklist", &json!({ "refresh": newest }));
    session.expect("a logout", logged_out, 200, &amina, false);
    let revoked = service.post("/api/token/refresh", &json!({ "refresh": newest }));
    session.expect("a refresh after it", revoked, 401, &amina, true);
    let unknown = service.post("/api/token/refresh", &json!({ "refresh": "no token" }));
    session.expect("a refresh without a token", unknown, 401, &Value::Null, true);
    session.expect("a read after the logout", service.get_as(access, "/api/me"), 401, &amina, false);
    session.expect("a read without a token", service.get("/api/me"), 401, &Value::Null, false);

    sihha.run(["accounts", "suspend", "--email", AMINA, "--reason", "Enquête"]).succeeded();
    session.log_in("a suspended account", "/api/user/login", &login, 403, &amina);

    let expected = session.expected;
    let stopped = service.stop(Signal::SIGTERM);
    let lines = json_lines(&stopped.stderr);
    let lines: Vec<_> = lines.iter().filter(|line| line["message"] == "request").collect();
    assert_eq!(lines.len(), expected.len(), "{lines:?}");
    for (line, Expected { what, status, account, has_address }) in lines.into_iter().zip(expected) {
        assert_eq!(line["status"], status, "{what}: {line}");
        assert_eq!(line["account_id"], account, "{what}: {line}");
        let address = if has_address { json!("127.0.0.1") } else { Value::Null };
        assert_eq!(line["client_address"], address, "{what}: {line}");
    }
    stopped.succeeded();
}

/// Sends requests with an access token.
fn own_requests(session: &mut Session<'_>, access: &str, account: &Value) {
    let wrong = json!({ "current_password": WRONG, "new_password": "couscous le vendredi" });
    let right = json!({ "current_password": samples::PASSWORD, "new_password": samples::PASSWORD });
    let id = "0190f0f0-0000-7000-8000-000000000000";
    for (what, method, path, body, status, has_address) in [
        ("a read", Method::GET, "/api/me", &json!({}), 200, false),
        ("a change", Method::PATCH, "/api/me", &json!({ "address": "456 Elm Street" }), 200, false),
        ("a rejected change", Method::PATCH, "/api/me", &json!({ "first_name": 7 }), 400, false),
        ("a wrong password", Method::POST, "/api/me/password", &wrong, 400, true),
        ("a new password", Method::POST, "/api/me/password", &right, 204, false),
        ("the sessions", Method::GET, "/api/me/sessions", &json!({}), 200, false),
        ("an unknown session", Method::DELETE, &format!("/api/me/sessions/{id}"), &json!({}), 404, false),
        ("the other sessions", Method::DELETE, "/api/me/sessions", &json!({}), 204, false),
    ] {
        let answer = session.send(method, path, access, body);
        session.expect(what, answer, status, account, has_address);
    }
}
