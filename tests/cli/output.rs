//! Standard output, also if it cannot be written.

use std::fs::OpenOptions;
use std::io::{self, PipeReader, Read};
use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Stdio};

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, write};
use sihha_tests::{Client, TestDatabase, samples};

use crate::process::{JWT_SECRET, Sihha, eventually};

fn full() -> Stdio {
    OpenOptions::new().write(true).open("/dev/full").unwrap().into()
}

fn closed_pipe() -> Stdio {
    let (reader, writer) = io::pipe().unwrap();
    drop(reader);
    writer.into()
}

/// Returns the exit status and the text of standard error.
fn outcome(mut child: Child) -> (Option<i32>, String) {
    let mut stderr = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    (child.wait().unwrap().code(), stderr)
}

/// Commands that print something and change nothing.
const COMMANDS: [&[&str]; 6] = [
    &["openapi"],
    &["--help"],
    &["serve", "--help"],
    &["--version"],
    &["approvals", "list"],
    &["keys", "list"],
];

fn commands(stdout: fn() -> Stdio) -> Vec<(String, Option<i32>, String)> {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database).without("SIHHA_LISTEN");
    let keys = sihha.path().join("keys");
    std::fs::create_dir(&keys).unwrap();
    let sihha = sihha.with("SIHHA_SIGNING_KEYS", keys);
    let run = |arguments: &&[&str]| {
        let mut command = sihha.command([]);
        command.args(*arguments).stdin(Stdio::null()).stdout(stdout()).stderr(Stdio::piped());
        let (code, stderr) = outcome(command.spawn().unwrap());
        (arguments.join(" "), code, stderr)
    };
    COMMANDS.iter().map(run).collect()
}

#[test]
fn output_that_cannot_be_written_is_an_error() {
    for (command, code, stderr) in commands(full) {
        assert_eq!(code, Some(1), "{command}: {stderr}");
        let line = "sihha: cannot write to standard output: No space left on device (os error 28)\n";
        assert_eq!(stderr, line, "{command}");
    }
}

#[test]
fn a_closed_pipe_is_not_an_error() {
    for (command, code, stderr) in commands(closed_pipe) {
        assert_eq!((code, stderr.as_str()), (Some(0), ""), "{command}");
    }
}

#[test]
fn a_change_is_reported_on_standard_error_if_the_output_cannot_be_written() {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database);
    let service = sihha.serve();
    for role in ["doctor", "hospital"] {
        let request = samples::registration(role, &format!("{role}@example.com"));
        assert_eq!(service.post(&format!("/api/{role}/register"), &request).status, 201);
    }
    let keys = format!("--signing-keys={}", sihha.path().join("keys").display());
    sihha.run(["keys", "generate", &keys]).succeeded();
    let generated = sihha.run(["keys", "generate", &keys]).succeeded();
    let pending = generated.split([' ', ',']).nth(2).unwrap();
    let doctor = ["--role=doctor", "--email=doctor@example.com"];
    let hospital = ["--role=hospital", "--email=hospital@example.com", "--reason=expiré"];
    for (command, arguments, done) in [
        ("approvals approve", &doctor[..], "approved: doctor doctor@example.com "),
        ("approvals reject", &hospital, "rejected: hospital hospital@example.com "),
        ("accounts suspend", &hospital[1..], "suspended: hospital hospital@example.com "),
        ("accounts reinstate", &hospital[1..2], "reinstated: hospital hospital@example.com "),
        ("sessions mark-restored", &["--opened-before=2100-01-01T00:00:00Z"], " sessions can refresh once "),
        ("migrate", &[], "the schema is already up to date"),
        ("keys generate", &[&keys], "generated: "),
        ("keys retire", &[pending, &keys], "retired: "),
        ("keys rotate-now", &[&keys], "removed: "),
    ] {
        let mut child = sihha.command([]);
        child.args(command.split(' ')).args(arguments).stdout(full()).stderr(Stdio::piped());
        let (code, stderr) = outcome(child.spawn().unwrap());
        assert_eq!(code, Some(0), "{command}: {stderr}");
        let reason = "cannot write to standard output: No space left on device (os error 28)";
        let end = format!("\nsihha: {reason}; the command has succeeded\n");
        assert!(stderr.contains(done) && stderr.ends_with(&end), "{command}: {stderr}");
    }
    assert_eq!(database.number("SELECT count(*) AS n FROM approvals WHERE state <> 'pending'"), 2);
}

