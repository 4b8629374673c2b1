//! What staff do.

use serde_json::{Value, json};
use sihha_domain::clock::Clock;
use sihha_infra::system::SystemClock;
use sihha_tests::staff::otp;

use super::add_output;
use super::visitor::Visitor;
use crate::process::{Process, Sihha};

const EMAIL: &str = "admin@secrets.example.dz";
const PASSWORD: &str = "phrase de passe du personnel Wq7";

/// Creates an admin, and returns an access token.
pub(super) fn admin(visitor: &Visitor, sihha: &Sihha) -> String {
    let script = r#"printf '%s\n' "$0" | "$@""#;
    let mut create = sihha.command_of("sh");
    create.args(["-c", script, PASSWORD]).arg(&sihha.program).args(["staff", "create", "--email", EMAIL]);
    create.args(["--name", "Leïla Amrani", "--role", "admin", "--password-stdin", "--json"]);
    let output = Process::start(&mut create).finish();
    let created: Value = serde_json::from_str(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
    add_output(&mut visitor.evidence.borrow_mut(), "sihha staff create", output);
    let code = otp(created["otpauth_uri"].as_str().unwrap(), SystemClock.now());
    let login = |password: &str, otp: &str| json!({ "email": EMAIL, "password": password, "otp": otp });
    let wrong = login("une autre phrase de passe Wq7", &code);
    assert_eq!(visitor.call("POST /api/staff/login", "", "", &wrong).status, 401);
    assert_eq!(visitor.call("POST /api/staff/login", "", "", &login(PASSWORD, "000000")).status, 401);
    visitor.succeed("POST /api/staff/login", "", "", &login(PASSWORD, &code));
    assert_eq!(visitor.call("POST /api/staff/login", "", "", &login(PASSWORD, &code)).status, 401, "used");
    let recovery = created["recovery_codes"][0].as_str().unwrap();
    let logged_in = visitor.succeed("POST /api/staff/login", "", "", &login(PASSWORD, recovery));
    assert_eq!(visitor.call("POST /api/staff/login", "", "", &login(PASSWORD, recovery)).status, 401, "used");
    let refresh = json!({ "refresh": logged_in.text_at("refresh") });
    visitor.succeed("POST /api/token/refresh", "", "", &refresh).text_at("access").to_owned()
}

pub(super) fn visit(visitor: &Visitor, admin: &str) {
    for path in [
        "/api/staff/me",
        "/api/staff/approvals?q=secrets&limit=5",
        "/api/staff/approvals/counts",
        "/api/staff/approvals/stats",
        "/api/staff/accounts?q=amina@secrets.example.dz",
        "/api/staff/members",
    ] {
        visitor.succeed(&format!("GET {path}"), "", admin, &Value::Null);
    }
    applications(visitor, admin);
    accounts(visitor, admin);
    members(visitor, admin);
}

fn applications(visitor: &Visitor, admin: &str) {
    let decide = |action: &str, id: &str, body: &Value| {
        visitor.succeed(&format!("POST /api/staff/approvals/{{id}}/{action}"), id, admin, body);
    };
    let [first, second, third] = ["dr1", "dr2", "dr3"].map(|name| visitor.register("doctor", name));
    let (hospital, labo) = (visitor.register("hospital", "chu"), visitor.register("labo", "labo"));
    for (role, person) in [("doctor", &first), ("hospital", &hospital), ("labo", &labo)] {
        let path = format!("POST /api/{role}/login");
        assert_eq!(visitor.call(&path, "", "", &person.login()).status, 404, "{role} waits");
    }
    visitor.succeed("GET /api/staff/approvals/{id}", &first.id, admin, &Value::Null);
    decide("claim", &first.id, &json!({}));
    decide("release", &first.id, &json!({}));
    visitor.succeed("POST /api/staff/approvals/next", "", admin, &json!({}));
    decide("approve", &first.id, &json!({ "hold_seconds": 60 }));
    decide("undo", &first.id, &json!({}));
    decide("approve", &first.id, &json!({}));
    visitor.succeed("POST /api/doctor/login", "", "", &first.login());
    decide("reopen", &first.id, &json!({ "reason": "Erreur de dossier" }));
    decide("reject", &second.id, &json!({ "reason_code": "card_mismatch" }));
    let told = visitor.succeed("POST /api/application/status", "", "", &second.login());
    visitor.succeed("POST /api/me/application/resubmit", "", told.text_at("access"), &Value::Null);
    decide("request-changes", &third.id, &json!({ "message": "Corrigez le nom.", "fields": ["last_name"] }));
    let both = json!({ "ids": [hospital.id, labo.id], "decision": "approve" });
    visitor.succeed("POST /api/staff/approvals/decisions", "", admin, &both);
    visitor.succeed("POST /api/hospital/login", "", "", &hospital.login());
    visitor.succeed("POST /api/labo/login", "", "", &labo.login());
}

fn accounts(visitor: &Visitor, admin: &str) {
    let person = visitor.register("user", "ghania");
    visitor.succeed("GET /api/staff/accounts/{id}?reason=Enquete", &person.id, admin, &Value::Null);
    for (action, body) in [
        ("suspend", json!({ "reason": "Enquête en cours" })),
        ("reinstate", json!({})),
        ("revoke-sessions", json!({})),
        ("lift-throttle", json!({})),
    ] {
        visitor.succeed(&format!("POST /api/staff/accounts/{{id}}/{action}"), &person.id, admin, &body);
    }
}

fn members(visitor: &Visitor, admin: &str) {
    let body = json!({
        "email": "samira@secrets.example.dz", "password": "phrase de passe de Samira Wq7", "name": "Samira",
        "role": "reviewer",
    });
    let member = visitor.succeed("POST /api/staff/members", "", admin, &body);
    assert_eq!(visitor.call("POST /api/staff/members", "", admin, &body).status, 409);
    let id = member.text_at("id");
    visitor.succeed("GET /api/staff/members/{id}", id, admin, &Value::Null);
    visitor.succeed("PATCH /api/staff/members/{id}", id, admin, &json!({ "wilayas": ["31"] }));
    let password = json!({ "password": "autre phrase de passe de Samira Wq7" });
    for (action, body) in [
        ("reset-password", password),
        ("reset-second-factor", json!({})),
        ("disable", json!({})),
        ("enable", json!({})),
    ] {
        visitor.succeed(&format!("POST /api/staff/members/{{id}}/{action}"), id, admin, &body);
    }
}
