//! Tells the binary its version and the commit that it is built from.
//!
//! The commit is read from the repository or, in an archive made by `git archive`, from the file
//! `commit`. Without both, as in other copies of the sources, the version has no commit. Uncommitted
//! changes are not detected: each build would have to look for them.

use std::fs;
use std::path::Path;
use std::process::Command;

/// Number of the commit's digits that are shown.
const DIGITS: usize = 12;

fn main() {
    println!("cargo:rerun-if-changed=commit");
    let version = env!("CARGO_PKG_VERSION");
    let commit = archived().or_else(checked_out).map(|commit| format!(" ({commit:.DIGITS$})"));
    println!("cargo:rustc-env=SIHHA_VERSION={version}{}", commit.unwrap_or_default());
}

/// Returns the commit that `git archive` wrote into the file.
fn archived() -> Option<String> {
    let commit = fs::read_to_string("commit").ok()?;
    Some(commit.trim().to_owned()).filter(|commit| !commit.starts_with('$'))
}

/// Returns the commit of the repository, if this crate is in its place there. Asks for another build
/// when it changes.
fn checked_out() -> Option<String> {
    let commit = git(&["rev-parse", "--show-prefix", "HEAD"])?.strip_prefix("crates/cli/\n")?.to_owned();
    let branch = git(&["rev-parse", "--symbolic-full-name", "HEAD"])?;
    for name in ["HEAD", "logs/HEAD", "packed-refs", &branch] {
        // Cargo takes a missing file for one that has changed.
        let file = git(&["rev-parse", "--git-path", name])?;
        if Path::new(&file).exists() {
            println!("cargo:rerun-if-changed={file}");
        }
    }
    Some(commit)
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim_end().to_owned())
}
