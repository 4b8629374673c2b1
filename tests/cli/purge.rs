//! Expired sessions are purged while the service runs.

use nix::sys::signal::Signal;
use sihha_tests::{TestDatabase, samples};

use crate::process::{Service, Sihha, eventually};

/// Registers an account, and adds `count` sessions that expired long ago.
fn with_old_sessions(service: &Service, database: &TestDatabase, count: usize) {
    assert_eq!(service.post("/api/user/register", &samples::patient("amina@example.com")).status, 201);
    let copies = format!(
        "INSERT INTO sessions (id, profile_id, current_token, opened_at, used_at, expires_at, ends_at)
         SELECT gen_random_uuid(), profile_id, current_token, opened_at - interval '90 days', used_at,
                expires_at - interval '90 days', ends_at - interval '90 days'
         FROM sessions, generate_series(1, {count})"
    );
    assert_eq!(database.execute(&copies).unwrap(), count);
}

fn sessions(database: &TestDatabase) -> i64 {
    database.number("SELECT count(*) AS n FROM sessions")
}

#[test]
fn two_starting_services_purge_expired_sessions_and_count_them() {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database);
    let service = sihha.serve();
    with_old_sessions(&service, &database, 2500);
    service.stop(Signal::SIGTERM).succeeded();

    let services = [sihha.serve(), sihha.serve()];
    eventually("the purge of all but the live session", || (sessions(&database) == 1).then_some(()));
    let removed: u64 = services
        .into_iter()
        .flat_map(|service| {
            service.stop(Signal::SIGTERM).stderr.lines().map(str::to_owned).collect::<Vec<_>>()
        })
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(&line).ok()?["removed"].as_u64())
        .sum();
    assert_eq!(removed, 2500, "each session is counted once");
}

#[test]
fn a_killed_service_leaves_whole_batches_and_the_next_one_continues() {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database);
    let service = sihha.serve();
    with_old_sessions(&service, &database, 30_000);
    service.stop(Signal::SIGTERM).succeeded();

    let service = sihha.serve();
    eventually("the first batch", || (sessions(&database) < 30_001).then_some(()));
    service.signal(Signal::SIGKILL);
    assert_eq!(service.finish().code, None);
    assert_eq!(sessions(&database) % 1000, 1, "each batch is removed completely or not at all");

    let service = sihha.serve();
    eventually("the purge of all but the live session", || (sessions(&database) == 1).then_some(()));
    let login = service.post("/api/user/login", &samples::login("amina@example.com"));
    assert_eq!(login.status, 200, "{}", login.text);
}

#[test]
fn a_starting_service_purges_records_of_requests_after_a_day() {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database);
    let service = sihha.serve();
    with_old_sessions(&service, &database, 0);
    service.stop(Signal::SIGTERM).succeeded();
    let records = "INSERT INTO idempotency_records
        SELECT id, 'register', sha256(age::bytea), sha256('content'), now() - age::interval
        FROM profiles, unnest('{23 hours, 25 hours, 90 days}'::text[]) AS age";
    assert_eq!(database.execute(records).unwrap(), 3);

    let _service = sihha.serve();
    let kept = || database.number("SELECT count(*) AS n FROM idempotency_records");
    eventually("the purge of all but the newest record", || (kept() == 1).then_some(()));
}