#[test]
fn a_reader_that_has_read_enough_is_not_an_error() {
    let (mut reader, writer) = io::pipe().unwrap();
    let sihha = Sihha::bare();
    let mut command = sihha.command(["openapi"]);
    command.stdin(Stdio::null()).stdout(writer).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    // Closes our copy of the writer.
    drop(command);
    reader.read_exact(&mut [0; 10]).unwrap();
    drop(reader);
    assert_eq!(outcome(child), (Some(0), String::new()));
}

#[test]
fn a_document_is_whole_in_a_non_blocking_pipe() {
    let (mut reader, writer) = io::pipe().unwrap();
    fcntl(&writer, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).unwrap();
    let sihha = Sihha::bare();
    let mut child = sihha.command(["openapi"]).stdin(Stdio::null()).stdout(writer).spawn().unwrap();
    let mut document = String::new();
    reader.read_to_string(&mut document).unwrap();
    assert!(child.wait().unwrap().success());
    assert!(document == sihha.run(["openapi"]).succeeded(), "{document}");
}

#[test]
fn an_error_that_cannot_be_printed_keeps_its_exit_status() {
    let sihha = Sihha::bare().with("SIHHA_JWT_SECRET", JWT_SECRET);
    let database = "--database-url=postgres://sihha@localhost:1/sihha";
    for stderr in [full, closed_pipe] {
        for (arguments, status) in [
            (["serve", database], 1),
            (["migrate", database], 1),
            (["openapi", "--log=sihha=loud"], 1),
            (["serve", "--unknown"], 2),
        ] {
            let mut command = sihha.command(arguments);
            let code = command.stdout(Stdio::null()).stderr(stderr()).status().unwrap().code();
            assert_eq!(code, Some(status), "{arguments:?}");
        }
    }
}

/// Asserts that the service starts, answers and stops with that standard output; `host` is used by
/// no other test.
fn assert_serves(host: &str, redirection: &str, stdout: Stdio) -> String {
    let free = TcpListener::bind((host, 0)).unwrap().local_addr().unwrap();
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database).with("SIHHA_LISTEN", free.to_string());
    let mut shell = sihha.command_of("sh");
    shell.args(["-c", &format!("exec \"$0\" serve {redirection}"), env!("CARGO_BIN_EXE_sihha")]);
    let child = shell.stdin(Stdio::null()).stdout(stdout).stderr(Stdio::piped()).spawn().unwrap();
    wait_for(free);
    assert_eq!(Client::new(free).get("/health/ready").status, 200);
    kill(Pid::from_raw(child.id().cast_signed()), Signal::SIGTERM).unwrap();
    let (code, stderr) = outcome(child);
    assert_eq!(code, Some(0), "{stderr}");
    stderr
}

fn wait_for(address: SocketAddr) {
    eventually("the service", || std::net::TcpStream::connect(address).ok());
}

#[test]
fn the_service_starts_when_its_ready_line_cannot_be_written() {
    let stderr = assert_serves("127.0.0.41", ">/dev/full", Stdio::null());
    assert!(stderr.contains("No space left on device"), "{stderr}");
    assert_serves("127.0.0.42", ">&-", Stdio::null());
    assert_serves("127.0.0.43", "", closed_pipe());
    assert_serves("127.0.0.44", ">&- 2>&- <&-", Stdio::null());
}

/// Returns a full pipe and its reader.
fn filled_pipe() -> (PipeReader, Stdio) {
    let (reader, writer) = io::pipe().unwrap();
    fcntl(&writer, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).unwrap();
    while write(&writer, &[b'.'; 4096]).is_ok() {}
    fcntl(&writer, FcntlArg::F_SETFL(OFlag::empty())).unwrap();
    (reader, writer.into())
}

#[test]
fn the_service_starts_and_stops_when_the_reader_of_its_output_is_blocked() {
    let (reader, stdout) = filled_pipe();
    assert_serves("127.0.0.45", "", stdout);
    drop(reader);
}
