//! Removal of a test's folder, also when the tests are killed.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

const SCRIPT: &str = include_str!("janitor.sh");

/// A small shell that removes a folder once this process has ended and nothing runs in the folder any more.
///
/// The folder is removed before it is dropped.
pub struct Janitor(Child);

impl Janitor {
    /// Starts the janitor of `folder`.
    ///
    /// # Panics
    ///
    /// If there is no shell.
    #[must_use]
    pub fn of(folder: &Path) -> Self {
        let shell = Command::new("sh")
            .args(["-c", SCRIPT, "janitor"])
            .arg(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            // Out of reach of the Ctrl-C that it cleans up after.
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
