//! The binary `sihha` and `scripts/setup`, run by other users than the user who runs the tests.
//!
//! Only root can become another user. For an ordinary user, the tests that need root are reported
//! as ignored, also in a hosted CI. No other test needs root, so none passes without having tested
//! anything. Whether a test is ignored is known only at run time, so these tests have their own
//! harness.

#[path = "../cli/process.rs"]
#[expect(dead_code, reason = "tests/cli uses the rest of it")]
mod process;

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use libtest_mimic::{Arguments, Trial};
use nix::sys::signal::Signal;
use nix::unistd::{Pid, User, geteuid};
use sihha_tests::{TestDatabase, TestPostgres, samples};

use crate::process::{Process, Sihha};

/// A test, which gets the number of an ordinary user.
type Test = (&'static str, fn(u32));

/// Tests of an ordinary user: the user who runs the tests, or the user `nobody` if that is root.
const AS_ORDINARY_USER: [Test; 3] = [
    (
        "the_service_and_its_postgres_run_as_the_user_who_starts_them",
        the_service_and_its_postgres_run_as_the_user_who_starts_them,
    ),
    (
        "the_data_are_stored_where_the_users_environment_says",
        the_data_are_stored_where_the_users_environment_says,
    ),
    (
        "setup_shows_an_ordinary_user_a_command_that_creates_no_cluster",
        setup_shows_an_ordinary_user_a_command_that_creates_no_cluster,
    ),
];

/// Tests that only root can run.
const AS_ROOT: [Test; 9] = [
    ("no_process_of_the_server_runs_as_root", no_process_of_the_server_runs_as_root),
    (
        "the_data_of_another_user_are_refused_with_one_line",
        the_data_of_another_user_are_refused_with_one_line,
    ),
    (
        "root_runs_the_postgres_as_the_owner_of_the_data_directory",
        root_runs_the_postgres_as_the_owner_of_the_data_directory,
    ),
    (
        "a_secret_that_root_creates_is_readable_only_by_root",
        a_secret_that_root_creates_is_readable_only_by_root,
    ),
    ("a_user_without_a_name_is_refused_with_one_line", a_user_without_a_name_is_refused_with_one_line),
    (
        "root_keeps_no_capability_that_serving_does_not_need",
        root_keeps_no_capability_that_serving_does_not_need,
    ),
    ("root_is_told_of_a_socket_that_it_may_not_use", root_is_told_of_a_socket_that_it_may_not_use),
    ("root_keeps_what_its_private_postgres_needs", root_keeps_what_its_private_postgres_needs),
    (
        "only_root_and_the_servers_user_can_connect_and_as_each_role",
        only_root_and_the_servers_user_can_connect_and_as_each_role,
    ),
];

fn main() {
    let is_root = geteuid().is_root();
    let nobody = is_root.then(|| {
        let user = User::from_name("nobody").expect("the users can be read");
        user.expect("root needs the user nobody for these tests").uid.as_raw()
    });
    let ordinary = if is_root { nobody } else { Some(geteuid().as_raw()) };
    let as_user = |user: Option<u32>| {
        move |(name, test): Test| {
            let run = move || {
                test(user.expect("this test needs root"));
                Ok(())
            };
            Trial::test(name, run).with_ignored_flag(user.is_none())
        }
    };
    let trials = AS_ORDINARY_USER.map(as_user(ordinary)).into_iter().chain(AS_ROOT.map(as_user(nobody)));
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit();
}

/// Lets the user `uid` run the binary and own its folder, unless that user runs the tests.
fn run_by(mut sihha: Sihha, uid: u32) -> Sihha {
    if uid == geteuid().as_raw() {
        return sihha;
    }
    // Other users may not be able to enter the build folder. Another process makes the copy,
    // because a process that is started meanwhile would inherit a file that is open for writing,
    // and then the copy could not run.
    let program = sihha.path().join("sihha");
    assert!(Command::new("cp").arg(&sihha.program).arg(&program).status().unwrap().success());
    chown(sihha.path(), Some(uid), Some(uid)).unwrap();
    sihha.program = program;
    sihha.user = Some(uid);
    sihha
}

fn owner(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().uid()
}

fn the_service_and_its_postgres_run_as_the_user_who_starts_them(uid: u32) {
    let sihha = run_by(Sihha::fresh(), uid);
    let service = sihha.serve();
    assert_eq!(service.post("/api/labo/register", &samples::labo("labo@example.com")).status, 201);
    let approve = ["approvals", "approve", "--role", "labo", "--email", "labo@example.com"];
    sihha.run(approve).succeeded();
    assert_eq!(service.post("/api/labo/login", &samples::login("labo@example.com")).status, 200);
    for pid in sihha.processes() {
        assert_eq!(owner(Path::new(&format!("/proc/{pid}"))), uid, "process {pid}");
    }
    for name in ["", "jwt-secret", "postgres", "postgres/cluster", "postgres/postgres.log", "postgres/run"] {
        assert_eq!(owner(&sihha.data_dir().join(name)), uid, "{name}");
    }
    service.stop(Signal::SIGKILL);
    sihha.wait_for_no_process();
    let service = sihha.serve();
    assert_eq!(service.post("/api/labo/login", &samples::login("labo@example.com")).status, 200);
    service.stop(Signal::SIGTERM).succeeded();
    assert_eq!(sihha.processes(), []);
}

fn the_data_are_stored_where_the_users_environment_says(uid: u32) {
    let sihha = run_by(Sihha::fresh().without("SIHHA_DATA_DIR"), uid);
    let (xdg, home) = (sihha.path().join("xdg"), sihha.path().join("home"));

    let sihha = sihha.with("HOME", &home).with("XDG_DATA_HOME", &xdg);
    sihha.run(["migrate"]).succeeded();
    assert!(xdg.join("sihha/postgres/cluster").exists());
    assert!(!home.exists());

    // The specification says that a relative path is ignored.
    let sihha = sihha.with("XDG_DATA_HOME", "xdg");
    fs::create_dir_all(home.join(".local/share")).unwrap();
    fs::rename(xdg.join("sihha"), home.join(".local/share/sihha")).unwrap();
    assert_eq!(sihha.run(["approvals", "list"]).succeeded(), "no applications found\n");
    assert!(!xdg.join("sihha").exists());

    let refused = sihha.without("HOME").run(["migrate"]);
    assert!(refused.refusal().contains("--data-dir"), "{refused:?}");
}

fn the_data_of_another_user_are_refused_with_one_line(uid: u32) {
    let sihha = run_by(Sihha::made(), uid);
    for command in ["serve", "migrate"] {
        let refused = sihha.run([command]);
        assert!(refused.refusal().contains(sihha.data_dir().to_str().unwrap()), "{refused:?}");
    }
}

fn root_runs_the_postgres_as_the_owner_of_the_data_directory(uid: u32) {
    let sihha = Sihha::fresh();
    fs::create_dir(sihha.data_dir()).unwrap();
    chown(sihha.data_dir(), Some(uid), Some(uid)).unwrap();
    let service = sihha.serve();
    assert_eq!(service.get("/health/ready").status, 200);
    assert_eq!(owner(Path::new(&format!("/proc/{}", sihha.postmaster().unwrap()))), uid);
    service.stop(Signal::SIGTERM).succeeded();

    let sihha = run_by(sihha, uid);
    assert_eq!(sihha.run(["approvals", "list"]).succeeded(), "no applications found\n");
}

fn no_process_of_the_server_runs_as_root(_: u32) {
    let sihha = Sihha::made();
    let service = sihha.serve();
    assert_eq!(service.get("/health/ready").status, 200);
    let is_server = |pid: &Pid| {
        fs::read_link(format!("/proc/{pid}/exe")).is_ok_and(|program| program.ends_with("postgres"))
    };
    let servers: Vec<_> = sihha.processes().into_iter().filter(is_server).collect();
    assert!(servers.len() > 1, "{servers:?}");
    for pid in servers {
        assert_ne!(owner(Path::new(&format!("/proc/{pid}"))), 0, "process {pid}");
    }
}

fn a_secret_that_root_creates_is_readable_only_by_root(_: u32) {
    let sihha = Sihha::made();
    let service = sihha.serve();
    assert_ne!(owner(Path::new(&format!("/proc/{}", sihha.postmaster().unwrap()))), 0);
    assert_eq!(owner(&sihha.data_dir().join("jwt-secret")), 0, "Postgres's user has no business with it");
    service.stop(Signal::SIGTERM).succeeded();
}

fn a_user_without_a_name_is_refused_with_one_line(_: u32) {
    let nameless = 1_234_567;
    assert_eq!(User::from_uid(nameless.into()), Ok(None));
    let refused = run_by(Sihha::fresh(), nameless).run(["serve"]);
    assert!(refused.refusal().contains("1234567"), "{refused:?}");
}

fn only_root_and_the_servers_user_can_connect_and_as_each_role(nobody: u32) {
    let sihha = Sihha::made();
    let _service = sihha.serve();
    let run = sihha.data_dir().join("postgres/run");
    let servers_user = owner(&run);
    assert_ne!(servers_user, 0);
    // The mode of the folder alone would keep other users out. This test is about the access rules.
    fs::set_permissions(&run, fs::Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(run.join(".s.PGSQL.5432"), fs::Permissions::from_mode(0o777)).unwrap();
    for user in [0, servers_user, nobody] {
        let client = run_by(Sihha::bare(), user);
        let connect = |role: &str| {
            let url = format!("host={} user={role} dbname=sihha", run.display());
            client.run(["approvals", "list", "--database-url", &url])
        };
        for role in ["postgres", "sihha_owner", "sihha"] {
            let outcome = connect(role);
            if user == nobody {
                assert!(outcome.refusal().contains("does not let this user in"), "{outcome:?}");
            } else {
                assert_eq!(outcome.succeeded(), "no applications found\n", "user {user} as {role}");
            }
        }
        let outcome = connect("pg_monitor");
        assert!(outcome.refusal().contains("does not let this user in"), "{outcome:?}");
    }
}

/// Bits of capabilities(7) that the service may have: `SYS_NICE` and `SYS_RESOURCE`.
const SERVING: u64 = 1 << 23 | 1 << 24;

/// Those for a Postgres of another user: `CHOWN`, `DAC_OVERRIDE`, `FOWNER`, `KILL`, `SETGID`, `SETUID`.
const PRIVATE_POSTGRES: u64 = 1 | 1 << 1 | 1 << 3 | 1 << 5 | 1 << 6 | 1 << 7;

/// Asserts that each thread has at most these capabilities, and that no process dumps core.
fn assert_unprivileged(sihha: &Sihha, service: u32, allowed: u64) {
    for thread in fs::read_dir(format!("/proc/{service}/task")).unwrap() {
        // A thread may have ended since it was listed.
        let Ok(status) = fs::read_to_string(thread.unwrap().path().join("status")) else { continue };
        for set in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"] {
            let line = status.lines().find_map(|line| line.strip_prefix(set)).unwrap();
            let held = u64::from_str_radix(line.trim_start_matches(':').trim(), 16).unwrap();
            assert_eq!(held & !allowed, 0, "{set}: {status}");
        }
    }
    for pid in sihha.processes() {
        let limits = fs::read_to_string(format!("/proc/{pid}/limits")).unwrap();
        let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
        let core: Vec<_> = core.split_whitespace().skip(4).take(2).collect();
        assert_eq!(core, ["0", "0"], "process {pid}");
    }
}

fn root_keeps_no_capability_that_serving_does_not_need(_: u32) {
    let database = TestDatabase::on(Arc::new(TestPostgres::start()));
    // A privileged port, at an address that no other test uses.
    let [.., high, low] = std::process::id().to_be_bytes();
    let sihha = Sihha::on(&database).with("SIHHA_LISTEN", format!("127.77.{high}.{low}:1023"));
    let service = sihha.serve();
    assert_eq!(service.post("/api/user/register", &samples::patient("amina@example.com")).status, 201);
    assert_unprivileged(&sihha, service.id(), SERVING);
    service.stop(Signal::SIGTERM).succeeded();
}

fn root_is_told_of_a_socket_that_it_may_not_use(_: u32) {
    let database = TestDatabase::on(Arc::new(TestPostgres::start()));
    let run = database.postgres().socket_folder();
    fs::set_permissions(&run, fs::Permissions::from_mode(0o700)).unwrap();
    let refused = Sihha::on(&database).run(["serve"]);
    for part in [run.to_str().unwrap(), "unix_socket_permissions"] {
        assert!(refused.refusal().contains(part), "no {part:?}: {refused:?}");
    }
}

fn root_keeps_what_its_private_postgres_needs(_: u32) {
    let sihha = Sihha::fresh();
    let service = sihha.serve();
    assert_unprivileged(&sihha, service.id(), SERVING | PRIVATE_POSTGRES);
    service.stop(Signal::SIGKILL);
    sihha.wait_for_no_process();
    let service = sihha.serve();
    assert_eq!(service.get("/health/ready").status, 200);
    service.stop(Signal::SIGTERM).succeeded();
    assert_eq!(sihha.processes(), []);
}

fn setup_shows_an_ordinary_user_a_command_that_creates_no_cluster(uid: u32) {
    let sihha = Sihha::bare();
    let copy = |name: &str, text: &str| {
        let file = sihha.path().join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, text).unwrap();
        fs::set_permissions(file, fs::Permissions::from_mode(0o755)).unwrap();
    };
    copy("scripts/setup", include_str!("../../scripts/setup"));
    copy("bin/cargo", "#!/bin/sh\n");
    // `sudo` fails as it does without a terminal to ask for a password.
    copy("bin/sudo", "#!/bin/sh\nexit 1\n");
    copy("bin/apt-get", "#!/bin/sh\nexit 1\n");
    let path = format!("{}:/usr/bin:/bin", sihha.path().join("bin").display());
    let sihha = run_by(sihha, uid);
    let mut setup = sihha.command_of("scripts/setup");
    let refused = Process::start(setup.arg("a-program-that-nobody-has").env("PATH", path)).finish();
    assert_eq!(refused.code, Some(1), "{refused:?}");
    for part in ["create_main_cluster = false", "apt-get update", "a-program-that-nobody-has"] {
        assert!(refused.stderr.contains(part), "no {part:?}: {refused:?}");
    }
}
