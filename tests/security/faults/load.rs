//! Clients that register accounts until they are stopped, and a ledger of what was acknowledged.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use sihha_tests::{Client, Response, samples};
use ureq::http::Method;

use crate::process::{Service, Sihha, eventually};

/// Number of simultaneous clients.
const CLIENTS: usize = 4;

/// Maximum time until a request is answered, also by 503.
const MAX_ANSWER: Duration = Duration::from_secs(3);

/// Maximum time until each client succeeds again after a fault.
const MAX_RECOVERY: Duration = Duration::from_secs(5);

/// Why a request was not carried out.
const CODES: [&str; 3] = ["database_unavailable", "busy", "overloaded"];

/// Addresses of the accounts whose registration was acknowledged, and of those that no response told
/// about.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    pub(super) acknowledged: Vec<String>,
    pub(super) unknown: Vec<String>,
}

/// What the clients did so far, for each of them.
#[derive(Default)]
struct Counts {
    done: AtomicU32,
    refused: AtomicU32,
}

/// Clients that use a service.
pub(super) struct Load {
    counts: [Counts; CLIENTS],
    stop: AtomicBool,
    /// Number of clients that found no service any more.
    ended: AtomicUsize,
    ledger: Mutex<Ledger>,
}

/// Runs `fault` while clients register accounts and read them. Returns what they know.
pub(super) fn under_load(service: &Service, fault: impl FnOnce(&Load)) -> Ledger {
    let (counts, stop) = (Default::default(), AtomicBool::new(false));
    let load = Load { counts, stop, ended: AtomicUsize::new(0), ledger: Mutex::default() };
    thread::scope(|scope| {
        for number in 0..CLIENTS {
            let (client, load) = (Client::new(service.address()), &load);
            scope.spawn(move || {
                // A client that panics stops the others, and the wait for them.
                let _stop = StopOnPanic(&load.stop);
                load.run(number, &client);
                load.ended.fetch_add(1, Ordering::Relaxed);
            });
        }
        let _stop = StopOnPanic(&load.stop);
        load.wait("registrations before the fault", |counts| &counts.done, 3);
        fault(&load);
        load.stop.store(true, Ordering::Relaxed);
    });
    load.ledger.into_inner().unwrap()
}

struct StopOnPanic<'a>(&'a AtomicBool);

impl Drop for StopOnPanic<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.store(true, Ordering::Relaxed);
        }
    }
}

impl Load {
    /// Waits until each client got two more refusals.
    pub(super) fn wait_for_refusals(&self) {
        self.wait("refusals", |counts| &counts.refused, 2);
    }

    /// Waits until each client has registered one more account.
    pub(super) fn wait_for_success(&self) {
        self.wait("registrations", |counts| &counts.done, 1);
    }

    /// Waits until no client can reach the service.
    pub(super) fn wait_for_end(&self) {
        let ended = || self.ended.load(Ordering::Relaxed) == CLIENTS;
        eventually("the end of the service", || ended().then_some(()));
    }

    /// Asserts that each client succeeds again within the time limit.
    pub(super) fn assert_recovery(&self) {
        let started = Instant::now();
        self.wait("registrations after the fault", |counts| &counts.done, 2);
        let time = started.elapsed();
        println!("recovered in {time:?}");
        assert!(time < MAX_RECOVERY, "the service recovered in {time:?}");
    }

    fn wait(&self, what: &str, count: impl Fn(&Counts) -> &AtomicU32, more: u32) {
        let now = || self.counts.each_ref().map(|counts| count(counts).load(Ordering::Relaxed));
        let before = now();
        eventually(what, || {
            assert!(!self.stop.load(Ordering::Relaxed), "a client failed");
            let all = now().iter().zip(before).all(|(now, before)| *now >= before + more);
            all.then_some(())
        });
    }

    fn run(&self, number: usize, client: &Client) {
        let counts = &self.counts[number];
        for account in 0.. {
            let email = format!("patient{account}@client{number}.example.com");
            let registered = loop {
                if self.stop.load(Ordering::Relaxed) {
                    return;
                }
                match send(|| register(client, &email)) {
                    Some(registered) if registered.status == 201 => break registered,
                    Some(refused) => {
                        assert_refusal(&refused);
                        counts.refused.fetch_add(1, Ordering::Relaxed);
                    }
                    // The service ended.
                    None => return self.ledger.lock().unwrap().unknown.push(email),
                }
            };
            self.ledger.lock().unwrap().acknowledged.push(email);
            let token = registered.text_at("access");
            let read = || {
                let request = client.request(Method::GET, "/api/me");
                client.try_send(request.header("Authorization", format!("Bearer {token}")).body(()).unwrap())
            };
            match send(read) {
                Some(read) if read.status == 200 => _ = counts.done.fetch_add(1, Ordering::Relaxed),
                Some(refused) => assert_refusal(&refused),
                None => return,
            }
        }
    }
}

/// Sends a request, and asserts that it is answered in time. Returns `None` if the service ended.
fn send(request: impl FnOnce() -> Result<Response, ureq::Error>) -> Option<Response> {
    let started = Instant::now();
    let response = request().ok();
    let time = started.elapsed();
    assert!(time <= MAX_ANSWER, "answered after {time:?}: {response:?}");
    response
}

/// Registers a patient. A repetition of the request registers no second one.
fn register(client: &Client, email: &str) -> Result<Response, ureq::Error> {
    let request =
        client.request(Method::POST, "/api/user/register").header("Content-Type", "application/json");
    client.try_send(request.header("Idempotency-Key", email).body(samples::patient(email).to_string())?)
}

fn assert_refusal(answer: &Response) {
    assert_eq!(answer.status, 503, "{}", answer.text);
    assert_eq!(answer.header("Content-Type"), "application/problem+json", "{}", answer.text);
    assert!(CODES.contains(&answer.code()) && !answer.header("Retry-After").is_empty(), "{}", answer.text);
}

/// Returns the binary with cheap hashes and without limits for clients.
pub(super) fn unlimited(sihha: Sihha) -> Sihha {
    sihha.with("SIHHA_THROTTLE", "off").with("RUST_BACKTRACE", "1")
}

/// Registers the accounts that no response told about again, and compares the ledger with the database,
/// where `count` counts the rows of a query. Each account is there once, and no other one.
pub(super) fn compare(ledger: Ledger, service: &Service, count: impl Fn(&str) -> i64) {
    let Ledger { mut acknowledged, unknown } = ledger;
    for email in unknown {
        let registered = register(service, &email).unwrap();
        assert_eq!(registered.status, 201, "{}", registered.text);
        acknowledged.push(email);
    }
    println!("{} registrations were acknowledged", acknowledged.len());
    let list = acknowledged.iter().map(|email| format!("'{email}'")).collect::<Vec<_>>().join(", ");
    let found = count(&format!("SELECT count(*) AS n FROM profiles WHERE email IN ({list})"));
    assert_eq!(usize::try_from(found), Ok(acknowledged.len()), "an acknowledged registration is lost");
    let clients: Vec<_> = (0..CLIENTS).map(|number| format!("email NOT LIKE '%@client{number}.%'")).collect();
    let others = format!("SELECT count(*) AS n FROM profiles WHERE {}", clients.join(" AND "));
    assert_eq!(count(&others), 0, "an account of nobody");
    let owner = acknowledged.last().expect("a registration");
    assert_eq!(service.post("/api/user/login", &samples::login(owner)).status, 200, "{owner}");
}
