//! A given database: nothing is created beside it, and errors are reported in one line.

use std::fs;
use std::net::TcpListener;
use std::sync::Arc;

use nix::sys::signal::Signal;
use serde_json::json;
use sihha_tests::{TestDatabase, TestPostgres, samples};

use crate::logging::json_lines;
use crate::process::{Finished, JWT_SECRET, Sihha};

const PASSWORD: &str = "s3cret-of-the-url";

/// Asserts that the command failed with one line of standard error, and returns it.
fn only_line(finished: &Finished) -> &str {
    let line = finished.refusal();
    assert_eq!(finished.stderr.lines().count(), 1, "{finished:?}");
    line
}

fn assert_rejected_by_all_commands(url: &str, password: &str, part: &str) {
    let sihha = Sihha::bare().with("DATABASE_URL", url).with("SIHHA_JWT_SECRET", JWT_SECRET);
    for refused in [
        sihha.run(["serve", "--listen", "127.0.0.1:0"]),
        sihha.run(["migrate"]),
        sihha.run(["approvals", "list"]),
        sihha.run(["approvals", "list", "--database-url", url]),
    ] {
        let line = only_line(&refused);
        assert!(!line.contains(password), "the password was printed: {line}");
        assert!(line.contains(part), "{url}: {line}");
    }
}

#[test]
fn a_port_without_a_listener_is_reported() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("postgres://sihha:{PASSWORD}@127.0.0.1:{port}/sihha");
    assert_rejected_by_all_commands(
        &url,
        PASSWORD,
        &format!("127.0.0.1:{port}/sihha: no server listens there"),
    );
    let keywords = format!("host=127.0.0.1 port={port} user=sihha password={PASSWORD}");
    assert_rejected_by_all_commands(&keywords, PASSWORD, "no server listens there");
}

#[test]
fn an_unknown_host_is_reported() {
    let url = format!("postgres://sihha:{PASSWORD}@nowhere.invalid/sihha");
    assert_rejected_by_all_commands(&url, PASSWORD, "cannot reach the database at nowhere.invalid/sihha");
}

#[test]
fn a_missing_socket_is_reported() {
    let url = format!("postgres://sihha:{PASSWORD}@%2Fno%2Fsuch%2Ffolder/sihha");
    assert_rejected_by_all_commands(&url, PASSWORD, "the socket does not exist");
}

#[test]
fn a_missing_database_is_reported() {
    let database = TestDatabase::on(Arc::new(TestPostgres::start()));
    let (server, _) = database.url().rsplit_once('/').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    let url = format!("{}/no_such_database", server.replacen('@', &format!(":{PASSWORD}@"), 1));
    assert_rejected_by_all_commands(&url, PASSWORD, "the database does not exist");
}

#[test]
fn a_server_other_than_postgres_is_reported() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || listener.incoming().for_each(drop));
    let url = format!("postgres://sihha:{PASSWORD}@127.0.0.1:{port}/sihha");
    assert_rejected_by_all_commands(
        &url,
        PASSWORD,
        &format!("cannot reach the database at 127.0.0.1:{port}/sihha"),
    );
}

#[test]
fn an_invalid_url_is_reported() {
    for url in [
        PASSWORD.to_owned(),
        format!("mysql://sihha:{PASSWORD}@127.0.0.1/sihha"),
        format!("postgres://sihha:{PASSWORD}@127.0.0.1:notaport/sihha"),
        format!("postgres://sihha:{PASSWORD}@127.0.0.1:99999/sihha"),
        format!("postgres://sihha:%zz{PASSWORD}@127.0.0.1/sihha"),
        format!("postgres://sihha@127.0.0.1/sihha?pasword={PASSWORD}"),
        format!("postgres:/sihha:{PASSWORD}@127.0.0.1/sihha"),
        format!("host=127.0.0.1 pasword={PASSWORD}"),
        format!("host=127.0.0.1 password='{PASSWORD}"),
    ] {
        assert_rejected_by_all_commands(&url, PASSWORD, "cannot reach the database");
    }
}

#[test]
fn a_password_with_an_unescaped_slash_is_not_printed() {
    // The part before the slash can be read as a port, and the rest as a path.
    let url = format!("postgres://sihha:12/{PASSWORD}@127.0.0.1/sihha");
    assert_rejected_by_all_commands(&url, PASSWORD, "cannot reach the database");
}

