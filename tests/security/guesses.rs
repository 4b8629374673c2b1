//! The race of guesses against two real processes, and forged headers.

use std::thread;

use nix::sys::signal::Signal;
use serde_json::json;
use sihha_tests::{Client, TestDatabase, samples};
use ureq::http::Method;

use crate::process::{Service, Sihha};

const GUESSES: usize = 200;
const EMAIL: &str = "amina@example.com";

/// Headers by which a client may claim to be another one.
const FORGED: [&str; 6] =
    ["X-Forwarded-For", "Forwarded", "X-Real-IP", "X-Client-IP", "True-Client-IP", "CF-Connecting-IP"];

/// Sends wrong passwords simultaneously, each with other forged headers. Returns the statuses.
fn race(services: &[&Service], guesses: usize) -> Vec<u16> {
    thread::scope(|scope| {
        let threads: Vec<_> = (0..guesses)
            .map(|number| {
                let address = services[number % services.len()].address();
                scope.spawn(move || guess(&Client::new(address), number))
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

fn guess(client: &Client, number: usize) -> u16 {
    let body = json!({ "email": EMAIL, "password": format!("guess number {number}") });
    let forged = format!("41.{}.{}.9", number / 250, number % 250);
    let mut request = client.request(Method::POST, "/api/login").header("Content-Type", "application/json");
    for name in FORGED {
        let value = if name == "Forwarded" { format!("for={forged}") } else { forged.clone() };
        request = request.header(name, value);
    }
    client.send(request.body(body.to_string()).unwrap()).status
}

fn number_of(statuses: &[u16], status: u16) -> usize {
    statuses.iter().filter(|found| **found == status).count()
}

#[test]
fn of_two_hundred_simultaneous_guesses_on_two_processes_five_are_checked() {
    let database = TestDatabase::new();
    let [first, second] = [Sihha::on(&database), Sihha::on(&database)];
    let services = [first.serve(), second.serve()];
    let registered = services[0].post("/api/user/register", &samples::patient(EMAIL));
    let statuses = race(&[&services[0], &services[1]], GUESSES);
    let [checked, delayed, busy] = [401, 429, 503].map(|status| number_of(&statuses, status));
    println!("{GUESSES} simultaneous guesses with forged addresses, on two processes:");
    println!("    {checked} were checked, {delayed} were delayed, {busy} found the service busy");
    assert_eq!((checked, checked + delayed + busy), (5, GUESSES), "{statuses:?}");
    let correct = services[1].post("/api/user/login", &samples::login(EMAIL));
    assert_eq!(correct.status, 429, "the correct password in the delay: {}", correct.text);
    let access = registered.text_at("access");
    assert_eq!(services[1].get_as(access, "/api/me").status, 200, "the session goes on");

    let [one, other] = services;
    one.stop(Signal::SIGTERM).succeeded();
    other.stop(Signal::SIGTERM).succeeded();
    let restarted = first.serve();
    let correct = restarted.post("/api/user/login", &samples::login(EMAIL));
    assert_eq!(correct.status, 429, "after a restart: {}", correct.text);
    first.run(["accounts", "lift-throttle", "--email", EMAIL]).succeeded();
    let correct = restarted.post("/api/user/login", &samples::login(EMAIL));
    assert_eq!(correct.status, 200, "lifted: {}", correct.text);
}
