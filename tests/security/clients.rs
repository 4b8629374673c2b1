//! Hostile clients: they do not read, do not write, write slowly, or log in without end. Meanwhile
//! an honest client is answered, memory is bounded, and afterwards the service is as before.

use std::fs;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::Signal;
use sihha_tests::{Client, TestDatabase, samples};
use socket2::{Domain, Socket, Type};

use crate::process::{DEADLINE, Service, Sihha, eventually};

/// Maximum memory of the service on two cores in KiB, and per open connection, as in
/// `docs/operations.md`.
const MAX_MEMORY: usize = 160 * 1024;
const MAX_MEMORY_PER_CONNECTION: usize = 20;

/// Maximum time in which the honest client is answered.
const MAX_WAIT: Duration = Duration::from_secs(1);
/// The same while all hostile clients get their first answer, from a service that is not optimised and
/// shares its cores with them.
const MAX_WAIT_BEHIND_ANSWERS: Duration = Duration::from_secs(20);
/// The same for its logins, while one network guesses.
const MAX_LOGIN_WAIT: Duration = Duration::from_secs(20);

/// Addresses of clients in each network, of which the service sees the first 24 bits.
const CLIENTS_PER_NETWORK: usize = 100;

const HONEST: &str = "honest@example.com";

/// A service with short time limits, and an honest client.
struct Stage {
    _sihha: Sihha,
    service: Service,
    token: String,
    files: usize,
    _database: TestDatabase,
}

impl Stage {
    fn new() -> Self {
        // This process has the clients' ends of the connections.
        let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
        setrlimit(Resource::RLIMIT_NOFILE, hard, hard).unwrap();
        let database = TestDatabase::new();
        // Hashes and the log have their real cost.
        let sihha = Sihha::on(&database)
            .without("SIHHA_ARGON2_MEMORY_KIB")
            .without("SIHHA_ARGON2_PASSES")
            .with("SIHHA_LOG", "info")
            .with("SIHHA_HEAD_TIMEOUT", "3s")
            .with("SIHHA_BODY_TIMEOUT", "3s")
            .with("SIHHA_RESPONSE_TIMEOUT", "3s")
            .with("SIHHA_ACCESS_LIFETIME", "1h");
        let service = sihha.serve();
        let registered = service.post("/api/user/register", &samples::patient(HONEST));
        let token = registered.text_at("access").to_owned();
        // The first request makes the document, and others wait for it.
        assert_eq!(service.get("/openapi.json").status, 200);
        let files = open_files(&service);
        Self { _sihha: sihha, service, token, files, _database: database }
    }

    /// Returns how long the honest client waits for its account, on a connection of its own.
    fn read_own_account(&self) -> Duration {
        let started = Instant::now();
        let answer = Client::new(self.service.address()).get_as(&self.token, "/api/me");
        assert_eq!(answer.status, 200, "{}", answer.text);
        started.elapsed()
    }

    /// Asserts that memory stayed within its limit, and that the service closes all connections and
    /// goes on. Prints the figures.
    fn assert_recovery(self, attack: &str, connections: usize, waits: &mut [Duration], max_wait: Duration) {
        let memory = peak_memory(&self.service);
        waits.sort_unstable();
        let (median, longest) = (waits[waits.len() / 2], waits[waits.len() - 1]);
        println!("{attack}: {connections} connections; {memory} KiB at most");
        println!("    the honest client waited {median:?} (median of {}), {longest:?} at most", waits.len());
        assert!(median < MAX_WAIT && longest < max_wait, "{attack}: {median:?}, {longest:?}");
        let max_memory = MAX_MEMORY + MAX_MEMORY_PER_CONNECTION * connections;
        assert!(memory <= max_memory, "{attack}: {memory} KiB of {max_memory} KiB");
        // Some connections to the database are opened meanwhile, and the client's may stay open.
        eventually("the close of all connections", || {
            (open_files(&self.service) <= self.files + 10).then_some(())
        });
        assert!(self.read_own_account() < MAX_WAIT);
        self.service.stop(Signal::SIGTERM).succeeded();
    }
}

