//! Removes a test's folder, also if the tests are killed.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

const SCRIPT: &str = include_str!("janitor.sh");

/// A shell script that removes a folder when this process has ended and no process runs in the
/// folder.
///
/// A drop returns after the folder is removed.
pub struct Janitor(Child);

impl Janitor {
    /// Starts the janitor of `folder`.
    ///
    /// # Panics
    ///
    /// If the shell cannot be started.
    #[must_use]
    pub fn of(folder: &Path) -> Self {
        let shell = Command::new("sh")
            .args(["-c", SCRIPT, "janitor"])
            .arg(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            // So that it does not receive the Ctrl-C that ends the tests.
            .process_group(0)
            .spawn();
        Self(shell.expect("a shell"))
    }
}

impl Drop for Janitor {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}
