//! `sihha staff`, while the service runs and while it does not.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

use nix::sys::signal::Signal;
use serde_json::{Value, json};
use sihha_domain::account::EmailAddress;
use sihha_domain::password::Password;
use sihha_domain::session::ClientInfo;
use sihha_domain::staff::{StaffLoginAttempt, StaffRole, StaffSessionError};
use sihha_domain::testing::PlainStaffIssuer;
use sihha_domain::use_cases::{Ports, Settings, UseCases};
use sihha_infra::secret_box::ChaChaBox;
use sihha_infra::system::SystemRandomness;
use sihha_infra::tools;
use sihha_tests::TestDatabase;
use sihha_tests::staff::otp;

use crate::process::{Finished, Process, Sihha};

const PASSWORD: &str = "كلمة سر du DSP";
const KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
const EMAIL: [&str; 2] = ["--email", "leila@dsp-oran.dz"];

/// Runs a command about staff with a line on standard input.
fn typed(sihha: &Sihha, line: &str, arguments: &[&str]) -> Finished {
    let script = r#"line=$1; shift; printf '%s\n' "$line" | "$@""#;
    let mut command = sihha.command_of("sh");
    command.args(["-c", script, "sh", line]).arg(&sihha.program).arg("staff").args(arguments);
    Process::start(command.arg("--password-stdin")).finish()
}

fn create(sihha: &Sihha, password: &str, more: &[&str]) -> Finished {
    let arguments = [&["create", "--name", "Leïla Amrani"][..], &EMAIL, more].concat();
    typed(sihha, password, &arguments)
}

fn created(sihha: &Sihha, more: &[&str]) -> Value {
    let created = create(sihha, PASSWORD, &[more, &["--json"]].concat());
    serde_json::from_str(&created.succeeded()).unwrap()
}

fn list(sihha: &Sihha) -> Value {
    let text = sihha.run(["staff", "list", "--json"]).succeeded();
    text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()).collect()
}

/// Logs in as the service does, without it.
fn log_in(
    database: &TestDatabase,
    password: &str,
    otpauth_uri: &str,
) -> Result<StaffRole, StaffSessionError> {
    let tools = tools::ports(&database.open());
    let now = tools.clock.now();
    let secret_box = ChaChaBox::new(KEY.as_bytes(), Arc::new(SystemRandomness)).unwrap();
    let ports = Ports {
        staff_issuer: Arc::new(PlainStaffIssuer::default()),
        secret_box: Arc::new(secret_box),
        ..tools
    };
    let attempt = StaffLoginAttempt {
        email: EmailAddress::parse(EMAIL[1]).unwrap(),
        password: Password::attempt(password).unwrap(),
        otp: Some(otp(otpauth_uri, now)),
        client: ClientInfo::default(),
    };
    let outcome = UseCases::new(ports, Settings::DEFAULT).staff_login.run(&attempt, &|| false);
    outcome.map(|logged_in| logged_in.member.role).map_err(|refused| refused.error)
}

#[test]
fn a_member_is_created_listed_disabled_and_enabled_beside_the_service() {
    let sihha = Sihha::made();
    let service = sihha.serve();
    let (_, command) = service.announcement.split_once("first admin: ").unwrap();
    assert!(command.contains("staff create --email EMAIL --name NAME --role admin --data-dir"), "{command}");
    assert_eq!(
        sihha.run(["staff", "list"]).succeeded(),
        "no staff yet; `sihha staff create` adds a member\n"
    );

    let more = ["--role", "reviewer", "--directorate", "DSP d'Oran", "--wilaya", "31", "--wilaya", "16"];
    let shown = created(&sihha, &[&more[..], &["--applicant-role", "doctor"]].concat());
    let members = list(&sihha);
    let listed = &members[0];
    for member in ["id", "email", "role"] {
        assert_eq!(listed[member], shown[member], "{member}");
    }
    assert_eq!((&listed["email"], &listed["role"]), (&json!(EMAIL[1]), &json!("reviewer")));
    assert_eq!((&listed["wilayas"], &listed["applicant_roles"]), (&json!(["31", "16"]), &json!(["doctor"])));
    assert_eq!((&listed["directorate"], &listed["disabled_at"]), (&json!("DSP d'Oran"), &Value::Null));

    let by_email = ["--email", "LEILA@dsp-oran.dz"];
    let disabled = sihha.run_all(&[&["staff", "disable"][..], &by_email].concat()).succeeded();
    assert_eq!(disabled, "disabled reviewer leila@dsp-oran.dz (Leïla Amrani)\n");
    assert!(list(&sihha)[0]["disabled_at"].is_string());
    let line = sihha.run(["staff", "list"]).succeeded();
    assert!(line.contains("disabled  reviewer leila@dsp-oran.dz") && line.contains(", wilaya 31"), "{line}");
    service.stop(Signal::SIGTERM).succeeded();

    sihha.run_all(&[&["staff", "enable"][..], &EMAIL].concat()).succeeded();
    assert_eq!(list(&sihha)[0]["disabled_at"], Value::Null);
    let service = sihha.serve();
    assert!(!service.announcement.contains("first admin"), "{}", service.announcement);
    let key = sihha.data_dir().join("secret-key");
    assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_to_string(&key).unwrap().trim_end().len(), 64);
    service.stop(Signal::SIGTERM).succeeded();
}