/// Returns the peak resident memory of the service in KiB.
fn peak_memory(service: &Service) -> usize {
    let status = fs::read_to_string(format!("/proc/{}/status", service.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

fn open_files(service: &Service) -> usize {
    fs::read_dir(format!("/proc/{}/fd", service.id())).unwrap().count()
}

/// Connects as the client with this number. Neighbours share a network.
fn connect(number: usize, server: SocketAddr) -> io::Result<TcpStream> {
    let [network, host] = [number / CLIENTS_PER_NETWORK, number % CLIENTS_PER_NETWORK + 1]
        .map(|number| u8::try_from(number).expect("a client's number"));
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    // Across a network nobody receives gigabytes a second, which a large buffer would here.
    socket.set_recv_buffer_size(16 * 1024)?;
    socket.bind(&SocketAddrV4::new(Ipv4Addr::new(127, 1, network, host), 0).into())?;
    socket.connect_timeout(&server.into(), Duration::from_secs(10))?;
    Ok(socket.into())
}

/// A connection of a hostile client, opened again whenever the service closes it.
struct Hostile {
    number: usize,
    stream: Option<TcpStream>,
    sent: usize,
    closed: usize,
}

impl Hostile {
    fn new(number: usize, server: SocketAddr) -> Self {
        let mut hostile = Self { number, stream: None, sent: 0, closed: 0 };
        hostile.open(server);
        hostile
    }

    fn open(&mut self, server: SocketAddr) {
        self.stream = connect(self.number, server).ok();
        self.sent = 0;
        if let Some(stream) = &self.stream {
            stream.set_nonblocking(true).unwrap();
        }
    }

    /// Sends at most `amount` more bytes of `bytes`, which repeat without end, and reads nothing.
    fn send(&mut self, server: SocketAddr, bytes: &[u8], amount: usize) {
        let next = &bytes[self.sent % bytes.len()..];
        let written = match &mut self.stream {
            Some(stream) => stream.write(&next[..amount.min(next.len())]),
            None => Err(ErrorKind::NotConnected.into()),
        };
        match written {
            Ok(length) => self.sent += length,
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(_) => {
                self.closed += 1;
                self.open(server);
            }
        }
    }
}

/// Attacks by `connections` that send `bytes`, each time at most `amount` of them, until the service
/// has closed each one. With no bytes to send, the connections only stay open.
fn attack(name: &str, connections: usize, bytes: &[u8], amount: usize, max_wait: Duration) {
    let stage = Stage::new();
    let server = stage.service.address();
    let mut hostile: Vec<Hostile> = (0..connections).map(|number| Hostile::new(number, server)).collect();
    assert!(hostile.iter().all(|hostile| hostile.stream.is_some()), "{name}: a connection was refused");
    let is_over = AtomicBool::new(false);
    let mut waits = thread::scope(|scope| {
        let honest = scope.spawn(|| {
            let mut waits = Vec::new();
            while waits.len() < 50 || !is_over.load(Ordering::Relaxed) {
                waits.push(stage.read_own_account());
            }
            waits
        });
        let has_survivors = |hostile: &[Hostile]| hostile.iter().any(|hostile| hostile.closed == 0);
        let end = Instant::now() + 3 * DEADLINE;
        while amount > 0 && has_survivors(&hostile) && !honest.is_finished() && Instant::now() < end {
            for hostile in &mut hostile {
                hostile.send(server, bytes, amount);
            }
            thread::park_timeout(Duration::from_millis(20));
        }
        is_over.store(true, Ordering::Relaxed);
        let waits = honest.join().unwrap();
        assert!(amount == 0 || !has_survivors(&hostile), "{name}: the service closed not all connections");
        waits
    });
    drop(hostile);
    stage.assert_recovery(name, connections, &mut waits, max_wait);
}

#[test]
fn clients_that_pipeline_requests_and_never_read_disturb_nobody() {
    let request = "GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n";
    attack("unread answers", 1_000, request.repeat(500).as_bytes(), usize::MAX, MAX_WAIT_BEHIND_ANSWERS);
}

#[test]
fn idle_clients_disturb_nobody() {
    attack("idle connections", 5_000, b"", 0, MAX_WAIT);
}

#[test]
fn clients_with_slow_heads_disturb_nobody() {
    let head = format!("GET /api/me HTTP/1.1\r\nHost: a\r\nX: {}", "x".repeat(8_000));
    attack("slow heads", 1_000, head.as_bytes(), 1, MAX_WAIT);
}

#[test]
fn clients_with_slow_bodies_disturb_nobody() {
    let head = "POST /api/user/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n";
    attack("slow bodies", 1_000, format!("{head}{}", " ".repeat(60_000)).as_bytes(), head.len(), MAX_WAIT);
}

/// Logs in on a new connection as the client with this number. Returns the status, or `None` if the
/// service closes the connection.
fn log_in(number: usize, server: SocketAddr, email: &str, password: &str) -> Option<String> {
    let body = format!(r#"{{"email":"{email}","password":"{password}"}}"#);
    let length = body.len();
    let head =
        "POST /api/user/login HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/json";
    let mut stream = connect(number, server).ok()?;
    stream.write_all(format!("{head}\r\nContent-Length: {length}\r\n\r\n{body}").as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    answer.split(' ').nth(1).map(ToOwned::to_owned)
}

/// Attacks by 64 clients of `networks` that guess passwords without end, also the honest client's.
/// Returns the statuses that the honest client gets when it logs in, and how long it waits for them.
fn guess_without_end(name: &str, networks: usize) -> Vec<(u16, Duration)> {
    const CLIENTS: usize = 64;
    let stage = Stage::new();
    let server = stage.service.address();
    let (is_over, guesses, refused) = (AtomicBool::new(false), AtomicUsize::new(0), AtomicUsize::new(0));
    let mut waits = Vec::new();
    let mut logins = Vec::new();
    thread::scope(|scope| {
        for client in 0..CLIENTS {
            let (is_over, guesses, refused) = (&is_over, &guesses, &refused);
            scope.spawn(move || {
                while !is_over.load(Ordering::Relaxed) {
                    let guess = guesses.fetch_add(1, Ordering::Relaxed);
                    let number = (guess % networks) * CLIENTS_PER_NETWORK + client;
                    let someone = format!("n{guess}@example.com");
                    let email = if guess % 10 == 0 { HONEST } else { &someone };
                    let status = log_in(number, server, email, "a wrong password");
                    assert!(status.as_deref() != Some("200") && status.as_deref() != Some("500"));
                    refused.fetch_add(usize::from(status.as_deref() != Some("401")), Ordering::Relaxed);
                }
            });
        }
        for _ in 0..10 {
            waits.extend((0..5).map(|_| stage.read_own_account()));
            let started = Instant::now();
            let login = Client::new(server).post("/api/user/login", &samples::login(HONEST));
            logins.push((login.status, started.elapsed()));
        }
        is_over.store(true, Ordering::Relaxed);
    });
    println!(
        "{name}: {guesses:?} guesses, {refused:?} of them refused unseen; the honest logins: {logins:?}"
    );
    stage.assert_recovery(name, CLIENTS, &mut waits, MAX_WAIT);
    logins
}

#[test]
fn endless_guesses_of_one_network_keep_nobody_else_out() {
    let logins = guess_without_end("guesses of one network", 1);
    assert!(logins.iter().all(|(status, wait)| *status == 200 && *wait < MAX_LOGIN_WAIT), "{logins:?}");
}

#[test]
fn endless_guesses_of_many_networks_disturb_no_session() {
    let logins = guess_without_end("guesses of 200 networks", 200);
    // The hasher's queue is full, or the guesses have stopped the account's logins by password.
    assert!(logins.iter().all(|(status, _)| [200, 429, 503].contains(status)), "{logins:?}");
}
