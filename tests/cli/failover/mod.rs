//! A standby replaces the primary while the service runs.

mod balancer;
mod pair;

use std::net::TcpListener;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;

use diesel::{Connection, PgConnection, RunQueryDsl, sql_query};
use nix::sys::signal::Signal;
use serde_json::json;
use sihha_tests::{Client, Response, samples};

use self::balancer::Balancer;
use self::pair::Pair;
use crate::process::{JWT_SECRET, Service, Sihha, eventually};

/// Number of simultaneous clients, each with its own account and session.
const CLIENTS: usize = 6;

fn serve(database: &str) -> (Sihha, Service) {
    // A balancer that listens may not have found the primary yet.
    eventually("a database at that address", || PgConnection::establish(database).ok());
    let sihha = Sihha::cheap().with("DATABASE_URL", database).with("SIHHA_JWT_SECRET", JWT_SECRET);
    let sihha = sihha.with("SIHHA_REFRESH_GRACE", "1s");
    let service = sihha.serve();
    (sihha, service)
}

fn email(client: usize) -> String {
    format!("patient{client}@example.com")
}

/// Registers the clients' accounts, and returns their refresh tokens.
fn register(service: &Client) -> Vec<String> {
    let account = |client| {
        let registered = service.post("/api/user/register", &samples::patient(&email(client)));
        assert_eq!(registered.status, 201, "{}", registered.text);
        registered.text_at("refresh").to_owned()
    };
    (0..CLIENTS).map(account).collect()
}

fn refresh(client: &Client, token: &str) -> Response {
    client.post("/api/token/refresh", &json!({ "refresh": token }))
}

/// Returns whether the request succeeded. Asserts that it was otherwise answered with 503 and
/// `Retry-After`.
fn is_done(answer: &Response) -> bool {
    if answer.status == 200 {
        return true;
    }
    assert_eq!((answer.status, answer.header("Retry-After").is_empty()), (503, false), "{}", answer.text);
    false
}

/// Refreshes, reads and logs in until `stop`. Repeats refreshes that were not answered.
fn send(client: &Client, email: &str, mut token: String, rounds: &AtomicU32, stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        let refreshed = refresh(client, &token);
        if !is_done(&refreshed) {
            continue;
        }
        refreshed.text_at("refresh").clone_into(&mut token);
        let is_read = is_done(&client.get_as(refreshed.text_at("access"), "/api/me"));
        if is_read && is_done(&client.post("/api/user/login", &samples::login(email))) {
            rounds.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Runs `change` while clients use the service. Asserts that it works for each of them before and
/// after.
fn under_load(service: &Service, change: impl FnOnce()) {
    let tokens = register(service);
    let (rounds, stop) = ([const { AtomicU32::new(0) }; CLIENTS], AtomicBool::new(false));
    thread::scope(|scope| {
        let clients: Vec<_> = rounds
            .iter()
            .zip(tokens)
            .enumerate()
            .map(|(number, (rounds, token))| {
                let (client, stop) = (Client::new(service.address()), &stop);
                scope.spawn(move || send(&client, &email(number), token, rounds, stop))
            })
            .collect();
        let proceed = || {
            let before: Vec<u32> = rounds.iter().map(|rounds| rounds.load(Ordering::Relaxed)).collect();
            eventually("answers for each client", || {
                let mut pairs = rounds.iter().zip(&before);
                let all = pairs.all(|(now, before)| now.load(Ordering::Relaxed) >= before + 3);
                (all || clients.iter().any(thread::ScopedJoinHandle::is_finished)).then_some(())
            });
        };
        proceed();
        change();
        proceed();
        stop.store(true, Ordering::Relaxed);
    });
    until_ready(service);
}

fn until_ready(service: &Service) {
    eventually("readiness", || (service.get("/health/ready").status == 200).then_some(()));
}

/// Waits until the service is not ready. Asserts that it then writes nothing.
fn until_not_ready(service: &Service) {
    eventually("the loss of readiness", || (service.get("/health/ready").status == 503).then_some(()));
    assert!(!is_done(&service.post("/api/user/login", &samples::login(&email(0)))));
}

fn switch_over(pair: &Pair, balancer: Option<&Balancer>, service: &Service) {
    let (first, second) = (pair.first(), pair.second());
    first.stop(Signal::SIGINT);
    until_not_ready(service);
    // As a standby it accepts connections, which take no writes.
    first.follow(&second);
    until_not_ready(service);
    second.promote();
    if let Some(balancer) = balancer {
        balancer.send_to_second();
    }
}

#[test]
fn behind_haproxy_a_switchover_causes_no_error_but_503() {
    for shuts_sessions in [true, false] {
        let pair = Pair::start();
        let balancer = Balancer::start(&pair, shuts_sessions);
        let (_sihha, service) = serve(&balancer.url());
        under_load(&service, || switch_over(&pair, Some(&balancer), &service));
        service.stop(Signal::SIGTERM).succeeded();
    }
}

#[test]
fn of_several_hosts_the_writable_one_is_used() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let pair = Pair::start();
    let hosts = pair.hosts().replace("host=", "host=127.0.0.1,");
    let port = silent.local_addr().unwrap().port();
    let (_sihha, service) = serve(&format!("{hosts} port={port},5432,5432 connect_timeout=1"));
    under_load(&service, || switch_over(&pair, None, &service));
    service.stop(Signal::SIGTERM).succeeded();
}

#[test]
fn a_refresh_whose_response_was_lost_can_be_repeated_after_the_failover() {
    let pair = Pair::start();
    let (first, second) = (pair.first(), pair.second());
    // Some connections still lead to the old primary after others have reached the new one.
    let balancer = Balancer::start(&pair, false);
    let (_sihha, service) = serve(&balancer.url());
    let tokens = register(&service);
    // From here on the primary waits for its standby, which has received everything and does not
    // confirm it.
    let replicated = first.number("SELECT (pg_current_wal_lsn() - '0/0')::bigint AS n");
    eventually("the standby", || {
        let replayed = second.number("SELECT (pg_last_wal_replay_lsn() - '0/0')::bigint AS n");
        (replayed >= replicated).then_some(())
    });
    let receiver = second.stop_receiving();
    first.set("synchronous_standby_names = '*'");
    // The server's processes read the setting later. When one commit waits, all have read it.
    let mut pg = first.connection("sihha");
    thread::spawn(move || {
        while sql_query("SELECT pg_logical_emit_message(true, '', '')").execute(&mut pg).is_ok() {}
    });
    let waiting = "SELECT count(*) AS n FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
    eventually("a commit that waits for the standby", || (first.number(waiting) > 0).then_some(()));
    let frozen = thread::scope(|scope| {
        let lost: Vec<_> =
            tokens.iter().map(|token| scope.spawn(|| refresh(&service, token).status)).collect();
        eventually("commits that wait for the standby", || (first.number(waiting) > 1).then_some(()));
        let frozen = first.freeze();
        drop(receiver);
        for answer in lost {
            assert_eq!(answer.join().unwrap(), 503);
        }
        frozen
    });
    until_not_ready(&service);
    second.promote();
    balancer.send_to_second();
    until_ready(&service);
    for token in &tokens {
        let refreshed = eventually("the successor", || {
            let refreshed = refresh(&service, token);
            is_done(&refreshed).then_some(refreshed)
        });
        assert!(is_done(&refresh(&service, refreshed.text_at("refresh"))));
    }
    let stolen = "SELECT count(*) AS n FROM sessions WHERE end_reason = 'token_reused'";
    assert_eq!(second.number(stolen), 0);
    drop(frozen);
    service.stop(Signal::SIGTERM).succeeded();
}