#[test]
fn the_secrets_that_are_shown_log_in_until_they_are_reset() {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database).with("SIHHA_SECRET_KEY", KEY);
    let shown = created(&sihha, &["--role", "admin"]);
    let uri = shown["otpauth_uri"].as_str().unwrap();
    assert_eq!(shown["recovery_codes"].as_array().unwrap().len(), 10);
    assert_eq!(log_in(&database, PASSWORD, uri), Ok(StaffRole::Admin));

    let password = "another long password";
    let reset = typed(&sihha, password, &[&["reset-password"][..], &EMAIL].concat()).succeeded();
    assert_eq!(reset, "replaced the password of admin leila@dsp-oran.dz (Leïla Amrani)\n");
    assert_eq!(log_in(&database, PASSWORD, uri), Err(StaffSessionError::WrongCredentials));

    let reset = sihha.run_all(&[&["staff", "reset-second-factor"][..], &EMAIL].concat()).succeeded();
    let new_uri = reset.lines().map(str::trim).find(|line| line.starts_with("otpauth://")).unwrap();
    let is_code = |line: &&str| line.trim().split('-').filter(|group| group.len() == 4).count() == 7;
    assert_eq!(reset.lines().filter(is_code).count(), 10, "{reset}");
    assert_eq!(log_in(&database, password, uri), Err(StaffSessionError::OtpRequired));
    assert_eq!(log_in(&database, password, new_uri), Ok(StaffRole::Admin));
}

#[test]
fn what_is_wrong_is_told_in_one_line() {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database).with("SIHHA_SECRET_KEY", KEY);
    let admin = ["--role", "admin"];
    let short = create(&sihha, "eleven char", &admin);
    assert!(short.refusal().contains("at least 12 characters"), "{short:?}");
    let scoped = create(&sihha, PASSWORD, &["--role", "admin", "--wilaya", "31"]);
    assert!(scoped.refusal().contains("leave out --wilaya"), "{scoped:?}");
    let no_terminal = sihha.run_all(&[&["staff", "create", "--name", "L"][..], &EMAIL, &admin].concat());
    assert!(no_terminal.refusal().contains("--password-stdin"), "{no_terminal:?}");
    for (option, value, hint) in [
        ("--wilaya", "70", "01 to 69"),
        ("--applicant-role", "user", "doctor, hospital or labo"),
        ("--role", "chief", "reviewer or admin"),
    ] {
        let role = if option == "--role" { &[][..] } else { &admin };
        let refused = create(&sihha, PASSWORD, &[role, &[option, value]].concat());
        assert!(refused.usage_error().contains(hint), "{refused:?}");
    }
    for command in ["disable", "enable", "reset-second-factor"] {
        let unknown = sihha.run_all(&[&["staff", command][..], &EMAIL].concat());
        assert!(unknown.refusal().contains("`sihha staff list`"), "{unknown:?}");
    }
    assert_eq!(list(&sihha), json!([]), "nothing was created");

    create(&sihha, PASSWORD, &admin).succeeded();
    let taken = create(&sihha, PASSWORD, &admin);
    assert!(taken.refusal().contains("leila@dsp-oran.dz"), "{taken:?}");
}

#[test]
fn without_a_key_the_service_starts_and_says_what_to_set() {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database);
    let refused = create(&sihha, PASSWORD, &["--role", "admin"]);
    assert!(refused.refusal().contains("SIHHA_SECRET_KEY_FILE"), "{refused:?}");
    sihha.serve().stop(Signal::SIGTERM).succeeded();

    let sihha = sihha.with("SIHHA_SECRET_KEY", "too short");
    let invalid = create(&sihha, PASSWORD, &["--role", "admin"]);
    assert!(invalid.refusal().contains("64 hexadecimal digits"), "{invalid:?}");
    let sihha = sihha.with("SIHHA_SECRET_KEY", KEY);
    create(&sihha, PASSWORD, &["--role", "admin"]).succeeded();

    let sihha = sihha.without("SIHHA_SECRET_KEY");
    let service = sihha.serve();
    service.wait_for_log("staff can log in with a recovery code only: no secret key is given");
    service.stop(Signal::SIGTERM).succeeded();
}
