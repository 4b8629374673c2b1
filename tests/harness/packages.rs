//! Packages of Python and npm whose programs tests run.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The files that list packages: first those of Python, then those of npm, which a folder may lack.
const LISTS: [&str; 3] = ["requirements.txt", "package.json", "package-lock.json"];

/// Returns a Python interpreter with the packages of `docs/examples/requirements.txt`.
///
/// # Panics
///
/// As [`packages`].
#[must_use]
pub fn python() -> PathBuf {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/examples");
    packages("python", &examples).join("bin/python")
}

/// Returns the folder `name` of the build with the packages that the files in `lists` name, pinned
/// by their digests: a virtual environment, with `node_modules` if there is a `package-lock.json`.
/// Then `node` is one of the Python packages.
///
/// The first test that asks installs them. Others wait for it, in other processes too.
///
/// # Panics
///
/// If they cannot be installed: `scripts/setup python3-venv` installs what that needs.
#[must_use]
pub fn packages(name: &str, lists: &Path) -> PathBuf {
    let build = std::env::current_exe().expect("the test's own path");
    let build = build.ancestors().nth(3).expect("target/debug/deps/test").to_owned();
    let folder = build.join(name);
    let lock =
        File::create(build.join(format!("{name}.lock"))).expect("the build's folder can be written to");
    lock.lock().expect("a lock");

    let wanted: Vec<u8> =
        LISTS.iter().flat_map(|list| fs::read(lists.join(list)).unwrap_or_default()).collect();
    let (interpreter, installed) = (folder.join("bin/python"), folder.join("installed"));
    if fs::read(&installed).is_ok_and(|installed| installed == wanted)
        && run(Command::new(&interpreter).arg("--version"))
    {
        return folder;
    }
    // Another version of the lists, another Python or a killed installation left it.
    let _ = fs::remove_dir_all(&folder);
    let made = run(Command::new("python3").args(["-m", "venv"]).arg(&folder));
    assert!(made, "no virtual environment could be made");
    let pip = ["-m", "pip", "install", "--quiet", "--require-hashes", "--only-binary=:all:", "-r"];
    let python = run(Command::new(&interpreter).args(pip).arg(lists.join(LISTS[0])));
    assert!(python, "the Python packages of {} could not be installed", lists.display());
    if lists.join(LISTS[2]).exists() {
        for list in &LISTS[1..] {
            fs::copy(lists.join(list), folder.join(list)).expect("the build's folder can be written to");
        }
        let npm = ["ci", "--silent", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier"];
        let path = format!("{}:{}", folder.join("bin").display(), std::env::var("PATH").expect("a PATH"));
        let node = run(Command::new(folder.join("bin/npm")).args(npm).current_dir(&folder).env("PATH", path));
        assert!(node, "the npm packages of {} could not be installed", lists.display());
    }
    fs::write(installed, wanted).expect("the build's folder can be written to");
    folder
}

fn run(command: &mut Command) -> bool {
    command.stdout(Stdio::null()).status().is_ok_and(|status| status.success())
}
