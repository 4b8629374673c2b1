//! The harness itself: what a test leaves behind, however it ends.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::PathBuf;

use nix::sys::signal::{Signal, kill};

use crate::process::{Service, Sihha};

/// Shared memory of a Postgres.
enum SharedMemory {
    /// A file in `/dev/shm`.
    File(PathBuf),
    /// Number of a System V segment.
    Segment(String),
}

impl SharedMemory {
    /// Returns both kinds of shared memory that the processes in the folder of `sihha` have mapped.
    fn of(sihha: &Sihha) -> Vec<Self> {
        let maps = sihha.processes().into_iter().map(|pid| fs::read_to_string(format!("/proc/{pid}/maps")));
        let maps: String = maps.map(Result::unwrap_or_default).collect();
        let mapped = |line: &str| {
            // Address, permissions, offset, device, inode and name (proc(5)).
            let fields: Vec<_> = line.split_whitespace().collect();
            let (inode, name) = (*fields.get(4)?, *fields.get(5)?);
            if name.starts_with("/dev/shm/") {
                Some(Self::File(name.into()))
            } else {
                name.starts_with("/SYSV").then(|| Self::Segment(inode.to_owned()))
            }
        };
        let found: Vec<_> = maps.lines().filter_map(mapped).collect();
        assert!(found.iter().any(|memory| matches!(memory, Self::File(_))), "no file: {maps}");
        assert!(found.iter().any(|memory| matches!(memory, Self::Segment(_))), "no segment: {maps}");
        found
    }

    fn is_left(&self) -> bool {
        match self {
            Self::File(path) => path.exists(),
            Self::Segment(number) => {
                let segments = fs::read_to_string("/proc/sysvipc/shm").unwrap();
                segments.lines().any(|line| line.split_whitespace().nth(1) == Some(number))
            }
        }
    }
}

/// Fails a test after `strike`. Asserts that the shared memory of its Postgres is removed.
fn assert_nothing_is_left(case: &str, strike: impl FnOnce(&Sihha, Service)) {
    let mut memory = Vec::new();
    let failed = catch_unwind(AssertUnwindSafe(|| {
        let sihha = Sihha::made();
        let service = sihha.serve();
        assert_eq!(service.get("/health/ready").status, 200);
        memory = SharedMemory::of(&sihha);
        strike(&sihha, service);
        // Fails without a panic message in the output.
        resume_unwind(Box::new(()));
    }));
    assert!(failed.is_err() && !memory.is_empty(), "{case}");
    assert!(!memory.iter().any(SharedMemory::is_left), "{case}");
}

#[test]
fn no_test_leaves_shared_memory_behind() {
    assert_nothing_is_left("in the middle", |_, _service| {});
    assert_nothing_is_left("after its service was killed", |_, service| {
        service.stop(Signal::SIGKILL);
    });
    assert_nothing_is_left("after everything was killed", |sihha, _service| {
        for pid in sihha.processes() {
            let _ = kill(pid, Signal::SIGKILL);
        }
    });
}
