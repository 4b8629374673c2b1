//! Simultaneous registrations.

use std::sync::Barrier;

use serde_json::Value;
use sihha_tests::{Response, TestApp, TestDatabase, samples};

use crate::support::{ROLES, assert_problem, profile_path, with};

/// Starts a server that runs as many simultaneous registrations as the tests send.
fn start() -> TestApp {
    TestApp::start_with(TestDatabase::new(), |options| {
        options.hash_threads = Some(8);
        options.pool_size = Some(8);
        options.workers = Some(4);
    })
}

/// Sends all requests simultaneously, each on its own thread and connection.
fn at_once(app: &TestApp, requests: &[(&str, Value)]) -> Vec<Response> {
    let ready = Barrier::new(requests.len());
    std::thread::scope(|scope| {
        let send = |(role, body): &(&str, Value)| {
            let path = format!("/api/{role}/register");
            // This opens the connection, so that the registrations start at the same time.
            assert_eq!(app.get("/health/live").status, 200);
            ready.wait();
            app.post(&path, body)
        };
        let senders: Vec<_> = requests.iter().map(|request| scope.spawn(move || send(request))).collect();
        senders.into_iter().map(|sender| sender.join().expect("an answer")).collect()
    })
}

/// Checks that one request succeeds, the others get `taken` for `field`, and these store nothing.
#[track_caller]
fn assert_one_succeeds(app: &TestApp, round: i64, requests: &[(&str, Value)], field: &str) {
    let answers = at_once(app, requests);
    let accepted = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(accepted, 1, "{:?}", answers.iter().map(|answer| answer.status).collect::<Vec<_>>());
    for (answer, (role, _)) in answers.iter().zip(requests).filter(|(answer, _)| answer.status != 201) {
        assert_problem(answer, 409, "taken", role);
        assert_eq!(answer.field_paths(), [profile_path(role, field)], "{role}");
    }
    assert_eq!(app.database.number("SELECT count(*) AS n FROM profiles"), round);
    assert_eq!(app.database.number("SELECT count(*) AS n FROM passwords"), round);
    let waiting = "SELECT count(*) AS n FROM profiles WHERE role <> 'user'";
    assert_eq!(app.database.number("SELECT count(*) AS n FROM approvals"), app.database.number(waiting));
    let tables = [("user", "patients"), ("doctor", "doctors"), ("hospital", "hospitals"), ("labo", "labos")];
    for (role, table) in tables {
        let of_role = format!("SELECT count(*) AS n FROM profiles WHERE role = '{role}'");
        let rows = format!("SELECT count(*) AS n FROM {table}");
        assert_eq!(app.database.number(&rows), app.database.number(&of_role), "{table}");
    }
}

/// Returns a registration of `role` with a unique card number.
fn registration(role: &str, email: &str, card: &str) -> Value {
    with(samples::registration(role, email), &profile_path(role, "carte_id"), card)
}

#[test]
fn one_of_two_simultaneous_registrations_with_the_same_email_succeeds() {
    let app = start();
    for round in 1..=10 {
        let email = format!("round{round}@example.com");
        let requests =
            [0, 1].map(|number| ("user", registration("user", &email, &format!("ROUND{round}N{number}"))));
        assert_one_succeeds(&app, round, &requests, "email");
    }
}

#[test]
fn one_of_eight_simultaneous_registrations_of_all_roles_with_the_same_email_succeeds() {
    let app = start();
    for round in 1..=5 {
        let requests: Vec<_> = (0..8)
            .map(|number| {
                let role = ROLES[number % 4];
                let email = if number < 4 {
                    format!("R{round}@example.com")
                } else {
                    format!("r{round}@example.com")
                };
                (role, registration(role, &email, &format!("R{round}N{number}")))
            })
            .collect();
        assert_one_succeeds(&app, round, &requests, "email");
    }
}

#[test]
fn one_of_eight_simultaneous_registrations_with_the_same_card_number_succeeds() {
    let app = start();
    for round in 1..=5 {
        let requests: Vec<_> = (0..8)
            .map(|number| {
                let role = ROLES[number % 4];
                (role, registration(role, &format!("r{round}n{number}@example.com"), &format!("R{round}")))
            })
            .collect();
        assert_one_succeeds(&app, round, &requests, "carte_id");
    }
}

#[test]
fn eight_different_simultaneous_registrations_all_succeed() {
    let app = start();
    let requests: Vec<_> = (0..8)
        .map(|number| {
            let role = ROLES[number % 4];
            (role, samples::registration(role, &format!("n{number}@example.com")))
        })
        .collect();
    let statuses: Vec<_> = at_once(&app, &requests).iter().map(|answer| answer.status).collect();
    assert_eq!(statuses, [201; 8]);
    assert_eq!(app.database.number("SELECT count(*) AS n FROM profiles"), 8);
}
