//! A Python environment with the packages that the examples in `docs/` need.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Returns the interpreter of a virtual environment with the packages of `docs/examples/requirements.txt`. The first test
/// that needs it creates it in the build folder. Other tests wait for that, also in other processes.
///
/// # Panics
///
/// If it cannot be created. `scripts/setup python3-venv` installs the necessary software.
#[must_use]
pub fn python() -> PathBuf {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/examples");
    let requirements = fs::read(examples.join("requirements.txt")).expect("the examples' requirements");
    let build = std::env::current_exe().expect("the test's own path");
    let build = build.ancestors().nth(3).expect("target/debug/deps/test").to_owned();
    let folder = build.join("python");
    let lock = File::create(build.join("python.lock")).expect("the build's folder can be written to");
    lock.lock().expect("a lock");
    let (interpreter, made) = (folder.join("bin/python"), folder.join("requirements.made"));
    if fs::read(&made).is_ok_and(|made| made == requirements)
        && run(Command::new(&interpreter).arg("--version"))
    {
        return interpreter;
    }
    // Removes an environment of other requirements or another Python, or one that is incomplete because of a kill.
    let _ = fs::remove_dir_all(&folder);
    assert!(
        run(Command::new("python3").args(["-m", "venv"]).arg(&folder)),
        "no virtual environment could be made"
    );
    let packages = ["-m", "pip", "install", "--quiet", "--require-hashes", "--only-binary=:all:", "-r"];
    let install = run(Command::new(&interpreter).args(packages).arg(examples.join("requirements.txt")));
    assert!(install, "the examples' packages could not be installed");
    fs::write(made, requirements).expect("the build's folder can be written to");
    interpreter
}

fn run(command: &mut Command) -> bool {
    command.stdout(Stdio::null()).status().is_ok_and(|status| status.success())
}
