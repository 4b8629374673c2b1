//! Runs the example tools as programs, each on a new database.

use std::io;
use std::process::{Command, Output};

use sihha_tests::{TestApp, TestDatabase, samples};

fn run(program: &str, database: &str, argument: &str) -> Output {
    Command::new(program).arg(argument).env("DATABASE_URL", database).output().expect("the program starts")
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("UTF-8")
}

#[test]
fn applications_that_have_waited_long_enough_are_listed() {
    let app = TestApp::start();
    let doctor = app.post("/api/doctor/register", &samples::doctor("yacine@example.com"));
    let patient = app.post("/api/user/register", &samples::patient("amina@example.com"));
    assert_eq!((doctor.status, patient.status), (201, 201));
    let listed = run(env!("CARGO_BIN_EXE_list_waiting"), &app.database.url(), "0");
    let [line] = text(&listed.stdout).lines().collect::<Vec<_>>()[..] else { panic!("{listed:?}") };
    assert!(line.contains("\tdoctor\tyacine@example.com\t"), "{line}");
    assert!(listed.status.success());
}

#[test]
fn a_listed_name_stays_on_its_line_and_a_closed_pipe_is_no_error() {
    let app = TestApp::start();
    let doctor = app.post("/api/doctor/register", &samples::doctor("yacine@example.com"));
    assert_eq!(doctor.status, 201);
    // As a former release accepted it.
    app.database.execute(r"UPDATE doctors SET last_name = E'\x1b[31mX\n' || U&'\202E!'").unwrap();
    let url = app.database.url();
    let listed = run(env!("CARGO_BIN_EXE_list_waiting"), &url, "0");
    assert!(text(&listed.stdout).ends_with("\\u{1b}[31mX\\u{a}\\u{202e}!\n"), "{listed:?}");

    let (reader, writer) = io::pipe().unwrap();
    drop(reader);
    let mut command = Command::new(env!("CARGO_BIN_EXE_list_waiting"));
    let unread = command.arg("0").env("DATABASE_URL", url).stdout(writer).output().unwrap();
    assert!(unread.status.success() && unread.stderr.is_empty(), "{unread:?}");
}

#[test]
fn rows_are_registered_and_wrong_ones_reported() {
    let database = TestDatabase::new();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("patients.csv");
    let rows = "email,password,carte_id,first_name,last_name,birth_date,numero_tel,gender,last_name_ar,nin\n\
        amina@example.com,couscous le vendredi,109900515042,أمينة,Bénabadji,1990-05,0552 98 73 32,Female,بن عبادجي,1 0990 0515 0421 23456\n\
        amina@,couscous le vendredi,109900515043,Amina,Bénabadji,1990-05-15,0552 98 73 32,Female,,\n\
        AMINA@example.com,couscous le vendredi,109900515044,Amina,Bénabadji,1990-05-15,0552 98 73 32,Female,-,-\n\
        nadia@example.com,couscous le vendredi,109900515045,Nadia,Bénabadji,1990-05-15,0552 98 73 32,Female,,1-09900515042123456\n";
    std::fs::write(&file, rows).unwrap();
    let outcome = run(env!("CARGO_BIN_EXE_register_from_csv"), &database.url(), file.to_str().unwrap());
    assert_eq!(text(&outcome.stdout), "1 registered, 3 failed\n");
    let errors = text(&outcome.stderr);
    for error in ["row 2: email: ", "row 3: email is already taken", "row 4: nin is already taken"] {
        assert!(errors.contains(error), "{errors}");
    }
    assert!(!outcome.status.success());

    let app = TestApp::start_with(database, |_| {});
    let login = app.post(
        "/api/user/login",
        &serde_json::json!({"email": "amina@example.com", "password": "couscous le vendredi"}),
    );
    assert_eq!(login.status, 200);
    let account = app.get_as(login.text_at("access"), "/api/me").json;
    assert_eq!([&account["birth_date"], &account["last_name_ar"]], ["1990-05", "بن عبادجي"]);
}
