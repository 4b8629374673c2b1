//! A real SMTP server, in Python.

use std::io::{BufRead, BufReader, Lines};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::Value;

use crate::packages;

/// An SMTP server on a free port, whose options are those of `tests/smtp/server.py`. It ends when the
/// value is dropped, or the test's process ends.
pub struct TestSmtp {
    process: Child,
    events: Lines<BufReader<ChildStdout>>,
    port: u16,
    authority: String,
}

impl TestSmtp {
    /// Starts a server, and waits until it listens.
    ///
    /// # Panics
    ///
    /// As [`packages`], and if it does not start.
    #[must_use]
    pub fn start(options: &[&str]) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("smtp");
        let mut process = Command::new(packages("smtp", &folder).join("bin/python"))
            .arg(folder.join("server.py"))
            .args(options)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Python");
        let mut events = BufReader::new(process.stdout.take().expect("a pipe")).lines();
        let ready = events.next().expect("an SMTP server starts").expect("text");
        let ready: Value = serde_json::from_str(&ready).expect("JSON");
        let port = ready["port"].as_u64().and_then(|port| port.try_into().ok()).expect("a port");
        let authority = ready["authority"].as_str().expect("a certificate").to_owned();
        Self { process, events, port, authority }
    }

    /// Returns its port.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Returns the certificate of the authority that issued the server's, in PEM.
    #[must_use]
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// Ends the server, and returns what happened: connections, and messages that it accepted.
    ///
    /// # Panics
    ///
    /// If the server failed.
    #[must_use]
    pub fn finish(mut self) -> Vec<Value> {
        drop(self.process.stdin.take());
        let lines = self.events.by_ref().map(|line| line.expect("text"));
        lines.map(|line| serde_json::from_str(&line).expect("JSON")).collect()
    }
}

impl Drop for TestSmtp {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
