//! Removes a test's folder, also if the tests are killed.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Waits for the end of its standard input, which ends with this process, even if that is killed. The Postgres in the
/// folder then stops. The folder is removed only after that, because Postgres needs its files to free its shared memory.
const SCRIPT: &str = r#"read -r _
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30; do
    [ -n "$(find /proc/[0-9]* -maxdepth 1 -name cwd -lname "$1/*" 2>/dev/null)" ] || break
    sleep 1
done
rm -rf "$1""#;

/// A shell script that removes a folder when this process has ended and no process runs in the folder.
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
