//! `PgBouncer` between the service and Postgres: session mode works, transaction mode is rejected.

use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::Arc;

use nix::unistd::geteuid;
use sihha_tests::{TestDatabase, TestPostgres, samples, temporary_dir};
use tempfile::TempDir;

use crate::process::{Process, Sihha, eventually};

/// A `PgBouncer` in front of the server of a database. Killed when dropped.
struct Pooler {
    port: u16,
    _process: Process,
    _folder: TempDir,
}

impl Pooler {
    fn start(database: &TestDatabase, mode: &str) -> Self {
        let folder = temporary_dir();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let socket = database.postgres().socket_folder();
        let settings = format!(
            "[databases]\n* = host={} port=5432 user=postgres\n[pgbouncer]\nlisten_addr = 127.0.0.1\n\
             listen_port = {port}\nunix_socket_dir =\nauth_type = any\npool_mode = {mode}\n",
            socket.display()
        );
        let file = folder.path().join("pgbouncer.ini");
        std::fs::write(&file, settings).unwrap();
        let mut command = Command::new("pgbouncer");
        command.env("PATH", "/usr/bin:/bin:/usr/sbin");
        // It does not run as root.
        if geteuid().is_root() {
            command.args(["-u", "postgres"]);
        }
        let process = Process::start(command.arg(&file));
        eventually("a pooler that listens", || TcpStream::connect(("127.0.0.1", port)).ok());
        Self { port, _process: process, _folder: folder }
    }

    fn url(&self, database: &TestDatabase) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{}", self.port, database.name())
    }
}

#[test]
fn a_pooler_that_shares_connections_is_rejected_in_one_line() {
    let database = TestDatabase::on(Arc::new(TestPostgres::start()));
    for mode in ["transaction", "statement"] {
        let pooler = Pooler::start(&database, mode);
        let sihha = Sihha::on(&database).with("DATABASE_URL", pooler.url(&database));
        for refused in [sihha.run(["serve"]), sihha.run(["migrate"]), sihha.run(["approvals", "list"])] {
            let line = refused.refusal();
            assert!(line.contains("pooler"), "{mode}: {line}");
            assert_eq!(refused.stderr.lines().count(), 1, "{mode}: {refused:?}");
        }
    }
}

#[test]
fn a_pooler_in_session_mode_works() {
    let database = TestDatabase::on(Arc::new(TestPostgres::start()));
    let pooler = Pooler::start(&database, "session");
    let sihha = Sihha::on(&database).with("DATABASE_URL", pooler.url(&database));
    let service = sihha.serve();
    assert_eq!(service.post("/api/user/register", &samples::patient("amina@example.com")).status, 201);
    assert_eq!(service.post("/api/user/login", &samples::login("amina@example.com")).status, 200);
}
