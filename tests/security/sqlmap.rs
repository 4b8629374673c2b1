//! sqlmap: whether any input becomes part of an SQL statement.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;

use diesel::RunQueryDsl;
use sihha_tests::recorder::{self, RecordKind};
use sihha_tests::{TestDatabase, samples};
use url::Url;

use crate::process::Sihha;
use crate::staff::{SECRET_KEY, admin_token};
use crate::tools::tool;

/// What sqlmap found in an input.
#[derive(Debug, PartialEq, Eq)]
enum Found {
    Nothing,
    Injection,
}

/// A request whose inputs are marked by `*`.
struct Target<'a> {
    path: &'a str,
    body: Option<&'a str>,
    token: &'a str,
}

/// Runs sqlmap on a server. Returns what it found, and all that it printed.
///
/// # Panics
///
/// If it did not test the request to the end.
fn scan(sihha: &Sihha, server: SocketAddr, target: &Target) -> (Found, String) {
    let url = format!("http://{server}{}", target.path);
    let mut command = tool(sihha, "sqlmap");
    command.args(["-u", &url, "--batch", "--level", "3", "--risk", "2", "--dbms", "PostgreSQL"]);
    // The service refuses nearly all of its payloads, and sqlmap would stop at the first refusal.
    command.args(["--ignore-code", "*", "--flush-session", "--disable-coloring", "--time-sec", "2"]);
    let traffic = sihha.path().join("traffic");
    command.arg("-t").arg(&traffic);
    if let Some(body) = target.body {
        command.args(["--data", body, "-H", "Content-Type: application/json"]);
    }
    if !target.token.is_empty() {
        command.args(["-H", &format!("Authorization: Bearer {}", target.token)]);
    }
    let output = command.output().unwrap();
    record_responses(&String::from_utf8_lossy(&fs::read(&traffic).unwrap()));
    fs::remove_file(&traffic).unwrap();
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    let is_found = text.contains("sqlmap identified the following injection point");
    let is_clean = text.contains("all tested parameters do not appear to be injectable");
    assert!(is_found != is_clean, "{}: {}\n{text}", target.path, output.status);
    (if is_found { Found::Injection } else { Found::Nothing }, text)
}

/// Records the responses in a log of sqlmap, each of which begins with a line such as
/// `HTTP response [#1] (200 OK):`.
fn record_responses(traffic: &str) {
    let traffic = traffic.replace("\r\n", "\n");
    for response in traffic.split("HTTP response [").skip(1) {
        let response = response.split("\n\n####").next().unwrap_or_default();
        let (_, response) = response.split_once(" (").expect("a status");
        let response = response.replacen("\n\n", "\r\n\r\n", 1);
        recorder::record(RecordKind::Received, format!("HTTP/1.1 {response}").as_bytes());
    }
}

/// Starts a server that copies the query parameter `name` into an SQL statement.
fn vulnerable_server(database: TestDatabase) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let _ = respond(&stream.unwrap(), &database);
        }
    });
    address
}

fn respond(mut stream: &TcpStream, database: &TestDatabase) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream).lines();
    let line = lines.next().transpose()?.unwrap_or_default();
    while !lines.next().transpose()?.unwrap_or_default().is_empty() {}
    let url = Url::parse(&format!("http://a{}", line.split(' ').nth(1).unwrap_or("/"))).unwrap();
    let name = url.query_pairs().find(|(key, _)| key == "name").unwrap_or_default().1;
    let sql = format!("SELECT relname::text FROM pg_class WHERE relname = '{name}'");
    let found = database.run(|pg| diesel::sql_query(sql).execute(pg));
    let (status, body) = match found {
        Ok(number) => (200, format!("{number} tables")),
        Err(error) => (500, error.to_string()),
    };
    let length = body.len();
    write!(stream, "HTTP/1.1 {status} -\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}")
}

#[test]
fn sqlmap_finds_an_injection_where_there_is_one() {
    let server = vulnerable_server(TestDatabase::new());
    let target = Target { path: "/?name=accounts*", body: None, token: "" };
    let (found, printed) = scan(&Sihha::bare(), server, &target);
    assert_eq!(found, Found::Injection, "{printed}");
}

/// Requests with every kind of input that reaches the database. `{id}` is an account's.
const ANYONE: [(&str, Option<&str>); 7] = [
    ("/api/login", Some(r#"{"email":"user@example.com*","password":"mot de passe*"}"#)),
    ("/api/application/status", Some(r#"{"email":"doctor@example.com*","password":"mot de passe*"}"#)),
    ("/api/staff/login", Some(r#"{"email":"admin@dsp.dz*","password":"correct horse*","otp":"123456*"}"#)),
    ("/api/password/forgot", Some(r#"{"email":"user@example.com*"}"#)),
    ("/api/email/verify", Some(r#"{"token":"abc*"}"#)),
    ("/api/token/refresh", Some(r#"{"refresh":"abc*"}"#)),
    ("/api/reference/communes?wilaya=16*", None),
];
const STAFF: [(&str, Option<&str>); 7] = [
    ("/api/staff/accounts?q=benabadji*&role=user*&state=*&wilaya=16*&cursor=abc*&limit=10*", None),
    (
        "/api/staff/approvals?state=waiting*&role=doctor*&wilaya=16*&q=koulibaly*&assigned=me*&cursor=abc*&limit=10*",
        None,
    ),
    ("/api/staff/approvals/counts?role=doctor*&wilaya=16*", None),
    ("/api/staff/members?cursor=abc*&limit=10*", None),
    ("/api/staff/accounts/{id}*?reason=call*", None),
    ("/api/staff/approvals/{id}*", None),
    ("/api/staff/members/{id}*", None),
];

#[test]
fn sqlmap_finds_nothing_in_the_service() {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database)
        .with("SIHHA_ACCESS_LIFETIME", "1h")
        .with("SIHHA_SECRET_KEY", SECRET_KEY)
        .with("SIHHA_THROTTLE", "off");
    let service = sihha.serve();
    for (role, path) in [("user", "/api/user/register"), ("doctor", "/api/doctor/register")] {
        let registered = service.post(path, &samples::registration(role, &format!("{role}@example.com")));
        assert!(registered.status < 300, "{}", registered.text);
    }
    let token = admin_token(&sihha, &service);
    let account = service.get_as(&token, "/api/staff/accounts?q=benabadji");
    let id = account.json["items"][0]["id"].as_str().unwrap_or_else(|| panic!("{}", account.text));
    let targets =
        ANYONE.iter().map(|target| (target, "")).chain(STAFF.iter().map(|target| (target, &*token)));
    for ((path, body), token) in targets {
        let path = &path.replace("{id}", id);
        let (found, printed) = scan(&sihha, service.address(), &Target { path, body: *body, token });
        assert_eq!(found, Found::Nothing, "{path}:\n{printed}");
        println!("sqlmap: nothing in {path}");
    }
}
