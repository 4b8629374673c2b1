use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::Path;

use nix::unistd::geteuid;
use sihha_infra::trusted_path::{check_data_file, check_data_folder, check_trusted};

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

fn refused(path: &Path) -> String {
    check_trusted(path).unwrap_err().to_string()
}

#[test]
fn a_path_that_other_users_can_write_to_is_refused_with_the_command_that_helps() {
    let folder = tempfile::tempdir().unwrap();
    let outer = folder.path().join("outer");
    let file = outer.join("inner/secret");
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, "secret").unwrap();
    for (part, mode, good) in [
        (file.as_path(), 0o666, 0o600),
        (file.as_path(), 0o620, 0o600),
        (file.parent().unwrap(), 0o777, 0o700),
        (outer.as_path(), 0o775, 0o755),
        (outer.as_path(), 0o702, 0o755),
    ] {
        set_mode(part, mode);
        let line = refused(&file);
        assert!(line.contains(&format!("chmod go-w {}", part.display())), "{line}");
        assert!(line.contains(&format!("{mode:04o}")) && !line.contains('\n'), "{line}");
        set_mode(part, good);
        check_trusted(&file).unwrap();
    }
    set_mode(&outer, 0o1777);
    check_trusted(&file).expect("nobody else can replace a file in a sticky folder");
}

#[test]
fn the_folders_on_both_sides_of_a_link_are_checked() {
    let folder = tempfile::tempdir().unwrap();
    let [here, there] = ["here", "there"].map(|name| folder.path().join(name));
    fs::create_dir(&here).unwrap();
    fs::create_dir(&there).unwrap();
    fs::write(there.join("secret"), "secret").unwrap();
    set_mode(&there.join("secret"), 0o600);
    symlink(there.join("secret"), here.join("secret")).unwrap();
    check_trusted(&here.join("secret")).unwrap();
    for part in [&here, &there] {
        set_mode(part, 0o777);
        assert!(refused(&here.join("secret")).contains(part.to_str().unwrap()));
        set_mode(part, 0o755);
    }
}

#[test]
fn a_path_of_another_user_is_refused_with_the_command_that_helps() {
    // Only root can give a file away. The files of root are trusted by everybody.
    if !geteuid().is_root() {
        return check_trusted(Path::new("/etc/hostname")).unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let secret = data.join("secret");
    fs::create_dir(&data).unwrap();
    fs::write(&secret, "secret").unwrap();
    set_mode(&secret, 0o600);
    chown(&data, Some(12_345), None).unwrap();
    let line = refused(&secret);
    assert!(line.contains(&format!("chown root {}", data.display())) && line.contains("12345"), "{line}");
    check_data_folder(&data).expect("root works for the owner of the data directory");
    check_data_file(&data, &secret).unwrap();
    chown(&secret, Some(54_321), None).unwrap();
    assert!(check_data_file(&data, &secret).unwrap_err().to_string().contains("54321"));
}