#[test]
fn help_and_usage_errors_do_not_print_the_url() {
    let url = format!("postgres://sihha:{PASSWORD}@127.0.0.1/sihha");
    let sihha = Sihha::bare().with("DATABASE_URL", &url).with("SIHHA_JWT_SECRET", PASSWORD);
    for finished in [
        sihha.run(["serve", "--help"]),
        sihha.run(["approvals", "list", "--help"]),
        sihha.run(["serve", "--listen", "nonsense"]),
        sihha.run(["migrate", "--unknown"]),
    ] {
        assert!(!finished.stdout.contains(PASSWORD) && !finished.stderr.contains(PASSWORD), "{finished:?}");
    }
}

#[test]
fn a_missing_or_short_secret_is_reported() {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database).without("SIHHA_JWT_SECRET");
    let missing = sihha.run(["serve"]);
    assert!(only_line(&missing).contains("SIHHA_JWT_SECRET"), "{missing:?}");
    let empty = sihha.with("SIHHA_JWT_SECRET", "");
    assert!(only_line(&empty.run(["serve"])).contains("SIHHA_JWT_SECRET"));

    let short = &JWT_SECRET[..31];
    let sihha = empty.with("SIHHA_JWT_SECRET", short);
    let refused = sihha.run(["serve"]);
    let line = only_line(&refused);
    assert!(line.contains("32") && !line.contains(short), "{line}");

    let sihha = sihha.with("SIHHA_JWT_SECRET", &JWT_SECRET[..32]);
    sihha.serve().stop(Signal::SIGTERM).succeeded();
}

#[test]
fn a_line_break_at_the_end_of_a_secret_or_a_url_is_ignored() {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database);
    let service = sihha.serve();
    let registered = service.post("/api/user/register", &samples::patient("amina@example.com"));
    service.stop(Signal::SIGTERM).succeeded();

    let sihha = sihha
        .with("SIHHA_JWT_SECRET", format!("{JWT_SECRET}\r\n"))
        .with("DATABASE_URL", format!("{}\n", database.url()));
    assert_eq!(sihha.serve().get_as(registered.text_at("access"), "/api/me").status, 200);

    let sihha = sihha.without("SIHHA_JWT_SECRET").with("SIHHA_JWT_SECRET_FILE", "secret");
    for ending in ["", "\n", "\r\n"] {
        fs::write(sihha.path().join("secret"), format!("{JWT_SECRET}{ending}")).unwrap();
        let service = sihha.serve();
        let me = service.get_as(registered.text_at("access"), "/api/me");
        assert_eq!(me.status, 200, "the file ends with {ending:?}: {}", me.text);
    }
    fs::write(sihha.path().join("secret"), "quite another secret, of 32 bytes").unwrap();
    assert_eq!(sihha.serve().get_as(registered.text_at("access"), "/api/me").status, 401);
}

#[test]
fn a_file_without_a_secret_is_reported() {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database).without("SIHHA_JWT_SECRET");
    fs::create_dir(sihha.path().join("folder")).unwrap();
    fs::write(sihha.path().join("empty"), "\n").unwrap();
    fs::write(sihha.path().join("short"), &JWT_SECRET[..31]).unwrap();
    for (file, part) in [("missing", "missing"), ("folder", "folder"), ("empty", "32"), ("short", "32")] {
        let refused = sihha.run(["serve", "--jwt-secret-file", file]);
        // A warning that other users can read it comes first.
        let line = refused.refusal();
        assert!(line.contains(part) && !line.contains(&JWT_SECRET[..31]), "{line}");
    }
}

#[test]
fn a_secret_given_twice_is_rejected() {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database);
    fs::write(sihha.path().join("secret"), JWT_SECRET).unwrap();
    let refused = sihha.run(["serve", "--jwt-secret-file", "secret"]);
    let line = only_line(&refused);
    assert!(line.contains("SIHHA_JWT_SECRET") && line.contains("--jwt-secret-file"), "{line}");
}

#[test]
fn a_given_database_leaves_the_data_directory_unused() {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database);
    let data_dir = sihha.data_dir();
    let sihha = sihha.with("SIHHA_DATA_DIR", &data_dir);
    let service = sihha.serve();
    assert_eq!(service.post("/api/user/register", &samples::patient("amina@example.com")).status, 201);
    sihha.run(["approvals", "list"]).succeeded();
    sihha.run(["migrate"]).succeeded();
    service.stop(Signal::SIGTERM).succeeded();
    assert!(!data_dir.exists());
}

