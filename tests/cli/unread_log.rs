//! The service works if its log cannot be written or its reader is blocked.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;

use nix::fcntl::{FcntlArg, fcntl};
use nix::pty::openpty;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use sihha_tests::{Client, TestDatabase};

use crate::process::{DEADLINE, Sihha, eventually};

/// A service with a standard error of the test's choice. Killed when dropped.
struct Service {
    child: Child,
    client: Client,
}

impl Service {
    fn start(command: &mut Command, stderr: impl Into<Stdio>) -> Self {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(stderr).spawn().unwrap();
        let mut announcement = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut announcement).unwrap();
        let address = announcement.split_once("http://").and_then(|(_, rest)| rest.split_once("/api"));
        let (address, _) = address.unwrap_or_else(|| panic!("the service did not start: {announcement:?}"));
        Self { client: Client::new(address.parse().unwrap()), child }
    }

    /// Sends `count` requests with the longest log lines.
    fn flood(&self, count: usize) {
        const AT_A_TIME: usize = 50;
        assert_eq!(count % AT_A_TIME, 0);
        let request = |connection| {
            let (method, id) = ("M".repeat(32), "i".repeat(64));
            format!(
                "{method} /nowhere HTTP/1.1\r\nHost: a\r\nX-Request-Id: {id}\r\nConnection: {connection}\r\n\r\n"
            )
        };
        let requests = request("keep-alive").repeat(AT_A_TIME - 1) + &request("close");
        for _ in 0..count / AT_A_TIME {
            let mut stream = TcpStream::connect(self.client.address()).unwrap();
            stream.set_read_timeout(Some(DEADLINE)).unwrap();
            stream.write_all(requests.as_bytes()).unwrap();
            let mut answers = String::new();
            stream.read_to_string(&mut answers).unwrap();
            assert_eq!(answers.matches("HTTP/1.1 404").count(), AT_A_TIME, "{answers}");
        }
    }

    fn terminate(mut self) -> ExitStatus {
        kill(Pid::from_raw(self.child.id().cast_signed()), Signal::SIGTERM).unwrap();
        eventually("the exit", || self.child.try_wait().unwrap())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Asserts that a service with this standard error starts, answers and stops.
#[track_caller]
fn assert_serves(stderr: impl Into<Stdio>) {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database).with("SIHHA_TRUSTED_PROXIES", "127.0.0.1");
    let service = Service::start(&mut sihha.command(["serve"]), stderr);
    for _ in 0..10 {
        assert_eq!(service.client.get("/api/me").status, 401);
    }
    assert_eq!(service.terminate().code(), Some(0));
}

#[test]
fn a_closed_pipe_stops_nothing() {
    let (reader, writer) = io::pipe().unwrap();
    drop(reader);
    assert_serves(writer);
}

#[test]
fn a_full_disk_stops_nothing() {
    assert_serves(OpenOptions::new().write(true).open("/dev/full").unwrap());
}

#[test]
fn a_lost_terminal_stops_nothing() {
    let terminal = openpty(None, None).unwrap();
    drop(terminal.master);
    assert_serves(terminal.slave);
}

#[test]
fn a_read_only_descriptor_stops_nothing() {
    assert_serves(File::open("/dev/null").unwrap());
}

#[test]
fn a_closed_standard_error_stops_nothing() {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database);
    let mut shell = sihha.command_of("sh");
    shell.args(["-c", "exec \"$0\" serve 2>&-", env!("CARGO_BIN_EXE_sihha")]);
    let service = Service::start(&mut shell, Stdio::null());
    assert_eq!(service.client.get("/api/me").status, 401);
    assert_eq!(service.terminate().code(), Some(0));
}

#[test]
fn a_file_at_its_size_limit_stops_nothing() {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database);
    let mut shell = sihha.command_of("sh");
    shell.args(["-c", "ulimit -f 1 && exec \"$0\" serve 2>log", env!("CARGO_BIN_EXE_sihha")]);
    let service = Service::start(&mut shell, Stdio::null());
    service.flood(50);
    eventually("the limit", || (sihha.path().join("log").metadata().unwrap().len() >= 512).then_some(()));
    assert_eq!(service.client.get("/api/me").status, 401);
    assert_eq!(service.terminate().code(), Some(0));
}

/// Returns a pipe with room for one page.
fn small_pipe() -> (io::PipeReader, io::PipeWriter) {
    let (reader, writer) = io::pipe().unwrap();
    fcntl(&writer, FcntlArg::F_SETPIPE_SZ(4096)).unwrap();
    (reader, writer)
}

#[test]
fn a_blocked_reader_blocks_neither_requests_nor_sigterm() {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database).with("SIHHA_TRUSTED_PROXIES", "127.0.0.1");
    let (reader, writer) = small_pipe();
    let service = Service::start(&mut sihha.command(["serve"]), writer);
    service.flood(200);
    assert_eq!(service.client.get("/health/live").status, 200);
    assert_eq!(service.client.get("/health/ready").status, 200);
    assert_eq!(service.terminate().code(), Some(0));
    drop(reader);
}

#[test]
fn dropped_lines_are_counted_in_the_next_line_and_lines_stay_whole() {
    const REQUESTS: usize = 20_000;
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database).with("SIHHA_TRUSTED_PROXIES", "127.0.0.1");
    let (reader, writer) = small_pipe();
    let service = Service::start(&mut sihha.command(["serve"]), writer);
    service.flood(REQUESTS);

    let (found, is_found) = std::sync::mpsc::channel();
    let reading = thread::spawn(move || {
        let mut lines: Vec<Value> = Vec::new();
        for line in BufReader::new(reader).lines() {
            let line = line.unwrap();
            lines.push(serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}")));
            if lines.last().unwrap()["message"] == "log lines dropped" {
                let _ = found.send(());
            }
        }
        lines
    });
    is_found.recv_timeout(DEADLINE).unwrap();
    assert_eq!(service.client.get("/api/me").status, 401);
    assert_eq!(service.terminate().code(), Some(0));

    let lines = reading.join().unwrap();
    let (reports, others): (Vec<_>, Vec<_>) =
        lines.iter().partition(|line| line["message"] == "log lines dropped");
    assert!(
        reports.iter().all(|line| line["level"] == "WARN" && line["timestamp"].is_string()),
        "{reports:?}"
    );
    let dropped: u64 = reports.iter().map(|line| line["dropped"].as_u64().unwrap()).sum();
    let requests = others.iter().filter(|line| line["message"] == "request").count();
    assert!(dropped > 0);
    assert_eq!(
        requests + usize::try_from(dropped).unwrap(),
        REQUESTS + 1,
        "each request has a line or is counted"
    );
    assert_eq!(lines.last().unwrap()["message"], "stopped", "the last lines are written before the exit");
}
