//! `sihha serve`, from its start to its exit.

use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;

use nix::sys::signal::Signal;
use sihha_tests::{RawConnection, TestDatabase, samples};

use crate::process::{Process, Sihha};

/// A login whose head has reached the handler, and whose body has not been sent.
struct LoginInFlight {
    connection: RawConnection,
    body: String,
}

impl LoginInFlight {
    fn start(address: SocketAddr, email: &str) -> Self {
        let body = samples::login(email).to_string();
        let mut connection = RawConnection::open(address);
        connection.send(format!(
            "POST /api/user/login HTTP/1.1\r\nHost: sihha\r\nContent-Type: application/json\r\n\
             Expect: 100-continue\r\nContent-Length: {}\r\n\r\n",
            body.len()
        ));
        assert_eq!(connection.receive(25), "HTTP/1.1 100 Continue\r\n\r\n");
        Self { connection, body }
    }

    /// Sends the body. Returns the response.
    fn finish(mut self) -> String {
        self.connection.send(&self.body);
        self.response()
    }

    /// Returns the response, up to the close of the connection.
    fn response(self) -> String {
        self.connection.rest()
    }
}

#[test]
fn the_ready_line_is_the_only_output_of_a_service_that_answers() {
    let sihha = Sihha::fresh();
    let service = sihha.serve();
    for path in ["/health/live", "/health/ready", "/api/specialites", "/openapi.json", "/docs/"] {
        assert_eq!(service.get(path).status, 200, "{path}");
    }
    assert_eq!(service.post("/api/user/register", &samples::patient("amina@example.com")).status, 201);

    let announcement = service.announcement.clone();
    for part in [format!("http://{}/docs/", service.address()), "approvals list".to_owned()] {
        assert!(announcement.contains(&part), "{announcement}");
    }
    assert_eq!(service.stop(Signal::SIGTERM).succeeded().trim_end(), announcement);
}

#[test]
fn the_announced_command_can_be_pasted_into_a_shell() {
    let sihha = Sihha::made();
    let moved = sihha.path().join("l'accueil des patients");
    fs::rename(sihha.data_dir(), &moved).unwrap();
    let sihha = sihha.with("SIHHA_DATA_DIR", &moved);
    let service = sihha.serve();
    let (_, command) = service.announcement.split_once("waiting accounts: ").unwrap();

    let elsewhere = Sihha::bare();
    let typed = Process::start(elsewhere.command_of("sh").args(["-c", command])).finish();
    assert_eq!(typed.succeeded(), "no applications found\n");
}

#[test]
fn both_signals_stop_the_service_with_status_0_and_all_its_processes() {
    // A test that waited for an idle connection would time out.
    let sihha = Sihha::made().with("SIHHA_SHUTDOWN_TIMEOUT", "1h");
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let service = sihha.serve();
        let idle = TcpStream::connect(service.address()).unwrap();
        assert_eq!(service.get("/health/ready").status, 200);
        assert!(sihha.processes().len() > 1, "its Postgres runs in its folder");

        service.stop(signal).succeeded();
        assert_eq!(sihha.processes(), [], "{signal}");
        let run = fs::read_dir(sihha.data_dir().join("postgres/run")).unwrap();
        assert_eq!(run.count(), 0, "no socket is left after {signal}");
        assert!(!sihha.data_dir().join("postgres/cluster/postmaster.pid").exists(), "{signal}");
        drop(idle);
    }
}

#[test]
fn a_signal_during_the_start_stops_the_service() {
    let sihha = Sihha::fresh();
    let starting = sihha.start(["serve"]);
    starting.wait_for_log("creating the database");
    starting.signal(Signal::SIGTERM);
    assert_eq!(starting.finish().code, Some(0));
    assert_eq!(sihha.processes(), []);
}

#[test]
fn a_login_in_flight_finishes_after_the_signal() {
    let database = TestDatabase::new();
    let sihha =
        Sihha::on(&database).with("SIHHA_ARGON2_MEMORY_KIB", "131072").with("SIHHA_ARGON2_PASSES", "4");
    let service = sihha.serve();
    assert_eq!(service.post("/api/user/register", &samples::patient("amina@example.com")).status, 201);

    let login = LoginInFlight::start(service.address(), "amina@example.com");
    service.signal(Signal::SIGTERM);
    service.wait_for_log("stopping");
    let answer = login.finish();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.contains(r#""isPatient":true"#), "{answer}");
    service.finish().succeeded();
}

#[test]
fn a_second_signal_cuts_off_requests_in_flight() {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database).with("SIHHA_SHUTDOWN_TIMEOUT", "1h");
    let service = sihha.serve();
    let login = LoginInFlight::start(service.address(), "amina@example.com");
    service.signal(Signal::SIGTERM);
    service.wait_for_log("stopping");
    service.signal(Signal::SIGTERM);
    service.finish().succeeded();
    assert_eq!(login.response(), "");
}

