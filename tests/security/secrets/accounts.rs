//! What account holders do.

use serde_json::{Value, json};
use sihha_tests::TestDatabase;

use super::add_output;
use super::visitor::{Person, Visitor};
use crate::process::{Sihha, eventually};

const NONE: Value = Value::Null;

/// The mails of a service.
struct Mails<'a> {
    visitor: &'a Visitor<'a>,
    sihha: &'a Sihha,
    database: &'a TestDatabase,
}

impl Mails<'_> {
    /// Lets an account get mail again immediately.
    fn forget_limits(&self) {
        self.database.execute("DELETE FROM rate_limits").unwrap();
    }

    /// Returns the token of a mail to an account.
    fn token(&self, account: &str, template: &str) -> String {
        let id = eventually("the mail", || {
            let listed = self.sihha.run(["mail", "list", "--json"]);
            let is_wanted = |mail: &Value| {
                mail["account"] == account && mail["template"] == template && mail["state"] == "sent"
            };
            let mails = listed.stdout.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
            let id = mails.filter(is_wanted).find_map(|mail| mail["id"].as_str().map(ToOwned::to_owned));
            add_output(&mut self.visitor.evidence.borrow_mut(), "sihha mail list", listed);
            id
        });
        let mut shown = self.sihha.run(["mail", "show", &id]);
        let (_, rest) = shown.stdout.split_once("token=").unwrap_or_else(|| panic!("{shown:?}"));
        let is_part = |c: char| c.is_ascii_alphanumeric() || "-.".contains(c);
        let token = rest[..rest.find(|c| !is_part(c)).unwrap_or(rest.len())].to_owned();
        // The command shows the mail, so it may show its link.
        shown.stdout = String::new();
        let mut evidence = self.visitor.evidence.borrow_mut();
        evidence.add_secret("the token of a mail", &token);
        add_output(&mut evidence, "sihha mail show", shown);
        token
    }
}

pub(super) fn visit(visitor: &Visitor, sihha: &Sihha, database: &TestDatabase) {
    let mails = Mails { visitor, sihha, database };
    sessions(visitor, &visitor.register("user", "amina"));
    addresses(&mails, &visitor.register("user", "bilal"));
    passwords(&mails, &visitor.register("user", "chafia"));
    djoser(&mails, &visitor.register("user", "dalila"));
    pages(&mails, &visitor.register("user", "farid"));
    for path in ["wilayas", "communes", "facility-types", "rejection-reasons", "specialites"] {
        visitor.succeed(&format!("GET /api/reference/{path}"), "", "", &NONE);
    }
    for path in ["/api/specialites", "/.well-known/jwks.json", "/health/live", "/health/ready"] {
        visitor.succeed(&format!("GET {path}"), "", "", &NONE);
    }
}

fn sessions(visitor: &Visitor, amina: &Person) {
    visitor.succeed("POST /api/user/login", "", "", &amina.login());
    let other = visitor.succeed("POST /api/login", "", "", &amina.login());
    visitor.succeed("POST /api/token", "", "", &amina.login());
    visitor.succeed(
        "POST /api/token",
        "",
        "",
        &json!({ "username": amina.email, "password": amina.password }),
    );
    let wrong = json!({ "email": amina.email, "password": "un autre mot de passe Wq7" });
    for path in
        ["/api/user/login", "/api/doctor/login", "/api/login", "/api/token", "/api/application/status"]
    {
        assert_eq!(visitor.call(&format!("POST {path}"), "", "", &wrong).status, 401, "{path}");
    }
    visitor.succeed("POST /api/application/status", "", "", &amina.login());
    visitor.succeed("GET /api/me", "", &amina.access, &NONE);
    visitor.succeed("PATCH /api/me", "", &amina.access, &json!({ "address": "Oran" }));
    let refresh = json!({ "refresh": amina.refresh });
    let refreshed = visitor.succeed("POST /api/token/refresh", "", "", &refresh);
    visitor.succeed("POST /api/token/refresh", "", "", &refresh);
    for name in ["access", "refresh"] {
        visitor.succeed("POST /api/token/verify", "", "", &json!({ "token": refreshed.text_at(name) }));
    }
    let access = other.text_at("access");
    let listed = visitor.succeed("GET /api/me/sessions", "", access, &NONE);
    let mut sessions = listed.json.as_array().unwrap().iter();
    let session = sessions.find(|session| session["current"] != true).unwrap();
    visitor.succeed("DELETE /api/me/sessions/{id}", session["id"].as_str().unwrap(), access, &NONE);
    visitor.succeed("DELETE /api/me/sessions", "", access, &NONE);
    visitor.succeed("POST /api/token/blacklist", "", "", &json!({ "refresh": other.text_at("refresh") }));
    assert_eq!(visitor.call("GET /api/me", "", access, &NONE).status, 401);
}

