//! Users other than the one who runs the tests. Only root can become them; where the tests run as an ordinary
//! user, all other tests are about one.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::Path;

use nix::sys::signal::Signal;
use nix::unistd::{User, geteuid};
use sihha_tests::samples;

use crate::process::Sihha;

/// An ordinary user, if this process can become one.
fn ordinary_user() -> Option<u32> {
    let nobody = User::from_name("nobody").unwrap();
    nobody.filter(|_| geteuid().is_root()).map(|user| user.uid.as_raw())
}

fn owner(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().uid()
}

#[test]
fn the_service_and_its_postgres_run_as_the_user_who_starts_them() {
    let Some(uid) = ordinary_user() else { return };
    let sihha = Sihha::fresh().run_by(uid);
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

#[test]
fn the_data_are_kept_where_the_users_conventions_put_them() {
    let Some(uid) = ordinary_user() else { return };
    let sihha = Sihha::fresh().without("SIHHA_DATA_DIR").run_by(uid);
    let (xdg, home) = (sihha.path().join("xdg"), sihha.path().join("home"));

    let sihha = sihha.with("HOME", &home).with("XDG_DATA_HOME", &xdg);
    sihha.run(["migrate"]).succeeded();
    assert!(xdg.join("sihha/postgres/cluster").exists());
    assert!(!home.exists());

    // The specification: a relative path is to be ignored.
    let sihha = sihha.with("XDG_DATA_HOME", "xdg");
    fs::create_dir_all(home.join(".local/share")).unwrap();
    fs::rename(xdg.join("sihha"), home.join(".local/share/sihha")).unwrap();
    assert_eq!(sihha.run(["approvals", "list"]).succeeded(), "nothing matches\n");
    assert!(!xdg.join("sihha").exists());

    let refused = sihha.without("HOME").run(["migrate"]);
    assert!(refused.refusal().contains("--data-dir"), "{refused:?}");
}

#[test]
fn the_data_of_another_user_are_refused_in_one_line() {
    let Some(uid) = ordinary_user() else { return };
    let sihha = Sihha::made().run_by(uid);
    for command in ["serve", "migrate"] {
        let refused = sihha.run([command]);
        assert!(refused.refusal().contains(sihha.data_dir().to_str().unwrap()), "{refused:?}");
    }
}

#[test]
fn root_runs_the_postgres_as_the_owner_of_the_data_directory() {
    let Some(uid) = ordinary_user() else { return };
    let sihha = Sihha::fresh();
    fs::create_dir(sihha.data_dir()).unwrap();
    chown(sihha.data_dir(), Some(uid), Some(uid)).unwrap();
    let service = sihha.serve();
    assert_eq!(service.get("/health/ready").status, 200);
    assert_eq!(owner(Path::new(&format!("/proc/{}", sihha.postmaster().unwrap()))), uid);
    service.stop(Signal::SIGTERM).succeeded();

    let sihha = sihha.run_by(uid);
    assert_eq!(sihha.run(["approvals", "list"]).succeeded(), "nothing matches\n");
}

#[test]
fn a_user_without_a_name_is_refused_in_one_line() {
    if !geteuid().is_root() {
        return;
    }
    let nameless = 1_234_567;
    assert_eq!(User::from_uid(nameless.into()), Ok(None));
    let refused = Sihha::fresh().run_by(nameless).run(["serve"]);
    assert!(refused.refusal().contains("1234567"), "{refused:?}");
}
