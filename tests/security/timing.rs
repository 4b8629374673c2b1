//! Whether the time of a response tells what account has an address.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sihha_tests::{Client, TestDatabase, samples};
use ureq::http::Method;

use crate::process::{Service, Sihha};
use crate::staff::{SECRET_KEY, admin_token};

/// Requests of each kind in a measurement. The kinds take turns.
const REQUESTS: usize = 1000;
/// Maximum difference of the medians, of the smallest.
const MAX_GAP: f64 = 0.05;
/// Number of measurements of which one must be within [`MAX_GAP`]. The noise of a busy machine does
/// not exceed it each time, and a real difference does.
const MEASUREMENTS: usize = 5;

/// A request whose time may not tell it from others.
struct Kind {
    name: &'static str,
    path: &'static str,
    body: Value,
    status: u16,
}

impl Kind {
    fn new(name: &'static str, path: &'static str, body: Value, status: u16) -> Self {
        Self { name, path, body, status }
    }
}

struct Stage {
    sihha: Sihha,
    service: Service,
    database: TestDatabase,
    requests: usize,
}

impl Stage {
    /// Starts a service whose hash is cheaper than in production, so that another difference is a
    /// larger share of the time.
    fn new() -> Self {
        let database = TestDatabase::new();
        let sihha = Sihha::on(&database)
            .with("SIHHA_LOG", "info")
            .with("SIHHA_ARGON2_MEMORY_KIB", "8192")
            .with("SIHHA_ARGON2_PASSES", "1")
            .with("SIHHA_TRUSTED_PROXIES", "127.0.0.1/32")
            .with("SIHHA_SECRET_KEY", SECRET_KEY);
        let service = sihha.serve();
        Self { sihha, service, database, requests: 0 }
    }

    fn register(&self, role: &str, email: &str) {
        let body = samples::registration(role, email);
        assert_eq!(self.service.post(&format!("/api/{role}/register"), &body).status, 201, "{email}");
    }

    /// Sends a request from a network of its own, so that none is delayed. Returns its time.
    fn time(&mut self, client: &Client, kind: &Kind) -> Duration {
        self.requests += 1;
        let network = format!("41.{}.{}.1", self.requests / 250 % 250, self.requests % 250);
        let request = client
            .request(Method::POST, kind.path)
            .header("Content-Type", "application/json")
            .header("X-Forwarded-For", network)
            .body(kind.body.to_string())
            .unwrap();
        let started = Instant::now();
        let answer = client.send(request);
        let elapsed = started.elapsed();
        assert_eq!(answer.status, kind.status, "{}: {}", kind.name, answer.text);
        elapsed
    }

    /// Returns the median time of each kind.
    fn medians(&mut self, kinds: &[Kind], keep_delays: bool) -> Vec<Duration> {
        let client = Client::new(self.service.address());
        let mut times = vec![Vec::with_capacity(REQUESTS); kinds.len()];
        for round in 0..REQUESTS {
            // A hundred failures would stop the account.
            if !keep_delays && round % 50 == 0 {
                self.database.execute("DELETE FROM throttles").unwrap();
            }
            // Each kind comes first, second, and so on, equally often.
            for turn in 0..kinds.len() {
                let kind = (round + turn) % kinds.len();
                times[kind].push(self.time(&client, &kinds[kind]));
            }
        }
        for times in &mut times {
            times.sort_unstable();
        }
        times.iter().map(|times| times[times.len() / 2]).collect()
    }

    #[track_caller]
    fn assert_alike(mut self, kinds: &[Kind], keep_delays: bool) {
        let mut gaps = Vec::new();
        for _ in 0..MEASUREMENTS {
            let medians = self.medians(kinds, keep_delays);
            let shortest = medians.iter().min().unwrap().as_secs_f64();
            let gap = medians.iter().max().unwrap().as_secs_f64() / shortest - 1.0;
            println!("medians of {REQUESTS} requests each, which differ by {:.1} %:", gap * 100.0);
            for (kind, median) in kinds.iter().zip(medians) {
                println!("    {median:>10.1?}  {} {}", kind.path, kind.name);
            }
            if gap <= MAX_GAP {
                return;
            }
            gaps.push(gap);
        }
        panic!("the medians differ each time: {gaps:.3?}");
    }
}

fn wrong(email: &str) -> Value {
    json!({ "email": email, "password": "not the password" })
}

#[test]
fn logins_take_the_same_time_whatever_account_has_the_address() {
    let stage = Stage::new();
    for email in ["known@example.com", "waiting@example.com", "suspended@example.com"] {
        stage.register("doctor", email);
    }
    stage.register("user", "patient@example.com");
    stage.sihha.run(["approvals", "approve", "--role", "doctor", "--email", "known@example.com"]).succeeded();
    let suspend =
        ["accounts", "suspend", "--email", "suspended@example.com", "--reason", "test", "--by", "Leïla"];
    stage.sihha.run(suspend).succeeded();
    let login = |name, body| Kind::new(name, "/api/doctor/login", body, 401);
    let kinds = [
        login("unknown", wrong("nobody@example.com")),
        login("known", wrong("known@example.com")),
        login("waiting", wrong("waiting@example.com")),
        login("suspended", wrong("suspended@example.com")),
        login("another role", samples::login("patient@example.com")),
    ];
    stage.assert_alike(&kinds, false);
}

#[test]
fn delays_take_the_same_time_whatever_account_has_the_address() {
    let mut stage = Stage::new();
    stage.register("user", "known@example.com");
    let emails = ["known@example.com", "nobody@example.com"];
    let client = Client::new(stage.service.address());
    for _ in 0..100 {
        for email in emails {
            stage.time(&client, &Kind::new("failure", "/api/login", wrong(email), 401));
        }
    }
    let kinds = [
        Kind::new("known, wrong password", "/api/login", wrong(emails[0]), 429),
        Kind::new("known, correct password", "/api/login", samples::login(emails[0]), 429),
        Kind::new("unknown", "/api/login", wrong(emails[1]), 429),
    ];
    stage.assert_alike(&kinds, true);
}

#[test]
fn requests_for_a_new_password_take_the_same_time_whatever_account_has_the_address() {
    let stage = Stage::new();
    stage.register("user", "known@example.com");
    let forgot = |name, email: &str| Kind::new(name, "/api/password/forgot", json!({ "email": email }), 202);
    let kinds = [forgot("known", "known@example.com"), forgot("unknown", "nobody@example.com")];
    stage.assert_alike(&kinds, false);
}

#[test]
fn wrong_links_take_the_same_time_whether_their_account_exists() {
    let stage = Stage::new();
    stage.register("user", "known@example.com");
    let body = samples::login("known@example.com");
    let id = stage.service.post("/api/user/login", &body).text_at("id").to_owned();
    let link = |id: &str| json!({ "token": format!("{id}.{}", "a".repeat(64)) });
    let kinds = [
        Kind::new("known", "/api/email/verify", link(&id), 400),
        Kind::new("unknown", "/api/email/verify", link("019a0000-0000-7000-8000-000000000000"), 400),
    ];
    stage.assert_alike(&kinds, false);
}

#[test]
fn logins_of_staff_take_the_same_time_whether_the_member_exists() {
    let stage = Stage::new();
    admin_token(&stage.sihha, &stage.service);
    let login = |name, email| Kind::new(name, "/api/staff/login", wrong(email), 401);
    let kinds = [login("unknown", "nobody@dsp.dz"), login("known", "admin@dsp.dz")];
    stage.assert_alike(&kinds, false);
}
