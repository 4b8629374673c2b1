//! Orphans that the kernel makes children of the service: as process 1 of a container, or as a
//! subreaper.

use std::fs;
use std::os::unix::process::CommandExt;

use nix::libc;
use nix::sys::signal::{Signal, kill};
use sihha_tests::samples;

use crate::process::{Process, Service, Sihha, eventually};

/// Returns the state of each child of a process.
fn children(parent: u32) -> Vec<String> {
    let mut states = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let stat = fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        let Some((_, rest)) = stat.rsplit_once(')') else { continue };
        let fields: Vec<&str> = rest.split_whitespace().collect();
        if fields[1] == parent.to_string() {
            states.push(fields[0].to_owned());
        }
    }
    states
}

/// Starts the service so that it inherits orphans.
fn serve_as_subreaper(sihha: &Sihha) -> Service {
    let mut command = sihha.command(["serve"]);
    #[expect(unsafe_code, reason = "there is no safe way to run code between fork and exec")]
    // SAFETY: it is one system call.
    unsafe {
        command.pre_exec(|| {
            libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1);
            Ok(())
        });
    }
    Service::of(Process::start(&mut command))
}

#[test]
fn orphans_are_reaped_and_the_private_postgres_is_not_taken_for_one() {
    let sihha = Sihha::made();
    let service = serve_as_subreaper(&sihha);
    assert_eq!(service.post("/api/user/register", &samples::patient("amina@example.com")).status, 201);
    for _ in 0..2 {
        // Its child processes become orphans and exit.
        let killed = sihha.postmaster().unwrap();
        kill(killed, Signal::SIGKILL).unwrap();
        eventually("a new Postgres", || sihha.postmaster().filter(|new| *new != killed));
        eventually("the database", || (service.get("/health/ready").status == 200).then_some(()));
        eventually("the exit of all orphans", || (children(service.id()) == ["S"]).then_some(()));
    }
    let stopped = service.stop(Signal::SIGTERM);
    let ends: Vec<&str> =
        stopped.stderr.lines().filter(|line| line.contains("Postgres ended unexpectedly")).collect();
    assert_eq!(ends.len(), 2, "{ends:?}");
    for line in ends {
        assert!(line.contains("signal: 9"), "the process that started it collected its exit: {line}");
    }
    stopped.succeeded();
}
