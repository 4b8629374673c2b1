//! Tests of the harness: the clients, the recorder, and the search for secrets.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::thread;

use sihha_tests::evidence::Evidence;
use sihha_tests::recorder::{self, Record, RecordKind};
use sihha_tests::{Client, TestApp, samples};

/// More bytes than the kernel buffers for a connection.
const LARGE: usize = 32 * 1024 * 1024;

/// Starts a server that reads the beginning of one request, sends `response`, and closes the
/// connection. The rest of the request is unread, so the kernel resets the connection.
fn hasty_server(response: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.read_exact(&mut [0; 16]).unwrap();
        stream.write_all(response.as_bytes()).unwrap();
    });
    address
}

#[test]
fn a_response_is_read_even_if_the_server_closes_before_everything_is_sent() {
    let response = "HTTP/1.1 431 Request Header Fields Too Large\r\nContent-Length: 0\r\n\r\n";
    let client = Client::new(hasty_server(response));
    assert_eq!(client.send_bytes(&vec![b'x'; LARGE]), response);

    let client = Client::new(hasty_server("HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\n{}"));
    let response = client.post_text("/", &"x".repeat(LARGE));
    assert_eq!((response.status, response.text.as_str()), (413, "{}"));
}

#[test]
#[should_panic(expected = "no response")]
fn bytes_without_a_response_fail_their_test() {
    let _ = Client::new(hasty_server("")).send_bytes(&vec![b'x'; LARGE]);
}

#[test]
#[should_panic(expected = "a response")]
fn a_request_without_a_response_fails_its_test() {
    let _ = Client::new(hasty_server("")).post_text("/", &"x".repeat(LARGE));
}

const TOKEN: &str = "bead5f1e0c6d9b7a48e3a2d4c8f6b1e093";

/// Returns what a search finds after a test has sent `sent`, got `received` and logged `logged`.
fn findings(sent: &str, received: &str, logged: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let lines = [(RecordKind::Sent, sent), (RecordKind::Received, received)].map(|(kind, text)| {
        let record = Record { test: "a_test".to_owned(), kind, text: text.to_owned() };
        serde_json::to_string(&record).unwrap() + "\n"
    });
    let [records, log] = ["run.jsonl", "run.a_test.log"].map(|name| folder.path().join(name));
    fs::write(&records, lines.concat()).unwrap();
    fs::write(&log, logged).unwrap();
    let mut evidence = Evidence::default();
    evidence.add_public("The example is 'couscous le vendredi'.");
    evidence.add_recording(&records);
    evidence.add_recording(&log);
    evidence.findings()
}

/// Returns an HTTP message.
fn message(head: &str, body: &str) -> String {
    format!("{head}\r\n\r\n{body}")
}

#[test]
fn a_secret_is_found_in_each_place_and_form() {
    let sent = message(
        &format!("POST /api/login HTTP/1.1\r\nAuthorization: Bearer {TOKEN}"),
        r#"{"email":"amina@example.com","password":"couscous \"é\" Wq7","otp":"492039"}"#,
    );
    let echo = message("HTTP/1.1 400 Bad Request", r#"{"got":"couscous \"é\" Wq7"}"#);
    let second = message("HTTP/1.1 200 OK", "{}") + &message("HTTP/1.1 200 OK", r#"{"otp":"492039"}"#);
    let header = message(&format!("HTTP/2 400\r\nX-Token: {TOKEN}"), "");
    let form =
        message("POST /reset-password HTTP/1.1", "password=a+new+password+Wq7&repeat=a+new+password+Wq7");
    let sent = sent + &form + &message("GET / HTTP/1.1", "");
    let page = message("HTTP/1.1 200 OK\r\nContent-Type: text/html", "<p>a new password Wq7</p>");
    for (received, expected) in [
        (echo, "`password` of a request is in the response 400 to a_test"),
        (second, "a one-time password is in the response 200 to a_test"),
        (header, "a bearer token is in the response 400 to a_test"),
        (page, "`repeat` of a request is in the response 200 to a_test"),
    ] {
        let found = findings(&sent, &received, "");
        assert!(found.len() == 1 && found[0].contains(expected), "{received}: {found:?}");
    }
    let token = format!(r#"{{"token":"{TOKEN}"}}"#);
    for (logged, expected) in [
        (r#"{"message":"couscous \"é\" Wq7"}"#, "`password` of a request"),
        (r#"{"message":"COUSCOUS \"é\" wq7"}"#, "`password` of a request"),
        (r#"{"path":"/?p=couscous+%22%C3%A9%22+Wq7"}"#, "`password` of a request"),
        (r#"{"path":"/?p=couscous%20%22%C3%A9%22%20Wq7"}"#, "`password` of a request"),
        (r#"{"message":"Y291c2NvdXMgIsOpIiBXcTc="}"#, "`password` of a request"),
        (r#"{"_":[99,111,117,115,99,111,117,115,32,34,195,169,34,32,87,113,55]}"#, "`password` of a request"),
        (&token, "a bearer token"),
        (r#"{"otp":"492039"}"#, "a one-time password"),
        (r#"{"message":"number=4920391 value=492039"}"#, "a one-time password"),
        ("2026-11-29T09:00:00Z  INFO login email=amina@example.com", "a person"),
    ] {
        let found = findings(&sent, "", logged);
        let expected = format!("{expected} is in the log of run.a_test.log");
        assert!(found.len() == 1 && found[0].contains(&expected), "{logged}: {found:?}");
    }
}

#[test]
fn what_may_be_shown_is_not_found() {
    let login = message(
        "POST /api/login HTTP/1.1",
        r#"{"email":"amina@example.com","password":"couscous du samedi"}"#,
    );
    let issued =
        message("HTTP/1.1 200 OK", &format!(r#"{{"access":"{TOKEN}","email":"amina@example.com"}}"#));
    let link = message(&format!("GET /reset-password?token={TOKEN} HTTP/1.1"), "");
    let page = message("HTTP/1.1 200 OK\r\ncontent-type: text/html", &format!("<input value=\"{TOKEN}\">"));
    let example = message("POST /api/login HTTP/1.1", r#"{"password":"couscous le vendredi"}"#);
    let document = message("HTTP/1.1 200 OK", r#"{"example":"couscous le vendredi"}"#);
    let error = "sihha: there is no account with the e-mail amina@example.com\n";
    for (sent, received, logged) in
        [(&login, &issued, ""), (&link, &page, ""), (&example, &document, ""), (&login, &issued, error)]
    {
        assert_eq!(findings(sent, received, logged), [""; 0]);
    }
}

/// `make test` names the folder, and `tests/secrets.rs` searches it.
#[test]
fn what_a_test_sends_gets_and_logs_is_recorded() {
    let app = TestApp::start();
    let answer = app.post("/api/user/register", &samples::patient("recorded@example.com"));
    let Some(folder) = recorder::folder() else { return };
    let own = format!(".{}.", std::process::id());
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let texts: Vec<_> = files
        .filter(|file| file.to_string_lossy().contains(&own))
        .map(|file| fs::read_to_string(file).unwrap())
        .collect();
    for part in [
        r#"carte_id\":\"recordedexamplecom"#,
        answer.text_at("refresh"),
        &format!(r#""request_id":"{}""#, answer.header("X-Request-Id")),
        r#""level":"TRACE""#,
    ] {
        assert!(texts.iter().any(|text| text.contains(part)), "{part}");
    }
}