#[test]
fn the_shutdown_timeout_cuts_off_requests_in_flight() {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database).with("SIHHA_SHUTDOWN_TIMEOUT", "1s");
    let service = sihha.serve();
    let login = LoginInFlight::start(service.address(), "amina@example.com");
    service.stop(Signal::SIGTERM).succeeded();
    assert_eq!(login.response(), "");
}

#[test]
fn accounts_and_tokens_survive_a_restart() {
    let sihha = Sihha::made();
    let service = sihha.serve();
    let registered = service.post("/api/user/register", &samples::patient("amina@example.com"));
    assert_eq!(registered.status, 201);
    service.stop(Signal::SIGTERM).succeeded();

    let service = sihha.serve();
    let login = service.post("/api/user/login", &samples::login("amina@example.com"));
    assert_eq!(login.status, 200, "{}", login.text);
    let me = service.get_as(registered.text_at("access"), "/api/me");
    assert_eq!(me.status, 200, "{}", me.text);
    for member in ["id", "email", "first_name", "last_name", "address"] {
        assert_eq!(me.json[member], registered.json[member], "{member}");
    }
}

#[test]
fn the_jwt_secret_is_generated_once_and_never_logged() {
    let sihha = Sihha::made();
    let file = sihha.data_dir().join("jwt-secret");
    let stopped = sihha.serve().stop(Signal::SIGTERM);
    let secret = fs::read_to_string(&file).unwrap();
    assert!(secret.trim_end().len() >= 32, "{} characters", secret.len());
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);

    let sihha = sihha.with("SIHHA_LOG", "trace");
    let again = sihha.serve().stop(Signal::SIGTERM);
    assert_eq!(fs::read_to_string(&file).unwrap(), secret);
    for finished in [stopped, again] {
        assert!(!finished.stderr.contains(secret.trim_end()) && !finished.stdout.contains(secret.trim_end()));
        finished.succeeded();
    }
    let other = Sihha::made();
    other.serve().stop(Signal::SIGTERM).succeeded();
    assert_ne!(fs::read_to_string(other.data_dir().join("jwt-secret")).unwrap(), secret);
}

#[test]
fn a_port_in_use_is_reported_in_one_line() {
    let sihha = Sihha::made();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let refused = sihha.run(["serve", "--listen", &address]);
    let line = refused.refusal();
    assert!(line.contains(&address) && line.contains("--listen"), "{line}");
    assert_eq!(sihha.processes(), []);
}

#[test]
fn a_second_service_on_the_same_data_is_rejected() {
    let sihha = Sihha::made();
    let first = sihha.serve();
    let postmaster = sihha.postmaster();
    let refused = sihha.run(["serve"]);
    let line = refused.refusal();
    assert!(line.contains(&format!("process {}", first.id())), "{line}");
    assert!(line.contains(sihha.data_dir().to_str().unwrap()), "{line}");

    assert_eq!(first.get("/health/ready").status, 200);
    assert_eq!(sihha.postmaster(), postmaster);
}

#[test]
fn a_service_waits_for_a_command_that_runs_the_postgres() {
    let sihha = Sihha::made();
    let command = sihha.start(["approvals", "list"]);
    let service = sihha.serve();
    assert_eq!(command.finish().succeeded(), "no applications found\n");
    assert_eq!(service.get("/health/ready").status, 200);
}

#[test]
fn silent_clients_do_not_delay_others() {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database).with("SIHHA_WORKERS", "1");
    let service = sihha.serve();
    let silent: Vec<_> = (0..50).map(|_| TcpStream::connect(service.address()).unwrap()).collect();
    let begun = LoginInFlight::start(service.address(), "amina@example.com");
    assert_eq!(service.get("/health/ready").status, 200);
    drop((silent, begun));
}

#[test]
fn a_role_with_few_connections_leaves_some_for_commands() {
    let database = TestDatabase::new().with_role("CONNECTION LIMIT 5");
    let sihha = Sihha::on(&database).with("DATABASE_URL", database.role_url());
    let service = sihha.serve_with(["--pool-size", "8"]);
    service.wait_for_log("fewer connections than --pool-size");
    let account = service.post("/api/user/register", &samples::patient("amina@example.com"));
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..10 {
                    assert_eq!(service.get_as(account.text_at("access"), "/api/me").status, 200);
                }
            });
        }
        assert_eq!(sihha.run(["approvals", "list"]).succeeded(), "no applications found\n");
        assert_eq!(service.get("/health/ready").status, 200);
    });
    assert!(!service.stop(Signal::SIGTERM).stderr.contains("unavailable"));
}
