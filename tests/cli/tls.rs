//! `--tls-cert` and `--tls-key`, with clients that others wrote.

use std::fs;
use std::io::Write;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use nix::sys::signal::Signal;
use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use sihha_tests::TestDatabase;
use sihha_tests::recorder::{self, RecordKind};

use crate::process::{Process, Sihha, eventually};

const HSTS: &str = "strict-transport-security: max-age=31536000; includeSubDomains";

/// Writes a certificate for `localhost` that expires in this year, and its key.
fn write_certificate(folder: &Path, name: &str, year: i32) -> [PathBuf; 2] {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
    params.not_after = date_time_ymd(year, 1, 1);
    let certificate = params.self_signed(&key).unwrap();
    let files = ["cert", "key"].map(|kind| folder.join(format!("{name}-{kind}.pem")));
    fs::write(&files[0], certificate.pem()).unwrap();
    fs::write(&files[1], key.serialize_pem()).unwrap();
    fs::set_permissions(&files[1], fs::Permissions::from_mode(0o600)).unwrap();
    files
}

/// Returns the binary with a certificate, whose files are returned as well.
fn with_certificate(database: &TestDatabase) -> (Sihha, [PathBuf; 2]) {
    let sihha = Sihha::on(database).with("SIHHA_LOG", "trace");
    let files = write_certificate(sihha.path(), "first", 2099);
    (sihha.with("SIHHA_TLS_CERT", &files[0]).with("SIHHA_TLS_KEY", &files[1]), files)
}

/// Waits until the service is ready. Returns its address.
fn address(service: &Process) -> SocketAddr {
    let line = service.ready_line();
    let address = line.split_once("https://").and_then(|(_, rest)| rest.split_once("/api"));
    address.unwrap_or_else(|| panic!("{line}")).0.parse().unwrap()
}

/// Returns a command of curl that trusts this certificate only.
fn curl(authority: &Path, address: SocketAddr, path: &str) -> Command {
    let mut curl = Command::new("curl");
    let port = address.port();
    curl.args(["--silent", "--show-error", "--include", "--max-time", "60"]).arg("--cacert").arg(authority);
    curl.args(["--resolve", &format!("localhost:{port}:127.0.0.1")]);
    curl.arg(format!("https://localhost:{port}{path}"));
    curl
}

fn text(output: &Output) -> String {
    recorder::record(RecordKind::Received, &output.stdout);
    [&output.stdout[..], &output.stderr].map(String::from_utf8_lossy).concat()
}

#[test]
fn unusable_files_are_one_line() {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database);
    let [certificate, key] = write_certificate(sihha.path(), "one", 2099);
    let [_, other_key] = write_certificate(sihha.path(), "other", 2099);
    let missing = sihha.path().join("missing.pem");
    let [certificate, key, other_key, missing] =
        [&certificate, &key, &other_key, &missing].map(|file| file.to_str().unwrap());
    for (options, reason) in [
        (&["--tls-cert", certificate][..], "needs --tls-key"),
        (&["--tls-key", key], "needs --tls-cert"),
        (&["--tls-cert", missing, "--tls-key", key], "missing.pem: No such file"),
        (&["--tls-cert", certificate, "--tls-key", missing], "missing.pem"),
        (&["--tls-cert", key, "--tls-key", key], "has no certificate in PEM"),
        (&["--tls-cert", certificate, "--tls-key", certificate], "has no private key in PEM"),
        (&["--tls-cert", certificate, "--tls-key", other_key], "is not that of the first certificate"),
        (&["--tls-cert", certificate, "--tls-key", key, "--listen", "unix:socket"], "Unix socket"),
    ] {
        let finished = sihha.run_all(&[&["serve"], options].concat());
        assert!(finished.refusal().contains(reason), "{options:?}: {finished:?}");
    }
    fs::set_permissions(key, fs::Permissions::from_mode(0o666)).unwrap();
    let finished = sihha.run_all(&["serve", "--tls-cert", certificate, "--tls-key", key]);
    assert!(finished.refusal().contains("--tls-key is not safe"), "{finished:?}");
}

