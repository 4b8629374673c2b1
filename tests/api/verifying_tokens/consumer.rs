//! A program that reads tokens, one a line, and prints an answer in JSON to each.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use chrono::TimeDelta;
use serde_json::Value;
use sihha_domain::clock::Clock;
use sihha_infra::jwt::KeyAlgorithm;
use sihha_infra::system::SystemClock;
use sihha_tests::{Response, TestApp, TestOptions};

use crate::support::{log_in, opened, register, signed};

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

/// Returns what a consumer of `app`'s access tokens must refuse, by its kind. `stranger` is another
/// service. Sets the clock of `app` back by `age`, for an expired token of `registered`.
pub(super) fn tokens_to_refuse(
    app: &TestApp,
    stranger: &TestApp,
    registered: &Response,
    age: TimeDelta,
) -> [(&'static str, String); 5] {
    app.clock.advance(-age);
    [
        ("a refresh token", registered.text_at("refresh").to_owned()),
        ("an expired token", log_in(app, "user", "amina@example.com").text_at("access").to_owned()),
        (
            "a token of another service",
            register(stranger, "user", "amina@example.com").text_at("access").to_owned(),
        ),
        ("a token signed with a secret", signed(&opened(registered.text_at("access")).1)),
        ("garbage", "garbage".to_owned()),
    ]
}
