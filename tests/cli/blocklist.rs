//! `sihha blocklist build`, and `--password-blocklist`.

use std::fs;
use std::io::Write;
use std::process::Stdio;

use nix::sys::signal::Signal;
use sihha_tests::{TestDatabase, samples};

use crate::process::{Finished, Process, Service, Sihha};

const KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
const OPTION: &str = "--password-blocklist";

/// Returns the status of a registration, and the code of the password's error.
fn register(service: &Service, email: &str, password: &str) -> (u16, Option<String>) {
    let mut body = samples::patient(email);
    body["password"] = password.into();
    let answer = service.post("/api/user/register", &body);
    (answer.status, answer.json["errors"]["password"][0]["code"].as_str().map(str::to_owned))
}

fn too_common() -> (u16, Option<String>) {
    (400, Some("password_too_common".to_owned()))
}

/// Creates a member of staff with a password from standard input.
fn create_staff(sihha: &Sihha, password: &str, more: &[&str]) -> Finished {
    let script = r#"line=$1; shift; printf '%s\n' "$line" | "$@""#;
    let mut command = sihha.command_of("sh");
    command.args(["-c", script, "sh", password]).arg(&sihha.program);
    command.args(["staff", "create", "--email", "leila@dsp-oran.dz", "--name", "Leïla", "--role", "admin"]);
    Process::start(command.args(["--password-stdin"]).args(more)).finish()
}

/// Writes a file beside the data. Returns its path.
fn file(sihha: &Sihha, name: &str, content: impl AsRef<[u8]>) -> String {
    let path = sihha.path().join(name);
    fs::write(&path, content).unwrap();
    path.into_os_string().into_string().unwrap()
}

#[test]
fn a_filter_of_a_list_refuses_its_passwords_and_the_common_ones() {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database);
    let list = file(&sihha, "list", "Couscous Vendredi\nshort\n5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8:9\n");
    let filter = sihha.path().join("filter").into_os_string().into_string().unwrap();
    let built = sihha.run(["blocklist", "build", &list, &filter]).succeeded();
    let size = fs::metadata(&filter).unwrap().len();
    assert_eq!(
        built,
        format!(
            "wrote a filter of 2 passwords, {size} bytes, to {filter}; skipped 1 lines that are no password of 8 to \
             128 characters\n"
        )
    );
    for source in [&filter, &list] {
        let service = sihha.serve_with([OPTION, source]);
        assert_eq!(register(&service, "amina@example.com", "couscous vendredi"), too_common());
        assert_eq!(register(&service, "amina@example.com", "password1"), too_common());
        let email = format!("amina{}@example.com", source.len());
        assert_eq!(register(&service, &email, "couscous samedi").0, 201);
        service.stop(Signal::SIGTERM).succeeded();
    }
}

#[test]
fn a_list_comes_from_standard_input_too_and_replaces_the_filter() {
    let sihha = Sihha::bare();
    let filter = file(&sihha, "filter", "what was there");
    let mut command = sihha.command(["blocklist", "build", "-", &filter]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all("couscous vendredi\n".as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    assert!(String::from_utf8(output.stdout).unwrap().starts_with("wrote a filter of 1 passwords"));
    assert!(!fs::read(&filter).unwrap().starts_with(b"what was there"));
}

#[test]
fn with_a_database_common_passwords_are_refused_unless_switched_off() {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database).with("SIHHA_SECRET_KEY", KEY);
    let service = sihha.serve();
    assert_eq!(register(&service, "amina@example.com", "12345678"), too_common());
    let stopped = service.stop(Signal::SIGTERM);
    assert!(!stopped.stderr.contains("common passwords are accepted"), "{}", stopped.stderr);
    stopped.succeeded();

    let sihha = sihha.with("SIHHA_PASSWORD_BLOCKLIST", "off");
    let service = sihha.serve();
    assert_eq!(register(&service, "amina@example.com", "12345678").0, 201);
    let stopped = service.stop(Signal::SIGTERM);
    let notices = stopped.stderr.matches("common passwords are accepted").count();
    assert_eq!(notices, 1, "{}", stopped.stderr);
    stopped.succeeded();
}

#[test]
fn on_a_private_postgres_they_are_accepted_except_for_staff_and_the_start_says_so() {
    let sihha = Sihha::made();
    let service = sihha.serve();
    assert_eq!(register(&service, "amina@example.com", "12345678").0, 201);
    let refused = create_staff(&sihha, "1qaz2wsx3edc", &[]);
    assert!(refused.refusal().contains("one of the most common passwords"), "{refused:?}");
    let own = create_staff(&sihha, "leila@dsp-oran.dz", &[OPTION, "off"]);
    assert!(own.refusal().contains("must not be the email of its owner"), "{own:?}");
    create_staff(&sihha, "1qaz2wsx3edc", &[OPTION, "off"]).succeeded();
    let stopped = service.stop(Signal::SIGTERM);
    let line = stopped.stderr.lines().find(|line| line.contains("common passwords are accepted"));
    assert!(line.is_some_and(|line| line.contains("`--password-blocklist on`")), "{}", stopped.stderr);
    stopped.succeeded();

    let service = sihha.serve_with([OPTION, "on"]);
    assert_eq!(register(&service, "other@example.com", "12345678"), too_common());
    service.stop(Signal::SIGTERM).succeeded();
}

#[test]
fn a_file_that_is_no_list_or_a_damaged_filter_prevents_the_start_in_one_line_that_names_it() {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database).with("SIHHA_SECRET_KEY", KEY);
    let list = file(&sihha, "list", "couscous vendredi\ncouscous samedi\n");
    let filter = file(&sihha, "filter", "");
    sihha.run(["blocklist", "build", &list, &filter]).succeeded();
    let whole = fs::read(&filter).unwrap();
    let mut changed = whole.clone();
    *changed.last_mut().unwrap() ^= 1;
    for (name, content, reason) in [
        ("missing", None, "No such file"),
        ("empty", Some(&b""[..]), "has no password"),
        ("program", Some(b"\x7fELF\0\0"), "neither a list"),
        ("cut", Some(&whole[..whole.len() - 1]), "damaged"),
        ("changed", Some(&changed), "damaged"),
    ] {
        let path = match content {
            Some(content) => file(&sihha, name, content),
            None => sihha.path().join(name).into_os_string().into_string().unwrap(),
        };
        let refused =
            [sihha.run(["serve", OPTION, &path]), create_staff(&sihha, "a long password", &[OPTION, &path])];
        for refused in refused {
            let line = refused.refusal();
            assert!(line.contains(&path) && line.contains(reason), "{name}: {line}");
        }
    }
    let refused = sihha.run(["blocklist", "build", "/nowhere/list", &filter]);
    assert!(refused.refusal().contains("/nowhere/list"), "{refused:?}");
    let refused = sihha.run(["blocklist", "build", &list, "/nowhere/filter"]);
    assert!(refused.refusal().contains("/nowhere/filter"), "{refused:?}");
}

#[test]
fn the_filter_of_the_commonest_passwords_takes_the_memory_of_its_size() {
    let sihha = Sihha::bare();
    let list = concat!(env!("CARGO_MANIFEST_DIR"), "/../infra/data/common-passwords.txt");
    let filter = file(&sihha, "filter", "");
    sihha.run(["blocklist", "build", list, &filter]).succeeded();
    // 18 to 20 bits for each of 38,452 passwords.
    let size = fs::metadata(&filter).unwrap().len();
    assert!((80_000..110_000).contains(&size), "{size}");
}
