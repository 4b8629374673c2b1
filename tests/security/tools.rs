//! Runs the tools, which are Python packages.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Output;

use sihha_tests::packages;

use crate::process::Sihha;

/// Runs a program of the packages in the folder of `sihha`. Returns its exit status and output.
pub(crate) fn run<I: AsRef<OsStr>>(
    sihha: &Sihha,
    program: &str,
    arguments: impl IntoIterator<Item = I>,
) -> Output {
    let programs = packages("security", &folder()).join("bin");
    // There is no deadline: the tools take minutes, and a multiple of that on a busy machine.
    sihha
        .command_of(programs.join(program))
        .args(arguments)
        .env("HOME", sihha.path())
        .env("LC_ALL", "C.UTF-8")
        .output()
        .unwrap()
}

/// Returns the folder of this file.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/security")
}
