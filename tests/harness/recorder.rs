//! Records what the tests send and get and what the service logs, in the folder that `TEST_RECORD` names.
//! `tests/secrets.rs` searches it for secrets when all tests have run. Without the variable, nothing is
//! recorded.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::thread;

use serde::{Deserialize, Serialize};
use sihha_cli::logging;

/// What the service logs in a test's own process. It shares the process with the tests' HTTP client.
const LEVELS: &str = "trace,ureq=off,ureq_proto=off";

/// What was sent, got or printed, written as one line of JSON.
#[derive(Debug, Serialize, Deserialize)]
pub struct Record {
    /// The test's name.
    pub test: String,
    /// What the text is.
    pub kind: RecordKind,
    /// Its text.
    pub text: String,
}

/// The kind of a [`Record`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordKind {
    /// An HTTP request, or several of a connection.
    Sent,
    /// An HTTP response, or several of a connection.
    Received,
    /// The standard output of a process.
    Printed,
    /// A secret that the service was given.
    Secret,
}

/// Where this process records.
struct Recorder {
    /// Path of its files without their endings.
    prefix: PathBuf,
    records: File,
}

impl Recorder {
    /// Ending of the name of a file of [`Record`]s.
    const RECORDS: &str = "jsonl";
    /// Ending of the name of a log.
    const LOG: &str = "log";

    fn from_environment() -> Option<Self> {
        let folder = std::env::var_os("TEST_RECORD").map(PathBuf::from)?;
        let program = std::env::current_exe().expect("a program");
        let program = program.file_name().expect("a name").to_string_lossy();
        let prefix = folder.join(format!("{program}.{}", std::process::id()));
        let records = append(&prefix.with_added_extension(Self::RECORDS));
        Some(Self { prefix, records })
    }

    /// Returns the recorder of this process, or `None` without `TEST_RECORD`.
    fn get() -> Option<&'static Self> {
        static RECORDER: OnceLock<Option<Recorder>> = OnceLock::new();
        RECORDER.get_or_init(Self::from_environment).as_ref()
    }
}

fn append(path: &Path) -> File {
    let opened = OpenOptions::new().create(true).append(true).open(path);
    opened.unwrap_or_else(|error| panic!("TEST_RECORD: {}: {error}", path.display()))
}

/// Returns the name of the running test, which is that of its thread.
pub(crate) fn test() -> String {
    thread::current().name().unwrap_or("unnamed").to_owned()
}

/// Records what a test sent or got.
///
/// # Panics
///
/// If it cannot be written.
pub fn record(kind: RecordKind, text: &[u8]) {
    let Some(recorder) = Recorder::get().filter(|_| !text.is_empty()) else { return };
    let record = Record { test: test(), kind, text: String::from_utf8_lossy(text).into_owned() };
    let line = serde_json::to_string(&record).expect("JSON") + "\n";
    // In one piece, because several threads write.
    (&recorder.records).write_all(line.as_bytes()).expect("TEST_RECORD can be written");
}

/// Returns the folder for what other programs record.
#[must_use]
pub fn folder() -> Option<&'static Path> {
    Recorder::get()?.prefix.parent()
}

/// Returns a file for the log of a process that the running test starts.
#[must_use]
pub fn log_file() -> Option<File> {
    let name = test().replace("::", ".");
    Some(append(&Recorder::get()?.prefix.with_added_extension(name).with_added_extension(Recorder::LOG)))
}

/// Records what the service logs in this process, from now on.
///
/// # Panics
///
/// If the process logs already.
pub(crate) fn record_log() {
    static STARTED: OnceLock<()> = OnceLock::new();
    STARTED.get_or_init(|| {
        if let Some(recorder) = Recorder::get() {
            let file = append(&recorder.prefix.with_added_extension(Recorder::LOG));
            logging::log_to(LEVELS, file).expect("no other log");
        }
    });
}

/// Collects what is sent and received on a connection, and records it at the end.
#[derive(Debug, Default)]
pub(crate) struct Exchange {
    pub(crate) sent: Vec<u8>,
    pub(crate) received: Vec<u8>,
}

impl Exchange {
    /// Records what was sent and received so far.
    pub(crate) fn record(&mut self) {
        record(RecordKind::Sent, &std::mem::take(&mut self.sent));
        record(RecordKind::Received, &std::mem::take(&mut self.received));
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.record();
    }
}
