//! The tools, which are Python packages.

use std::path::{Path, PathBuf};
use std::process::Command;

use sihha_tests::packages;

use crate::process::Sihha;

/// Returns a command for a program of the packages, in the folder of `sihha` and with its
/// environment.
pub(crate) fn tool(sihha: &Sihha, program: &str) -> Command {
    let programs = packages("security", &folder()).join("bin");
    let mut command = sihha.command_of(programs.join(program));
    command.env("HOME", sihha.path()).env("LC_ALL", "C.UTF-8");
    command
}

/// Returns the folder of this file.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/security")
}