#[test]
fn curl_and_openssl_are_served_over_http_2_and_1_1() {
    let database = TestDatabase::new();
    let (sihha, [certificate, _]) = with_certificate(&database);
    let service = sihha.start(["serve"]);
    let address = address(&service);
    for (option, version) in [("--http2", "HTTP/2 "), ("--http1.1", "HTTP/1.1 ")] {
        for (path, status) in [("/health/ready", "200"), ("/api/me", "401"), ("/nothing", "404")] {
            let output = text(&curl(&certificate, address, path).arg(option).output().unwrap());
            assert!(output.starts_with(&format!("{version}{status}")), "{output}");
            assert!(output.to_lowercase().contains(&HSTS.to_lowercase()), "{output}");
        }
        let tooling =
            text(&curl(&certificate, address, "/docs/swagger-ui-bundle.js").arg(option).output().unwrap());
        assert!(tooling.len() > 1_000_000, "{}", tooling.len());
    }

    for (option, expected) in [("-tls1_3", "TLSv1.3"), ("-tls1_2", "TLSv1.2"), ("-tls1_1", "alert")] {
        let mut openssl = Command::new("openssl");
        openssl.args(["s_client", "-connect", &address.to_string(), "-alpn", "h2", option]);
        openssl.args(["-cipher", "DEFAULT@SECLEVEL=0"]);
        let output = text(&openssl.stdin(Stdio::null()).output().unwrap());
        assert!(output.contains(expected), "{option}: {output}");
        assert_eq!(output.contains("ALPN protocol: h2"), option != "-tls1_1", "{output}");
    }
    service.signal(Signal::SIGTERM);
    service.finish().succeeded();
}

#[test]
fn a_body_that_does_not_arrive_over_http_2_is_given_up() {
    let database = TestDatabase::new();
    let (sihha, [certificate, _]) = with_certificate(&database);
    let sihha = sihha.with("SIHHA_BODY_TIMEOUT", "1s");
    let service = sihha.start(["serve"]);
    let mut curl = curl(&certificate, address(&service), "/api/user/login");
    curl.args(["--http2", "--request", "POST", "--header", "Content-Type: application/json"]);
    curl.args(["--upload-file", "."]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut curl = curl.spawn().unwrap();
    let mut body = curl.stdin.take().unwrap();
    body.write_all(b"{").unwrap();
    service.wait_for_log("\"status\":408");
    // curl reads the response when it has nothing to send.
    drop(body);
    let output = text(&curl.wait_with_output().unwrap());
    assert!(output.starts_with("HTTP/2 408"), "{output}");
    service.signal(Signal::SIGTERM);
    service.finish().succeeded();
}

#[test]
fn a_new_certificate_is_used_without_a_restart_and_a_bad_one_is_not() {
    let database = TestDatabase::new();
    let (sihha, [certificate, key]) = with_certificate(&database);
    let [second, second_key] = write_certificate(sihha.path(), "second", 2020);
    let former = sihha.path().join("former.pem");
    fs::copy(&certificate, &former).unwrap();
    let service = sihha.start(["serve"]);
    let address = address(&service);
    let is_served =
        |authority: &Path| curl(authority, address, "/health/live").output().unwrap().status.success();
    assert!(is_served(&former));

    // The certificate comes first, and does not fit the key yet.
    fs::copy(&second, &certificate).unwrap();
    service.signal(Signal::SIGHUP);
    service.wait_for_log("the current one stays in use");
    assert!(is_served(&former));
    fs::copy(&second_key, &key).unwrap();
    // Without a signal.
    service.wait_for_log("TLS certificate changed");
    service.wait_for_log("the TLS certificate has expired");
    assert!(!is_served(&former));
    let output = text(&curl(&second, address, "/health/live").output().unwrap());
    assert!(output.contains("expired"), "{output}");
    service.signal(Signal::SIGTERM);
    service.finish().succeeded();
}

#[test]
fn an_open_connection_outlives_its_certificate() {
    let database = TestDatabase::new();
    let (sihha, [certificate, key]) = with_certificate(&database);
    let [second, second_key] = write_certificate(sihha.path(), "second", 2099);
    let service = sihha.start(["serve"]);
    let address = address(&service);
    let mut openssl = Command::new("openssl");
    openssl.args(["s_client", "-quiet", "-no_ign_eof", "-connect", &address.to_string()]);
    openssl.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut open = openssl.spawn().unwrap();
    let mut requests = open.stdin.take().unwrap();
    requests.write_all(b"GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();

    fs::copy(&second, &certificate).unwrap();
    fs::copy(&second_key, &key).unwrap();
    service.signal(Signal::SIGHUP);
    eventually("the new certificate", || {
        curl(&second, address, "/health/live").output().unwrap().status.success().then_some(())
    });
    requests.write_all(b"GET /health/live HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").unwrap();
    let output = text(&open.wait_with_output().unwrap());
    assert_eq!(output.matches("HTTP/1.1 200").count(), 2, "{output}");
    service.signal(Signal::SIGTERM);
    service.finish().succeeded();
}
