//! Members of staff, created as an operator creates them.

use serde_json::{Value, json};
use sihha_domain::clock::Clock;
use sihha_infra::system::SystemClock;
use sihha_tests::staff::otp;

use crate::process::{Process, Service, Sihha};

/// Seals the second factors of the staff.
pub(crate) const SECRET_KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

const PASSWORD: &str = "correct horse battery staple";

/// Creates an admin, and returns the access token of a new session.
pub(crate) fn admin_token(sihha: &Sihha, service: &Service) -> String {
    let script = r#"printf '%s\n' "$0" | "$@""#;
    let email = "admin@dsp.dz";
    let mut create = sihha.command_of("sh");
    create.args(["-c", script, PASSWORD]).arg(&sihha.program).args(["staff", "create", "--email", email]);
    create.args(["--name", "Leïla Amrani", "--role", "admin", "--password-stdin", "--json"]);
    let created: Value = serde_json::from_str(&Process::start(&mut create).finish().succeeded()).unwrap();
    let otp = otp(created["otpauth_uri"].as_str().unwrap(), SystemClock.now());
    let body = json!({ "email": email, "password": PASSWORD, "otp": otp });
    let logged_in = service.post("/api/staff/login", &body);
    assert_eq!(logged_in.status, 200, "{}", logged_in.text);
    logged_in.text_at("access").to_owned()
}