#[test]
fn the_service_survives_an_outage_of_the_database() {
    let postgres = Arc::new(TestPostgres::start());
    let database = TestDatabase::on(std::sync::Arc::clone(&postgres));
    let sihha = Sihha::on(&database);
    let service = sihha.serve();
    let status = || service.get("/health/ready").status;
    assert_eq!(status(), 200);
    postgres.stop();
    assert_eq!(status(), 503);
    let login = service.post("/api/user/login", &samples::login("amina@example.com"));
    assert_eq!(login.status, 503, "{}", login.text);
    assert!(!login.header("Retry-After").is_empty());
    postgres.start_again();
    crate::process::eventually("the database", || (status() == 200).then_some(()));
    let stopped = service.stop(Signal::SIGTERM);
    let lines = json_lines(&stopped.stderr);
    let failed = lines.iter().find(|line| line["method"] == "POST").unwrap();
    assert_eq!((&failed["level"], &failed["code"]), (&json!("ERROR"), &json!("database_unavailable")));
    assert!(failed["cause"].is_string(), "{failed}");
    stopped.succeeded();
}

#[test]
fn a_legacy_secret_that_cannot_be_used_is_reported_in_one_line() {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database);
    fs::write(sihha.path().join("former"), &JWT_SECRET[..31]).unwrap();
    let sihha = sihha.with("SIHHA_LEGACY_JWT_SECRET_FILE", "former");
    let short = sihha.run(["serve"]);
    assert!(short.refusal().contains("legacy backend"), "{short:?}");
    assert!(short.refusal().contains("31 bytes"), "{short:?}");
    let earlier_name =
        sihha.without("SIHHA_LEGACY_JWT_SECRET_FILE").with("SIHHA_FORMER_JWT_SECRET_FILE", "former");
    assert_eq!(earlier_name.run(["serve"]).refusal(), short.refusal());
    let sihha = earlier_name
        .with("SIHHA_LEGACY_JWT_SECRET_FILE", "former")
        .with("SIHHA_LEGACY_JWT_SECRET", JWT_SECRET);
    let both = sihha.run(["serve"]);
    assert!(only_line(&both).contains("--legacy-jwt-secret-file"), "{both:?}");
    let sihha = sihha.without("SIHHA_LEGACY_JWT_SECRET").with("SIHHA_LEGACY_JWT_SECRET_FILE", "nowhere");
    let missing = sihha.run(["serve"]);
    assert!(only_line(&missing).contains("nowhere"), "{missing:?}");
}

#[test]
fn a_password_among_the_arguments_causes_a_warning() {
    let database = TestDatabase::on(Arc::new(TestPostgres::start()));
    let sihha = Sihha::on(&database);
    let with_password = database.url().replacen('@', &format!(":{PASSWORD}@"), 1);
    let listed = sihha.run(["approvals", "list", "--database-url", &with_password]);
    assert!(listed.stderr.contains("other users can read the password"), "{listed:?}");
    assert!(!listed.stderr.contains(PASSWORD), "{listed:?}");
    assert_eq!(listed.succeeded(), "no applications found\n");
    let listed = sihha.with("DATABASE_URL", with_password).run(["approvals", "list"]);
    assert_eq!(listed.stderr, "");
}

#[test]
fn a_connection_to_another_machine_without_a_checked_certificate_causes_a_warning() {
    let database = TestDatabase::on(Arc::new(TestPostgres::start()));
    // The first server does not exist, and the second one is asked.
    let url = database.url().replacen('@', "@db.example.invalid,", 1);
    let list = |sslmode: &str, variable: &str| {
        let url = url.replacen("sslmode=disable", sslmode, 1);
        let sihha = Sihha::on(&database).with("DATABASE_URL", url).with("PGSSLMODE", variable);
        let listed = sihha.run(["approvals", "list"]);
        let stderr = listed.stderr.clone();
        assert_eq!(listed.succeeded(), "no applications found\n");
        stderr
    };
    for (sslmode, variable) in [("sslmode=require", "verify-full"), ("application_name=a", "prefer")] {
        let warning = list(sslmode, variable);
        assert!(warning.contains("add sslmode=verify-full"), "{warning}");
    }
    assert_eq!(list("sslmode=verify-full", "disable"), "");
    assert_eq!(list("application_name=a", "verify-full"), "");
}
