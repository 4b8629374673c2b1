//! Runs the generators, which are packages of Python and npm.

use std::fs;
use std::path::{Path, PathBuf};

use sihha_tests::packages;

use crate::process::Sihha;

/// Writes the document that the binary prints to `openapi.json` in the folder of `sihha`, and
/// copies `files` of this folder there.
pub(crate) fn prepare<const N: usize>(sihha: &Sihha, files: [&str; N]) {
    fs::write(sihha.path().join("openapi.json"), sihha.run(["openapi"]).succeeded()).unwrap();
    for file in files {
        fs::copy(folder().join(file), sihha.path().join(file)).unwrap();
    }
}

/// Runs a program of the packages in the folder of `sihha`. Returns the lines that it wrote.
///
/// # Panics
///
/// If the program fails.
pub(crate) fn run(sihha: &Sihha, command: &str) -> Vec<String> {
    let packages = packages("clients", &folder());
    let [python, node] = ["bin", "node_modules/.bin"].map(|programs| packages.join(programs));
    let path = std::env::var("PATH").unwrap();
    let mut words = command.split(' ');
    // There is no deadline: a generator takes seconds, and a multiple of that on a busy machine.
    let output = sihha
        .command_of(words.next().unwrap())
        .args(words)
        .env("PATH", format!("{}:{}:{path}", python.display(), node.display()))
        .env("HOME", sihha.path())
        .env("LC_ALL", "C.UTF-8")
        .env("PYTHONPATH", sihha.path().join("site"))
        .env("JAVA_OPTS", "-XX:-UsePerfData")
        .env("REDOCLY_TELEMETRY", "off")
        .env("REDOCLY_SUPPRESS_UPDATE_NOTICE", "true")
        .output()
        .unwrap();
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(output.status.success(), "{command}: {}\n{text}", output.status);
    text.lines().filter(|line| !line.trim().is_empty()).map(ToOwned::to_owned).collect()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/clients")
}
