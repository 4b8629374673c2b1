//! Removal of a test's folder, also when the tests are killed.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Waits for its standard input to end, which it does with this process, however that dies. The Postgres of the folder
/// then stops by itself. It must find its files meanwhile, or it would leave its shared memory behind.
const SCRIPT: &str = r#"read -r _
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30; do
    [ -n "$(find /proc/[0-9]* -maxdepth 1 -name cwd -lname "$1/*" 2>/dev/null)" ] || break
    sleep 1
done
rm -rf "$1""#;

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
