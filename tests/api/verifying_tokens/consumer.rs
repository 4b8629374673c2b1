//! A program that reads tokens, one a line, and prints an answer in JSON to each.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::Value;
use sihha_domain::clock::Clock;
use sihha_infra::jwt::KeyAlgorithm;
use sihha_infra::system::SystemClock;
use sihha_tests::{TestApp, TestOptions};

/// The running program. Dropping the value kills it.
pub(super) struct Consumer {
    child: Child,
    tokens: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Consumer {
    pub(super) fn start(command: &mut Command) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (tokens, answers) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Self { child, tokens, answers: BufReader::new(answers) }
    }

    pub(super) fn verify(&mut self, token: &str) -> Value {
        writeln!(self.tokens, "{token}").unwrap();
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        serde_json::from_str(&answer).expect("an answer in JSON")
    }
}

impl Drop for Consumer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns the address of the app's public keys.
pub(super) fn jwks_url(app: &TestApp) -> String {
    format!("http://{}/.well-known/jwks.json", app.address())
}

/// Starts a server whose clock shows the same time as the consumer's.
pub(super) fn app_of_today(algorithm: KeyAlgorithm, change: impl FnOnce(&mut TestOptions)) -> TestApp {
    let app = TestApp::start_with_keys(algorithm, change);
    app.clock.advance(SystemClock.now() - app.clock.now());
    app
}
