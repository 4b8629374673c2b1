//! Envoy's JWT filter, configured as `docs/verifying-tokens.md` says.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use chrono::TimeDelta;
use sihha_domain::clock::Clock;
use sihha_infra::jwt::{ACTIVATION_DELAY, KeyAlgorithm, KeyStore, RELOAD_DELAY};
use sihha_infra::system::SystemRandomness;
use sihha_tests::{TestApp, packages};
use tempfile::TempDir;

use super::consumer::{app_of_today, tokens_to_refuse};
use crate::support::{log_in, opened, register};

/// A running Envoy, which answers 200 to a request with an accepted token.
struct Envoy {
    child: Child,
    folder: TempDir,
}

impl Envoy {
    fn before(app: &TestApp) -> Self {
        let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("consumers");
        let folder = tempfile::tempdir().unwrap();
        let config = fs::read_to_string(scripts.join("envoy.yaml")).unwrap();
        let config = config
            .replace("SOCKET", Self::socket(&folder).to_str().unwrap())
            .replace("PORT", &app.address().port().to_string());
        let mut child = Command::new(packages("consumers", &scripts).join("bin/envoy"))
            .args(["--use-dynamic-base-id", "--concurrency", "1", "--config-yaml", &config])
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
        let is_ready = log.by_ref().any(|line| line.unwrap().contains("starting workers"));
        assert!(is_ready, "Envoy started");
        // Its log must be read, so that it can write.
        std::thread::spawn(move || log.map_while(Result::ok).for_each(drop));
        Self { child, folder }
    }

    fn socket(folder: &TempDir) -> PathBuf {
        folder.path().join("envoy.sock")
    }

    /// Returns the status of the response to a request with `token`.
    fn status(&self, token: &str) -> String {
        let mut stream = UnixStream::connect(Self::socket(&self.folder)).unwrap();
        let request = format!(
            "GET / HTTP/1.1\r\nHost: consumer\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).unwrap();
        response.split_whitespace().nth(1).expect("a status").to_owned()
    }
}

impl Drop for Envoy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn envoy_accepts_access_tokens_for_its_audience_only() {
    for algorithm in [KeyAlgorithm::Es256, KeyAlgorithm::EdDsa] {
        let app = app_of_today(algorithm, |options| options.audience = vec!["gateway".to_owned()]);
        let envoy = Envoy::before(&app);
        let registered = register(&app, "user", "amina@example.com");
        let access = registered.text_at("access");
        assert_eq!(envoy.status(access), "200", "{algorithm:?}");

        let stranger = app_of_today(algorithm, |options| options.audience = vec!["gateway".to_owned()]);
        for (case, token) in tokens_to_refuse(&app, &stranger, &registered, TimeDelta::minutes(7)) {
            let status = envoy.status(&token);
            assert!(["401", "403"].contains(&status.as_str()), "{algorithm:?}: {case}: {status}");
        }
    }
}

#[test]
fn envoy_knows_the_next_key_of_a_rotation_and_no_key_that_signs_immediately() {
    let app = app_of_today(KeyAlgorithm::Es256, |options| {
        options.audience = vec!["gateway".to_owned()];
        // So that a token of the day before is still valid.
        options.lifetimes.access_lifetime = TimeDelta::hours(25);
    });
    let a_day = RELOAD_DELAY + ACTIVATION_DELAY;
    app.clock.advance(-a_day);
    let keys = KeyStore::new(app.signing_keys().to_owned());
    let next = keys.generate(KeyAlgorithm::Es256, None, app.clock.now(), &SystemRandomness).unwrap().id;
    app.keys.reload().unwrap();
    let envoy = Envoy::before(&app);
    // Envoy fetches the JWKS now, and keeps it.
    assert_eq!(envoy.status(register(&app, "user", "amina@example.com").text_at("access")), "200");

    app.clock.advance(a_day);
    let token = log_in(&app, "user", "amina@example.com").text_at("access").to_owned();
    assert_eq!(opened(&token).0["kid"], next.as_str());
    assert_eq!(envoy.status(&token), "200");

    keys.rotate_now(&[], app.clock.now(), &SystemRandomness).unwrap();
    app.keys.reload().unwrap();
    let unknown = log_in(&app, "user", "amina@example.com");
    assert_eq!(envoy.status(unknown.text_at("access")), "401");
    assert_eq!(envoy.status(&token), "200", "Envoy accepts the removed key until it fetches the JWKS");
    assert_eq!(app.get_as(&token, "/api/me").status, 401);
}
