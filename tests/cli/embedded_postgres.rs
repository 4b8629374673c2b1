//! The private Postgres and its data, also after something is killed.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::mpsc;
use std::thread;

use diesel::connection::SimpleConnection;
use nix::sys::signal::{Signal, kill};
use sihha_tests::samples;

use crate::process::{DEADLINE, Service, Sihha, eventually};

/// Number of registrations that are answered before something is killed.
const MIN_REGISTERED: usize = 25;

/// Outcome of registrations that were sent while something was killed.
#[derive(Default)]
struct Burst {
    /// Answered with 201.
    registered: BTreeSet<String>,
    /// Answered with another status, or not at all.
    uncertain: BTreeSet<String>,
}

/// Registers patients from four simultaneous clients, and runs `strike` meanwhile. Each client
/// continues until a response is not 201.
fn burst(service: &Service, strike: impl FnOnce()) -> Burst {
    let mut burst = Burst::default();
    thread::scope(|scope| {
        let (answers, answered) = mpsc::channel();
        for client in 0..4 {
            let answers = answers.clone();
            scope.spawn(move || register_many(service, client, &answers));
        }
        drop(answers);
        let mut note = |(email, status): (String, u16)| {
            assert!([0, 201, 503].contains(&status), "{email} was answered with {status}");
            let answers = if status == 201 { &mut burst.registered } else { &mut burst.uncertain };
            answers.insert(email);
        };
        (0..MIN_REGISTERED).for_each(|_| note(answered.recv_timeout(DEADLINE).unwrap()));
        strike();
        answered.into_iter().for_each(note);
    });
    burst
}

/// Registers patients. A missing response counts as status 0.
fn register_many(service: &Service, client: u32, answers: &mpsc::Sender<(String, u16)>) {
    for number in 0..2000 {
        let email = format!("patient{number}of{client}@example.com");
        let answer = service.try_post("/api/user/register", &samples::patient(&email));
        let status = answer.map_or(0, |answer| answer.status);
        if answers.send((email, status)).is_err() || status != 201 {
            return;
        }
    }
}

/// Asserts that no registration answered with 201 is lost, and that none is incomplete.
fn assert_none_lost_or_incomplete(sihha: &Sihha, service: &Service, burst: &Burst) {
    assert!(burst.registered.len() >= MIN_REGISTERED);
    assert!(!burst.uncertain.is_empty(), "some registrations were in flight");
    for email in &burst.uncertain {
        let again = service.post("/api/user/register", &samples::patient(email));
        assert!([201, 409].contains(&again.status), "{email}: {}", again.text);
    }
    for email in burst.registered.union(&burst.uncertain) {
        let login = service.post("/api/user/login", &samples::login(email));
        assert_eq!(login.status, 200, "{email}: {}", login.text);
    }
    let all = i64::try_from(burst.registered.len() + burst.uncertain.len()).unwrap();
    for table in ["profiles", "patients", "passwords"] {
        assert_eq!(sihha.number(&format!("SELECT count(*) AS n FROM {table}")), all, "{table}");
    }
}

/// A cluster in another folder, so that no Postgres starts on it. Moved back when dropped.
struct Aside {
    cluster: PathBuf,
    aside: PathBuf,
}

impl Aside {
    fn set(sihha: &Sihha) -> Self {
        let cluster = sihha.data_dir().join("postgres/cluster");
        let aside = cluster.with_file_name("aside");
        fs::rename(&cluster, &aside).unwrap();
        Self { cluster, aside }
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        // The rest of the test fails without it.
        let _ = fs::rename(&self.aside, &self.cluster);
    }
}

fn is_ready(service: &Service) -> Option<()> {
    let status = service.get("/health/ready").status;
    assert!([200, 503].contains(&status), "{status}");
    (status == 200).then_some(())
}

#[test]
fn a_killed_service_leaves_no_process_and_intact_data() {
    let sihha = Sihha::made();
    let service = sihha.serve();
    assert_eq!(service.post("/api/user/register", &samples::patient("amina@example.com")).status, 201);
    service.stop(Signal::SIGKILL);
    sihha.wait_for_no_process();

    let service = sihha.serve();
    assert_eq!(service.post("/api/user/login", &samples::login("amina@example.com")).status, 200);
}

#[test]
fn a_service_starts_again_immediately_after_a_kill() {
    let sihha = Sihha::made();
    for round in 0..3 {
        let service = sihha.serve();
        let email = format!("patient{round}@example.com");
        assert_eq!(service.post("/api/user/register", &samples::patient(&email)).status, 201);
        service.stop(Signal::SIGKILL);
    }
    let service = sihha.serve();
    for round in 0..3 {
        let email = format!("patient{round}@example.com");
        assert_eq!(service.post("/api/user/login", &samples::login(&email)).status, 200);
    }
}

