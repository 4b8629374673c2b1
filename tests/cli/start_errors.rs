//! A start that fails reports the cause and the remedy in one line.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};

use sihha_tests::TestDatabase;

use crate::process::Sihha;

#[test]
fn a_symbolic_link_instead_of_the_postgres_folder_is_named() {
    let sihha = Sihha::made();
    let home = sihha.data_dir().join("postgres");
    let elsewhere = sihha.path().join("elsewhere");
    fs::rename(&home, &elsewhere).unwrap();
    symlink(&elsewhere, &home).unwrap();
    for arguments in [&["serve"][..], &["migrate"], &["approvals", "list"]] {
        let refused = sihha.run_all(arguments);
        let line = refused.refusal();
        assert!(line.contains(home.to_str().unwrap()) && line.contains("symbolic link"), "{line}");
    }
    // The advice: the data directory itself may be a link.
    let moved = sihha.path().join("moved");
    fs::create_dir(&moved).unwrap();
    fs::set_permissions(&moved, Permissions::from_mode(0o711)).unwrap();
    fs::rename(&elsewhere, moved.join("postgres")).unwrap();
    fs::remove_file(&home).unwrap();
    fs::remove_dir(sihha.data_dir()).unwrap();
    symlink(&moved, sihha.data_dir()).unwrap();
    assert_eq!(sihha.run(["approvals", "list"]).succeeded(), "no applications found\n");
}

/// Creates a folder with programs that report this version. Returns its path.
fn programs(sihha: &Sihha, version: &str) -> String {
    let folder = sihha.path().join(format!("postgres-{version}"));
    fs::create_dir(&folder).unwrap();
    for name in ["postgres", "initdb"] {
        let text = format!("#!/bin/sh\necho '{name} (PostgreSQL) {version}.23'\n");
        fs::write(folder.join(name), text).unwrap();
        fs::set_permissions(folder.join(name), Permissions::from_mode(0o755)).unwrap();
    }
    folder.into_os_string().into_string().unwrap()
}

#[test]
fn a_postgres_that_is_too_old_is_named() {
    let sihha = Sihha::fresh();
    let folder = programs(&sihha, "13");
    for command in ["serve", "migrate"] {
        let refused = sihha.run([command, "--postgres-bin-dir", &folder]);
        let line = refused.refusal();
        for part in ["PostgreSQL 13", "too old", "14 or later", &folder] {
            assert!(line.contains(part), "{line}");
        }
    }
}

#[test]
fn data_of_another_major_version_are_reported_with_the_remedy() {
    let sihha = Sihha::made();
    let folder = programs(&sihha, "99");
    let refused = sihha.run(["serve", "--postgres-bin-dir", &folder]);
    let made_by = fs::read_to_string(sihha.data_dir().join("postgres/cluster/PG_VERSION")).unwrap();
    let line = refused.refusal();
    assert!(line.contains(&format!("install version {} beside it", made_by.trim())), "{line}");
    assert!(line.contains("PostgreSQL 99") && line.contains("docs/operations.md"), "{line}");
    // The advice works.
    sihha.serve();
}

#[test]
fn a_setting_that_the_server_does_not_know_is_named() {
    let sihha = Sihha::made();
    let file = sihha.data_dir().join("postgres/cluster/postgresql.auto.conf");
    fs::write(file, "shared_bufers = 1GB\n").unwrap();
    let refused = sihha.run(["serve"]);
    assert!(refused.refusal().contains("shared_bufers"), "{refused:?}");
}

#[test]
fn the_missing_rights_of_a_role_are_named() {
    let database = TestDatabase::new();
    database.execute("CREATE ROLE without_rights").unwrap();
    let as_role = database.url().replace("options=", "options=-c%20role%3Dwithout_rights");
    let sihha = Sihha::on(&database).with("DATABASE_URL", as_role);
    let refusal = || {
        let refused = sihha.run(["serve"]);
        let line = refused.refusal().to_owned();
        assert_eq!(sihha.run(["approvals", "list"]).refusal(), line);
        assert!(line.contains("without_rights"), "{line}");
        line
    };
    let line = refusal();
    assert!(line.contains(" on ") && line.contains(" more;") && line.contains("GRANT"), "{line}");

    database.execute("REVOKE USAGE ON SCHEMA public FROM PUBLIC").unwrap();
    let line = refusal();
    assert!(line.contains("USAGE on schema public"), "{line}");

    database.execute("GRANT USAGE ON SCHEMA public TO without_rights").unwrap();
    database
        .execute("GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO without_rights")
        .unwrap();
    let others = "devices, idempotency_records, identifiers, mail_requests, mail_tokens, network_failures, outbox, \
                  profile_identifiers, rate_limits, staff_recovery_codes, staff_requests, staff_sessions, throttles";
    database.execute(&format!("GRANT DELETE ON {others} TO without_rights")).unwrap();
    let line = refusal();
    assert!(line.contains("lacks rights to the tables: DELETE on sessions;"), "{line}");

    database.execute("GRANT DELETE ON sessions TO without_rights").unwrap();
    assert_eq!(sihha.serve().get("/health/ready").status, 200);
    // Roles belong to the whole server, and can be dropped only without rights.
    database.execute("DROP OWNED BY without_rights").unwrap();
    database.execute("DROP ROLE without_rights").unwrap();
}
