//! Secrets in places that other users of the machine can write to.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use sihha_tests::TestDatabase;

use crate::process::{JWT_SECRET, Sihha};

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

fn assert_refused(sihha: &Sihha, command: &[&str], part: &Path) {
    let refused = sihha.run_all(command);
    let advice = format!("chmod go-w {}", part.display());
    assert_eq!(refused.refusal().matches(&advice).count(), 1, "{refused:?}");
}

#[test]
fn secrets_in_a_folder_that_others_can_write_to_are_refused() {
    let database = TestDatabase::new();
    let shared = Sihha::bare();
    let folder = shared.path().join("shared");
    fs::create_dir(&folder).unwrap();
    let file = folder.join("secret");
    fs::write(&file, JWT_SECRET).unwrap();
    set_mode(&file, 0o600);
    let keys = folder.join("keys");
    let generated = ["keys", "generate", "--signing-keys", keys.to_str().unwrap()];
    shared.run(generated).succeeded();

    set_mode(&folder, 0o777);
    for variable in ["SIHHA_JWT_SECRET_FILE", "SIHHA_LEGACY_JWT_SECRET_FILE", "SIHHA_SIGNING_KEYS"] {
        let path = if variable == "SIHHA_SIGNING_KEYS" { &keys } else { &file };
        let mut sihha = Sihha::on(&database).with(variable, path);
        if variable == "SIHHA_JWT_SECRET_FILE" {
            sihha = sihha.without("SIHHA_JWT_SECRET");
        }
        assert_refused(&sihha, &["serve"], &folder);
    }
    assert_refused(&shared, &generated, &folder);
}

#[test]
fn a_data_directory_that_others_can_write_to_is_refused() {
    let sihha = Sihha::made();
    for folder in [sihha.data_dir(), sihha.path().to_owned()] {
        let mode = fs::metadata(&folder).unwrap().permissions().mode();
        set_mode(&folder, 0o777);
        for command in [&["serve"][..], &["migrate"], &["approvals", "list"]] {
            assert_refused(&sihha, command, &folder);
        }
        set_mode(&folder, mode);
    }
    set_mode(sihha.path(), 0o1777);
    sihha.run(["approvals", "list"]).succeeded();
}