#[test]
fn a_service_starts_again_after_all_processes_were_killed() {
    let sihha = Sihha::made();
    let service = sihha.serve();
    assert_eq!(service.post("/api/user/register", &samples::patient("amina@example.com")).status, 201);
    // As in a power cut, no process cleans up.
    for pid in sihha.processes() {
        // Some exit when the first is killed.
        let _ = kill(pid, Signal::SIGKILL);
    }
    assert_eq!(service.finish().code, None);
    let service = sihha.serve();
    assert_eq!(service.post("/api/user/login", &samples::login("amina@example.com")).status, 200);
}

#[test]
fn a_kill_during_the_creation_of_the_data_does_no_harm() {
    let sihha = Sihha::fresh();
    let starting = sihha.start(["serve"]);
    let home = sihha.data_dir().join("postgres");
    let unfinished = || {
        let names = fs::read_dir(&home).into_iter().flatten().flatten().map(|entry| entry.path());
        names.into_iter().find(|path| path.join("PG_VERSION").exists())
    };
    let unfinished = eventually("the unfinished data", unfinished);
    starting.signal(Signal::SIGKILL);
    assert_eq!(starting.finish().code, None);
    assert!(unfinished.file_name().unwrap().to_str().unwrap().starts_with("unfinished-"));

    let service = sihha.serve();
    assert_eq!(service.get("/health/ready").status, 200);
    let left: Vec<_> = fs::read_dir(&home).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_str().unwrap().starts_with("unfinished")), "{left:?}");
}

#[test]
fn a_kill_during_registrations_loses_none_and_leaves_none_incomplete() {
    let sihha = Sihha::made();
    let service = sihha.serve();
    let burst = burst(&service, || service.signal(Signal::SIGKILL));
    assert_eq!(service.finish().code, None);
    let service = sihha.serve();
    assert_none_lost_or_incomplete(&sihha, &service, &burst);
}

#[test]
fn a_kill_of_postgres_during_registrations_loses_none_and_leaves_none_incomplete() {
    let sihha = Sihha::made();
    let service = sihha.serve();
    let burst = burst(&service, || {
        let postmaster = sihha.postmaster().unwrap();
        // So that a registration is in flight.
        let mut pg = sihha.connection_as("postgres");
        pg.batch_execute("BEGIN; LOCK TABLE profiles IN EXCLUSIVE MODE").unwrap();
        let waiting = "SELECT count(*) AS n FROM pg_stat_activity WHERE wait_event_type = 'Lock'";
        eventually("a registration that waits", || (sihha.number(waiting) > 0).then_some(()));
        // The new server must not run before the service notices the outage.
        let _aside = Aside::set(&sihha);
        kill(postmaster, Signal::SIGKILL).unwrap();
        eventually("the response that the database is unavailable", || {
            is_ready(&service).is_none().then_some(())
        });
    });
    eventually("the database", || is_ready(&service));
    assert_none_lost_or_incomplete(&sihha, &service, &burst);
}

#[test]
fn the_service_survives_its_postgres_and_restarts_it() {
    let sihha = Sihha::made();
    let service = sihha.serve();
    assert_eq!(service.post("/api/user/register", &samples::patient("amina@example.com")).status, 201);
    let killed = sihha.postmaster().unwrap();
    let aside = Aside::set(&sihha);
    kill(killed, Signal::SIGKILL).unwrap();
    eventually("the response that the database is unavailable", || {
        is_ready(&service).is_none().then_some(())
    });

    for answer in [
        service.get("/health/ready"),
        service.post("/api/user/login", &samples::login("amina@example.com")),
        service.post("/api/user/register", &samples::patient("second@example.com")),
    ] {
        assert_eq!((answer.status, answer.code()), (503, "database_unavailable"), "{}", answer.text);
        assert!(!answer.header("Retry-After").is_empty());
    }
    assert_eq!(service.get("/health/live").status, 200);

    drop(aside);
    eventually("the database", || is_ready(&service));
    assert_ne!(sihha.postmaster(), Some(killed));
    assert_eq!(service.post("/api/user/login", &samples::login("amina@example.com")).status, 200);
    service.stop(Signal::SIGTERM).succeeded();
    assert_eq!(sihha.processes(), []);
}

#[test]
fn a_killed_postgres_is_restarted_each_time() {
    let sihha = Sihha::made();
    let service = sihha.serve();
    for _ in 0..2 {
        let killed = sihha.postmaster().unwrap();
        kill(killed, Signal::SIGKILL).unwrap();
        eventually("a new Postgres", || sihha.postmaster().filter(|new| *new != killed));
        eventually("the database", || is_ready(&service));
    }
    service.stop(Signal::SIGTERM).succeeded();
    assert_eq!(sihha.processes(), []);
}

