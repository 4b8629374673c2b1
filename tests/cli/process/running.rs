//! A process that runs, and its output.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::ops::Deref;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use sihha_tests::Client;
use sihha_tests::recorder::{self, RecordKind};

use super::DEADLINE;

/// Output of a process that was read so far.
#[derive(Default)]
struct Written {
    text: String,
    ended: bool,
}

/// Output stream of a process, read while it runs.
struct Stream(Arc<(Mutex<Written>, Condvar)>);

impl Stream {
    /// Reads a stream to its end. Each line is also written to `copy`.
    fn read(from: impl Read + Send + 'static, mut copy: Option<File>) -> Self {
        let shared = Arc::new((Mutex::new(Written::default()), Condvar::new()));
        let reader = Arc::clone(&shared);
        thread::spawn(move || {
            let mut from = BufReader::new(from);
            let mut line = Vec::new();
            while from.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
                if let Some(copy) = &mut copy {
                    copy.write_all(&line).unwrap();
                }
                reader.0.lock().unwrap().text += &String::from_utf8_lossy(&line);
                reader.1.notify_all();
                line.clear();
            }
            reader.0.lock().unwrap().ended = true;
            reader.1.notify_all();
        });
        Self(shared)
    }

    /// Waits until `found` returns true, or the stream ends.
    fn wait(&self, what: &str, found: impl Fn(&str) -> bool) -> String {
        let (written, changed) = &*self.0;
        let waiting = |written: &mut Written| !written.ended && !found(&written.text);
        let (written, limit) =
            changed.wait_timeout_while(written.lock().unwrap(), DEADLINE, waiting).unwrap();
        let text = written.text.clone();
        drop(written);
        assert!(!limit.timed_out(), "no {what}:\n{text}");
        text
    }

    /// Waits until the stream ends, so that all of it is recorded. Another process may keep it open.
    fn drain(&self) {
        let (written, changed) = &*self.0;
        let Ok(written) = written.lock() else { return };
        drop(changed.wait_timeout_while(written, Duration::from_secs(1), |written| !written.ended));
    }
}

/// A process with its output. Killed when dropped.
pub(crate) struct Process {
    child: Child,
    stdout: Stream,
    stderr: Stream,
}

impl Process {
    pub(crate) fn start(command: &mut Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let stdout = Stream::read(child.stdout.take().unwrap(), None);
        let stderr = Stream::read(child.stderr.take().unwrap(), recorder::log_file());
        Self { child, stdout, stderr }
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id().cast_signed()), signal).unwrap();
    }

    /// Waits until standard error contains `part`.
    pub(crate) fn wait_for_log(&self, part: &str) {
        let text = self.stderr.wait(part, |text| text.contains(part));
        assert!(text.contains(part), "the process exited without {part:?}:\n{text}");
    }

    /// Waits for its first line of output.
    pub(crate) fn ready_line(&self) -> String {
        self.stdout.wait("ready line", |text| text.contains('\n'))
    }

    /// Waits until it exits.
    pub(crate) fn finish(mut self) -> Finished {
        let stdout = self.stdout.wait("exit", |_| false);
        let stderr = self.stderr.wait("exit", |_| false);
        recorder::record(RecordKind::Printed, stdout.as_bytes());
        Finished { code: self.child.wait().unwrap().code(), stdout, stderr }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.stderr.drain();
    }
}

/// Exit status and output of a process.
#[derive(Debug)]
pub(crate) struct Finished {
    /// Exit status, or `None` if it was killed.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Finished {
    /// Asserts that it succeeded. Returns its output.
    pub(crate) fn succeeded(self) -> String {
        assert_eq!(self.code, Some(0), "{self:?}");
        self.stdout
    }

    /// Asserts that it failed. Returns its only error line.
    pub(crate) fn refusal(&self) -> &str {
        assert_eq!(self.code, Some(1), "{self:?}");
        assert_eq!(self.stdout, "", "{self:?}");
        assert!(!self.stderr.contains("panicked"), "{self:?}");
        // A private Postgres logs lines before it.
        let lines: Vec<&str> = self.stderr.lines().filter(|line| !line.starts_with('{')).collect();
        assert!(lines.len() == 1 && lines[0].starts_with("sihha: "), "{self:?}");
        lines[0]
    }

    /// Asserts that it was called wrongly. Returns the error text.
    pub(crate) fn usage_error(&self) -> &str {
        assert_eq!(self.code, Some(2), "{self:?}");
        assert_eq!(self.stdout, "", "{self:?}");
        &self.stderr
    }
}

/// A service that is ready. Killed when dropped.
pub(crate) struct Service {
    process: Process,
    client: Client,
    /// Its ready line.
    pub(crate) announcement: String,
}

impl Service {
    pub(crate) fn of(process: Process) -> Self {
        let announcement = process.ready_line();
        let address = announcement.split_once("http://").and_then(|(_, rest)| rest.split_once("/api"));
        let Some((address, _)) = address else {
            panic!("the service did not start: {:?}", process.finish());
        };
        let client = Client::new(address.parse().unwrap());
        Self { process, client, announcement: announcement.trim_end().to_owned() }
    }

    /// Sends a signal, and waits until it exits.
    pub(crate) fn stop(self, signal: Signal) -> Finished {
        self.process.signal(signal);
        self.finish()
    }

    /// Waits until it exits.
    pub(crate) fn finish(self) -> Finished {
        self.process.finish()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        self.process.signal(signal);
    }

    /// Returns its process id.
    pub(crate) fn id(&self) -> u32 {
        self.process.child.id()
    }

    pub(crate) fn wait_for_log(&self, part: &str) {
        self.process.wait_for_log(part);
    }
}

impl Deref for Service {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

/// Calls `look` until it returns a value.
pub(crate) fn eventually<T>(what: &str, look: impl FnMut() -> Option<T>) -> T {
    wait_until(DEADLINE, look).unwrap_or_else(|| panic!("{what} did not happen"))
}

#[expect(clippy::disallowed_methods, reason = "other processes send no event")]
pub(super) fn wait_until<T>(limit: Duration, mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let end = Instant::now() + limit;
    loop {
        let seen = look();
        if seen.is_some() || Instant::now() > end {
            return seen;
        }
        thread::sleep(Duration::from_millis(10));
    }
}
