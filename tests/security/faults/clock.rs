//! A clock is set forward and back, by libfaketime.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use nix::sys::signal::Signal;
use serde_json::json;
use sihha_tests::{Response, TestDatabase, samples, temporary_dir};
use tempfile::TempDir;

use crate::process::{Service, Sihha, eventually};

/// A clock that a test sets.
struct FakeClock {
    folder: TempDir,
}

impl FakeClock {
    /// Creates a clock that is right.
    fn new() -> Self {
        let clock = Self { folder: temporary_dir() };
        clock.set("+0");
        clock
    }

    /// Sets it to the time with this offset, such as `-2d`.
    fn set(&self, offset: &str) {
        // Replaced as a whole, because programs read it all the time.
        let new = self.folder.path().join("new");
        fs::write(&new, offset).unwrap();
        fs::set_permissions(&new, Permissions::from_mode(0o644)).unwrap();
        fs::rename(new, self.file()).unwrap();
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("offset")
    }

    /// Returns the environment of programs with this clock. Their time since the start of the machine is
    /// right, as it is when a clock is set.
    fn variables(&self) -> [(&'static str, String); 5] {
        let folders = fs::read_dir("/usr/lib").unwrap().flatten();
        let libraries = folders.map(|folder| folder.path().join("faketime/libfaketimeMT.so.1"));
        let library = libraries.into_iter().find(|file| file.exists()).expect("Debian's faketime");
        [
            ("LD_PRELOAD", library.display().to_string()),
            ("FAKETIME_TIMESTAMP_FILE", self.file().display().to_string()),
            ("FAKETIME_NO_CACHE", "1".to_owned()),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
            ("DONT_FAKE_MONOTONIC", "1".to_owned()),
        ]
    }

    /// Returns the binary with this clock.
    fn of(&self, sihha: Sihha) -> Sihha {
        self.variables().into_iter().fold(sihha, |sihha, (name, value)| sihha.with(name, value))
    }

    /// Returns the binary with this clock, also for its private Postgres.
    fn of_both(&self, sihha: Sihha) -> Sihha {
        let installed = fs::read_dir("/usr/lib/postgresql").unwrap().flatten();
        let folder = installed.map(|version| version.path().join("bin")).max().expect("a Postgres");
        let variables = self.variables().map(|(name, value)| format!("{name}='{value}'")).join(" ");
        for program in ["postgres", "initdb"] {
            let path = self.folder.path().join(program);
            let script =
                format!("#!/bin/sh\nexec env {variables} '{}' \"$@\"\n", folder.join(program).display());
            fs::write(&path, script).unwrap();
            fs::set_permissions(path, Permissions::from_mode(0o755)).unwrap();
        }
        self.of(sihha).with("SIHHA_POSTGRES_BIN_DIR", self.folder.path())
    }
}

/// Waits until the service has noticed that a clock was set: the header `Date` has the machine's time.
fn wait_for_date(service: &Service, is_meant: impl Fn(&str) -> bool) {
    eventually("another date", || is_meant(service.get("/health/live").header("Date")).then_some(()));
    // Each check reads the database's time.
    assert_eq!(service.get("/health/ready").status, 200);
}

fn register(service: &Service, email: &str) -> Response {
    let registered = service.post("/api/user/register", &samples::patient(email));
    assert_eq!(registered.status, 201, "{}", registered.text);
    registered
}

fn refresh(service: &Service, session: &Response) -> Response {
    let refreshed = service.post("/api/token/refresh", &json!({ "refresh": session.text_at("refresh") }));
    assert_eq!(refreshed.status, 200, "{}", refreshed.text);
    refreshed
}

fn log_in(service: &Service, email: &str) -> Response {
    service.post("/api/user/login", &samples::login(email))
}

/// Guesses until the account is delayed.
fn guess(service: &Service, email: &str) {
    let statuses: Vec<_> = (0..6)
        .map(|_| {
            service.post("/api/user/login", &json!({ "email": email, "password": "a wrong guess" })).status
        })
        .collect();
    assert_eq!(statuses, [401, 401, 401, 401, 401, 429]);
}

#[test]
fn the_clock_of_the_service_locks_nobody_out_and_lets_nobody_in() {
    let (clock, database) = (FakeClock::new(), TestDatabase::new());
    let sihha = clock.of(Sihha::on(&database));
    let service = sihha.serve();
    let today = service.get("/health/live").header("Date")[..16].to_owned();
    let mut session = register(&service, "amina@example.com");
    register(&service, "omar@example.com");
    guess(&service, "omar@example.com");
    for offset in ["+2d", "-2d", "+0"] {
        clock.set(offset);
        wait_for_date(&service, |date| date.starts_with(&today) == (offset == "+0"));
        assert_eq!(service.get_as(session.text_at("access"), "/api/me").status, 200, "{offset}");
        session = refresh(&service, &session);
        assert_eq!(log_in(&service, "amina@example.com").status, 200, "{offset}");
        let delayed = log_in(&service, "omar@example.com");
        assert_eq!((delayed.status, delayed.code()), (429, "too_many_attempts"), "{offset}");
        let wait: u32 = delayed.header("Retry-After").parse().unwrap();
        assert!((1..=30).contains(&wait), "{offset}: {wait} s");
    }
    service.stop(Signal::SIGTERM).succeeded();
}

#[test]
fn the_clock_of_the_whole_machine_locks_nobody_out() {
    let clock = FakeClock::new();
    let sihha = clock.of_both(Sihha::made());
    let service = sihha.serve();
    let time = || sihha.number("SELECT extract(epoch FROM clock_timestamp())::bigint AS n");
    let start = time();
    let mut session = register(&service, "amina@example.com");
    register(&service, "omar@example.com");
    for (offset, hours, is_expired) in
        [("+3h", 3, true), ("+0", 0, false), ("-3h", -3, false), ("+3h", 3, true)]
    {
        clock.set(offset);
        eventually("another time", || ((time() - start - hours * 3600).abs() < 600).then_some(()));
        eventually("the service's time", || {
            assert_ne!(service.get("/health/ready").status, 500);
            let now = log_in(&service, "amina@example.com");
            (now.status == 200).then_some(())
        });
        let me = service.get_as(session.text_at("access"), "/api/me");
        assert_eq!(me.status, if is_expired { 401 } else { 200 }, "{offset}: {}", me.text);
        session = refresh(&service, &session);
        assert_eq!(service.get_as(session.text_at("access"), "/api/me").status, 200, "{offset}");
        // Failures of a time that has not come yet delay nobody.
        let owner = log_in(&service, "omar@example.com");
        assert_eq!(owner.status, 200, "{offset}: {}", owner.text);
        guess(&service, "omar@example.com");
    }
    service.stop(Signal::SIGTERM).succeeded();
}