#[test]
fn no_login_fails_once_the_service_is_ready_after_a_kill_of_postgres() {
    let sihha = Sihha::made().with("SIHHA_POOL_SIZE", "16");
    let service = sihha.serve();
    assert_eq!(service.post("/api/user/register", &samples::patient("amina@example.com")).status, 201);
    for _ in 0..3 {
        let killed = sihha.postmaster().unwrap();
        kill(killed, Signal::SIGKILL).unwrap();
        eventually("a new Postgres", || sihha.postmaster().filter(|new| *new != killed));
        eventually("the database", || is_ready(&service));
        for _ in 0..20 {
            let login = service.post("/api/user/login", &samples::login("amina@example.com"));
            assert_eq!(login.status, 200, "{}", login.text);
        }
    }
}

#[test]
fn the_service_stops_while_its_postgres_is_unavailable() {
    let sihha = Sihha::made();
    let service = sihha.serve();
    let postmaster = sihha.postmaster().unwrap();
    let aside = Aside::set(&sihha);
    kill(postmaster, Signal::SIGKILL).unwrap();
    service.wait_for_log("Postgres not restarted");
    service.stop(Signal::SIGTERM).succeeded();
    assert_eq!(sihha.processes(), []);
    drop(aside);
    sihha.serve();
}

#[test]
fn the_private_postgres_is_reachable_only_by_its_user_and_not_by_tcp() {
    let sihha = Sihha::made();
    let _service = sihha.serve();
    let run = sihha.data_dir().join("postgres/run");
    assert_eq!(fs::metadata(&run).unwrap().permissions().mode() & 0o777, 0o700);
    let name = format!("/proc/{}/fd", sihha.postmaster().unwrap());
    let open: Vec<_> = fs::read_dir(name).unwrap().map(|fd| fs::read_link(fd.unwrap().path())).collect();
    for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
        for line in fs::read_to_string(table).unwrap_or_default().lines().skip(1) {
            let fields: Vec<_> = line.split_whitespace().collect();
            let socket = format!("socket:[{}]", fields[9]);
            let is_its_own = open.iter().flatten().any(|target| target.to_str() == Some(&socket));
            assert!(!is_its_own, "Postgres has the TCP socket {line}");
        }
    }
    assert_eq!(
        sihha
            .number("SELECT count(*) AS n FROM pg_settings WHERE name = 'listen_addresses' AND setting = ''"),
        1
    );
}

#[test]
fn the_private_postgres_ignores_libpqs_variables() {
    let sihha = [
        ("PGHOST", "nowhere.invalid"),
        ("PGHOSTADDR", "192.0.2.1"),
        ("PGPORT", "1"),
        ("PGUSER", "nobody"),
        ("PGDATABASE", "none"),
        ("PGSSLMODE", "verify-full"),
        ("PGCLIENTENCODING", "LATIN1"),
        ("PGSERVICE", "nosuch"),
        ("PGSERVICEFILE", "/nowhere"),
        ("PGCHANNELBINDING", "require"),
        ("PGREQUIREPEER", "nobody"),
        ("PGREQUIREAUTH", "scram-sha-256"),
        ("PGSSLNEGOTIATION", "direct"),
        ("PGTARGETSESSIONATTRS", "read-only"),
        ("PGOPTIONS", "-c search_path=nowhere"),
        ("PGCONNECT_TIMEOUT", "soon"),
        ("PGDATA", "/nowhere"),
        ("PGTZ", "nowhere"),
        ("PGLOCALEDIR", "/nowhere"),
    ]
    .iter()
    .fold(Sihha::made(), |sihha, (name, value)| sihha.with(name, value));
    assert_eq!(sihha.run(["approvals", "list"]).succeeded(), "no applications found\n");
    let service = sihha.serve();
    assert_eq!(service.post("/api/user/register", &samples::patient("amina@example.com")).status, 201);
    assert_eq!(sihha.run(["approvals", "list"]).succeeded(), "no applications found\n");
    sihha.run(["migrate"]).succeeded();
}

#[test]
fn an_unusable_data_directory_is_reported_in_one_line() {
    let sihha = Sihha::fresh();
    fs::write(sihha.path().join("file"), "").unwrap();
    let long = "a".repeat(100);
    for (data_dir, part) in [("file", "file"), ("file/below", "file"), (&long, "too long"), ("a,b", "comma")]
    {
        for command in ["serve", "migrate"] {
            let refused = sihha.run([command, "--data-dir", data_dir]);
            assert!(refused.refusal().contains(part), "{command} {data_dir}: {refused:?}");
        }
    }
    let refused = sihha.run(["serve", "--postgres-bin-dir", "file"]);
    assert!(refused.refusal().contains("--postgres-bin-dir"), "{refused:?}");
    assert_eq!(sihha.processes(), []);
}

#[test]
fn a_relative_data_directory_is_relative_to_the_working_directory() {
    let sihha = Sihha::made().with("SIHHA_DATA_DIR", "data");
    let service = sihha.serve();
    assert_eq!(service.get("/health/ready").status, 200);
    assert_eq!(sihha.number("SELECT count(*) AS n FROM profiles"), 0);
}