fn addresses(mails: &Mails, bilal: &Person) {
    let visitor = mails.visitor;
    mails.forget_limits();
    visitor.succeed("POST /api/me/email/verification", "", &bilal.access, &NONE);
    let token = mails.token(&bilal.id, "verify_email");
    visitor.call("POST /api/email/verify", "", "", &json!({ "token": token }));
    let change = json!({ "email": "bilal.new@secrets.example.dz", "password": bilal.password });
    mails.forget_limits();
    visitor.succeed("POST /api/me/email", "", &bilal.access, &change);
    let token = mails.token(&bilal.id, "confirm_email");
    visitor.succeed("POST /api/email/verify", "", "", &json!({ "token": token }));
    let token = mails.token(&bilal.id, "email_changed");
    visitor.succeed("POST /api/email/revert", "", "", &json!({ "token": token }));
    assert_eq!(visitor.call("POST /api/email/revert", "", "", &json!({ "token": token })).status, 400);
}

fn passwords(mails: &Mails, chafia: &Person) {
    let visitor = mails.visitor;
    mails.forget_limits();
    visitor.succeed("POST /api/password/forgot", "", "", &json!({ "email": chafia.email }));
    let token = mails.token(&chafia.id, "reset_password");
    let new = "le nouveau mot de passe Wq7";
    visitor.succeed("POST /api/password/reset", "", "", &json!({ "token": token, "password": new }));
    let again = json!({ "token": token, "password": "encore un mot de passe Wq7" });
    assert_eq!(visitor.call("POST /api/password/reset", "", "", &again).status, 400);
    let login = json!({ "email": chafia.email, "password": new });
    let access = visitor.succeed("POST /api/user/login", "", "", &login).text_at("access").to_owned();
    let newer = "un mot de passe plus nouveau Wq7";
    let change = json!({ "current_password": new, "new_password": newer });
    visitor.succeed("POST /api/me/password", "", &access, &change);
    assert!(visitor.call("POST /api/me/password", "", &access, &change).status >= 400);
    let change = json!({ "current_password": newer, "new_password": "le dernier mot de passe Wq7" });
    visitor.succeed("POST /auth/users/set_password", "", &access, &change);
}

fn djoser(mails: &Mails, dalila: &Person) {
    let visitor = mails.visitor;
    let parts = |token: &str| {
        let (id, secret) = token.split_once('.').unwrap();
        json!({ "uid": base64url(id), "token": secret })
    };
    mails.forget_limits();
    visitor.succeed("POST /auth/users/resend_activation", "", "", &json!({ "email": dalila.email }));
    let token = mails.token(&dalila.id, "verify_email");
    if visitor.call("POST /auth/users/activation", "", "", &parts(&token)).status >= 300 {
        // The link of the registration was replaced meanwhile.
        let token = mails.token(&dalila.id, "verify_email");
        visitor.succeed("POST /auth/users/activation", "", "", &parts(&token));
    }
    mails.forget_limits();
    visitor.succeed("POST /auth/users/reset_password", "", "", &json!({ "email": dalila.email }));
    let mut body = parts(&mails.token(&dalila.id, "reset_password"));
    body["new_password"] = json!("mot de passe par djoser Wq7");
    visitor.succeed("POST /auth/users/reset_password_confirm", "", "", &body);
}

fn base64url(text: &str) -> String {
    use base64::Engine;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text)
}

/// The pages show their own token in their form and their links, so their responses to it are not kept.
fn pages(mails: &Mails, farid: &Person) {
    let visitor = mails.visitor;
    mails.forget_limits();
    let form = "application/x-www-form-urlencoded";
    let email = farid.email.replace('@', "%40");
    visitor.send("POST /reset-password", "", &[], form, &format!("email={email}"));
    let token = mails.token(&farid.id, "reset_password");
    assert_eq!(visitor.service.get(&format!("/reset-password?token={token}")).status, 200);
    let password = "mot-de-passe-de-la-page-Wq7";
    visitor.evidence.borrow_mut().add_secret("the password of a page", password);
    let differ = format!("token={token}&password={password}&repeat=other");
    let request = visitor.service.request(ureq::http::Method::POST, "/reset-password");
    let answer = visitor.service.send(request.header("Content-Type", form).body(differ).unwrap());
    assert!(answer.status == 400 && !answer.text.contains(password), "{}", answer.text);
    let same = format!("token={token}&password={password}&repeat={password}");
    assert_eq!(visitor.send("POST /reset-password", "", &[], form, &same).status, 200);
    assert_eq!(visitor.send("POST /reset-password", "", &[], form, &same).status, 400);
}
