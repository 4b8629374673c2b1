//! Options as arguments and as environment variables.

use std::process::Command;

use serde_json::Value;
use sihha_tests::{TestDatabase, samples};

use crate::process::{Sihha, eventually};

const DATABASE: [(&str, &str); 4] = [
    ("--database-url", "DATABASE_URL"),
    ("--schema", "SIHHA_SCHEMA"),
    ("--data-dir", "SIHHA_DATA_DIR"),
    ("--postgres-bin-dir", "SIHHA_POSTGRES_BIN_DIR"),
];

const SECRET_KEY: [(&str, &str); 2] =
    [("--secret-key-file", "SIHHA_SECRET_KEY_FILE"), ("--secret-key-file", "SIHHA_SECRET_KEY")];

const BLOCKLIST: (&str, &str) = ("--password-blocklist", "SIHHA_PASSWORD_BLOCKLIST");

const MAIL_FOLDER: (&str, &str) = ("--mail-folder", "SIHHA_MAIL_FOLDER");

const MAIL_TEMPLATES: [(&str, &str); 3] = [
    ("--mail-templates", "SIHHA_MAIL_TEMPLATES"),
    ("--link-base-url", "SIHHA_LINK_BASE_URL"),
    ("--public-url", "SIHHA_PUBLIC_URL"),
];

const MAIL: [(&str, &str); 11] = [
    ("--smtp-url", "SIHHA_SMTP_URL"),
    ("--mail-from", "SIHHA_MAIL_FROM"),
    ("--smtp-password-file", "SIHHA_SMTP_PASSWORD_FILE"),
    ("--smtp-password-file", "SIHHA_SMTP_PASSWORD"),
    ("--smtp-allow-plain", "SIHHA_SMTP_ALLOW_PLAIN"),
    ("--smtp-timeout", "SIHHA_SMTP_TIMEOUT"),
    ("--smtp-ca-file", "SIHHA_SMTP_CA_FILE"),
    MAIL_FOLDER,
    MAIL_TEMPLATES[0],
    MAIL_TEMPLATES[1],
    MAIL_TEMPLATES[2],
];

const SERVE: &[(&str, &str)] = &[
    ("--listen", "SIHHA_LISTEN"),
    ("--jwt-secret-file", "SIHHA_JWT_SECRET_FILE"),
    ("--jwt-secret-file", "SIHHA_JWT_SECRET"),
    ("--legacy-jwt-secret-file", "SIHHA_LEGACY_JWT_SECRET_FILE"),
    ("--legacy-jwt-secret-file", "SIHHA_LEGACY_JWT_SECRET"),
    SECRET_KEY[0],
    SECRET_KEY[1],
    ("--signing-keys", "SIHHA_SIGNING_KEYS"),
    ("--jwt-issuer", "SIHHA_JWT_ISSUER"),
    ("--audience", "SIHHA_AUDIENCE"),
    ("--access-token-typ", "SIHHA_ACCESS_TOKEN_TYP"),
    ("--access-lifetime", "SIHHA_ACCESS_LIFETIME"),
    ("--refresh-lifetime", "SIHHA_REFRESH_LIFETIME"),
    BLOCKLIST,
    ("--argon2-memory-kib", "SIHHA_ARGON2_MEMORY_KIB"),
    ("--argon2-passes", "SIHHA_ARGON2_PASSES"),
    ("--argon2-lanes", "SIHHA_ARGON2_LANES"),
    ("--hash-threads", "SIHHA_HASH_THREADS"),
    ("--hash-queue", "SIHHA_HASH_QUEUE"),
    ("--pool-size", "SIHHA_POOL_SIZE"),
    ("--statement-timeout", "SIHHA_STATEMENT_TIMEOUT"),
    ("--workers", "SIHHA_WORKERS"),
    ("--shutdown-timeout", "SIHHA_SHUTDOWN_TIMEOUT"),
    ("--max-connections", "SIHHA_MAX_CONNECTIONS"),
    ("--head-timeout", "SIHHA_HEAD_TIMEOUT"),
    ("--body-timeout", "SIHHA_BODY_TIMEOUT"),
    ("--keep-alive-timeout", "SIHHA_KEEP_ALIVE_TIMEOUT"),
    ("--response-timeout", "SIHHA_RESPONSE_TIMEOUT"),
];

const LOGGING: [(&str, &str); 2] = [("--log", "SIHHA_LOG"), ("--log-format", "SIHHA_LOG_FORMAT")];

/// Returns each option with its part of the help.
fn options(help: &str) -> Vec<(&str, String)> {
    let mut options: Vec<(&str, String)> = Vec::new();
    for line in help.lines().skip_while(|line| !line.starts_with("Options:")) {
        let words = || line.split_whitespace();
        if line.trim_start().starts_with('-')
            && let Some(name) = words().find(|word| word.starts_with("--"))
        {
            options.push((name, String::new()));
        } else if let Some((_, text)) = options.last_mut() {
            *text += line;
        }
    }
    options
}

fn claims(token: &str) -> Value {
    jsonwebtoken::dangerous::insecure_decode_claims(token).unwrap()
}

fn lifetime(token: &str) -> i64 {
    let claims = claims(token);
    claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap()
}

/// Asserts that the help of a command explains each option, and names the variables of settings
/// alone.
#[track_caller]
fn assert_help(command: &[&str], settings: &[(&str, &str)], arguments: &[&str]) {
    let help = Sihha::bare().run_all(&[command, &["--help"]].concat()).succeeded();
    let options = options(&help);
    let text = |option: &str| {
        let found = options.iter().find(|(name, _)| *name == option).map(|(_, text)| text.as_str());
        found.unwrap_or_else(|| panic!("no {option}:\n{help}"))
    };
    for (option, variable) in settings.iter().chain(&LOGGING) {
        assert!(text(option).contains(variable), "{option} {variable}:\n{help}");
    }
    for option in arguments {
        assert!(!text(option).contains("[env: "), "{option} has a variable:\n{help}");
    }
    for (option, text) in &options {
        let needs_none = ["--help", "--version"].contains(option) || arguments.contains(option);
        assert!(needs_none || text.contains("[env: "), "{option} has no variable:\n{help}");
        assert!(!text.trim().is_empty() || *option == "--help", "{option} is not explained:\n{help}");
    }
}

#[test]
fn help_names_the_variable_of_each_setting_and_of_no_argument() {
    let keys = [("--signing-keys", "SIHHA_SIGNING_KEYS")];
    let lifetimes = [("--access-lifetime", "SIHHA_ACCESS_LIFETIME")];
    let with_lifetimes = [keys, lifetimes].concat();
    let decision = ["--role", "--email", "--id", "--by", "--reconsider", "--reason"];
    for command in [
        &[][..],
        &["approvals"],
        &["accounts"],
        &["staff"],
        &["sessions"],
        &["keys"],
        &["mail"],
        &["blocklist"],
        &["blocklist", "build"],
        &["openapi"],
    ] {
        assert_help(command, &[], &[]);
    }
    assert_help(&["serve"], &[SERVE, &MAIL, &DATABASE].concat(), &[]);
    assert_help(&["mail", "test"], &[&MAIL[..], &DATABASE].concat(), &["--to", "--language"]);
    assert_help(&["mail", "list"], &DATABASE, &["--state", "--limit", "--before", "--json"]);
    assert_help(&["mail", "show"], &[&[MAIL_FOLDER][..], &DATABASE].concat(), &["--json"]);
    assert_help(&["mail", "retry"], &DATABASE, &[]);
    assert_help(&["mail", "preview"], &MAIL_TEMPLATES, &["--language", "--text"]);
    let wait = [("--wait", "SIHHA_MIGRATE_WAIT")];
    assert_help(&["migrate"], &[&wait[..], &DATABASE].concat(), &["--finish"]);
    assert_help(&["approvals", "list"], &DATABASE, &["--role", "--state", "--limit", "--json"]);
    assert_help(&["approvals", "history"], &DATABASE, &["--email", "--id", "--json"]);
    assert_help(&["approvals", "approve"], &DATABASE, &decision);
    assert_help(&["approvals", "reject"], &DATABASE, &[&decision[..], &["--reason-code"]].concat());
    assert_help(&["approvals", "reopen"], &DATABASE, &decision);
    let request = [&decision[..5], &["--message", "--field"]].concat();
    assert_help(&["approvals", "request-changes"], &DATABASE, &request);
    let filter = ["--role", "--state", "--wilaya", "--json", "--limit"];
    assert_help(&["accounts", "search"], &DATABASE, &filter);
    assert_help(&["accounts", "list"], &DATABASE, &[&filter[..], &["--after"]].concat());
    assert_help(&["accounts", "show"], &DATABASE, &["--json"]);
    assert_help(&["accounts", "suspend"], &DATABASE, &["--email", "--id", "--by", "--reason"]);
    assert_help(&["accounts", "reinstate"], &DATABASE, &["--email", "--id", "--by"]);
    let with_key = [&SECRET_KEY[..], &DATABASE].concat();
    let new_staff = ["--email", "--name", "--directorate", "--role", "--wilaya", "--applicant-role"];
    let new_password = [&[BLOCKLIST][..], &with_key].concat();
    assert_help(
        &["staff", "create"],
        &new_password,
        &[&new_staff[..], &["--password-stdin", "--json"]].concat(),
    );
    assert_help(&["staff", "list"], &DATABASE, &["--json"]);
    assert_help(&["staff", "disable"], &DATABASE, &["--email"]);
    assert_help(&["staff", "enable"], &DATABASE, &["--email"]);
    let new_password = [&[BLOCKLIST][..], &DATABASE].concat();
    assert_help(&["staff", "reset-password"], &new_password, &["--email", "--password-stdin"]);
    assert_help(&["staff", "reset-second-factor"], &with_key, &["--email", "--json"]);
    assert_help(&["sessions", "mark-restored"], &DATABASE, &["--opened-before"]);
    assert_help(&["keys", "generate"], &keys, &["--algorithm", "--after"]);
    assert_help(&["keys", "list"], &with_lifetimes, &["--json"]);
    assert_help(&["keys", "retire"], &with_lifetimes, &[]);
    assert_help(&["keys", "rotate-now"], &keys, &[]);
}

#[test]
fn the_version_names_the_commit() {
    let printed = Sihha::bare().run(["--version"]).succeeded();
    let version = printed.strip_prefix(concat!("sihha ", env!("CARGO_PKG_VERSION"))).unwrap();
    let mut git = Command::new("git");
    let git = git.args(["-C", env!("CARGO_MANIFEST_DIR"), "rev-parse", "HEAD"]).output();
    // Sources without a repository have no commit.
    let commit = git
        .ok()
        .filter(|git| git.status.success())
        .map_or_else(String::new, |git| format!(" ({:.12})", String::from_utf8(git.stdout).unwrap()));
    assert_eq!(version, commit + "\n");
}

#[test]
fn an_invalid_argument_is_a_usage_error_that_names_it() {
    let sihha = Sihha::bare();
    sihha.run([]).usage_error();
    for arguments in [["serve", "--unknown"], ["serve", "surplus"], ["unknown", "--help"]] {
        let finished = sihha.run(arguments);
        let named = arguments.iter().any(|argument| finished.usage_error().contains(argument));
        assert!(named, "{finished:?}");
    }
    for (option, value, part) in [
        ("--listen", "nonsense", "ADDRESS:PORT"),
        ("--listen", "127.0.0.1", "ADDRESS:PORT"),
        ("--listen", "127.0.0.1:99999", "ADDRESS:PORT"),
        ("--listen", "unix:", "unix:PATH"),
        ("--trusted-proxies", "10.0.0.0/8,nginx", "10.0.0.0/8"),
        ("--trusted-proxies", "10.0.0.0/33", "10.0.0.0/8"),
        ("--cors-origins", "null", "https://app.example.dz"),
        ("--cors-origins", "*", "https://app.example.dz"),
        ("--cors-origins", "https://App.example.dz:443/", "such as https://app.example.dz"),
        ("--access-lifetime", "0", "1s to 1d"),
        ("--access-lifetime", "25h", "1s to 1d"),
        ("--audience", "files,", "must not be empty"),
        ("--refresh-lifetime", "soon", "5m, 24h or 30d"),
        ("--refresh-lifetime", "5", "5m, 24h or 30d"),
        ("--refresh-lifetime", "36526d", "1s to 36525d"),
        ("--argon2-memory-kib", "1", "8..=4194304"),
        ("--argon2-memory-kib", "-1", "--argon2-memory-kib"),
        ("--argon2-passes", "0", "1..=1000"),
        ("--argon2-lanes", "0", "1..=64"),
        ("--hash-threads", "0", "1..=1024"),
        ("--hash-queue", "0", "1.."),
        ("--pool-size", "1", "2..=1000"),
        ("--workers", "0", "1..=256"),
        ("--mail-from", "Sihha", "no-reply@example.dz"),
        ("--mail-from", "Sihha <no-reply@example.dz>\r\nBcc: eve@example.com", "no-reply@example.dz"),
        ("--smtp-timeout", "11m", "1s to 10m"),
        ("--public-url", "app.example.dz", "https://app.example.dz"),
        ("--link-base-url", "https://app.example.dz/?page=1", "without ?"),
        ("--shutdown-timeout", "", "--shutdown-timeout"),
        ("--log-format", "xml", "auto, text, json"),
    ] {
        let argument = format!("{option}={value}");
        let finished = sihha.run(["serve", &argument]);
        let text = finished.usage_error();
        assert!(text.contains(option) && text.contains(part), "{argument}: {text}");
    }
}

#[test]
fn a_time_in_months_or_years_is_a_usage_error_that_names_the_units() {
    let sihha = Sihha::bare();
    let mut tried = 0;
    for command in [&["serve"][..], &["migrate"], &["keys", "generate"]] {
        let help = sihha.run_all(&[command, &["--help"]].concat()).succeeded();
        let options =
            help.lines().filter_map(|line| line.split_once(" <TIME").map(|(option, _)| option.trim()));
        for (option, value) in
            options.flat_map(|option| ["5M", "1y", "2months", "1year"].map(|value| (option, value)))
        {
            let argument = format!("{option}={value}");
            let finished = sihha.run_all(&[command, &[&argument]].concat());
            let text = finished.usage_error();
            assert!(text.contains(option) && text.contains("m (minutes)"), "{argument}: {text}");
            tried += 1;
        }
    }
    assert!(tried >= 4 * 10, "the help lists {tried} times");
}

#[test]
fn an_empty_variable_is_an_unset_one() {
    let database = TestDatabase::new();
    let kept = ["SIHHA_LISTEN", "SIHHA_JWT_SECRET"];
    let variables =
        SERVE.iter().chain(&MAIL).chain(&DATABASE[1..]).chain(&LOGGING).map(|(_, variable)| *variable);
    let variables = variables.filter(|variable| !kept.contains(variable));
    let sihha = variables.fold(Sihha::on(&database), |sihha, variable| sihha.with(variable, ""));
    let service = sihha.serve();
    let registered = service.post("/api/user/register", &samples::patient("amina@example.com"));
    assert_eq!(lifetime(registered.text_at("access")), 5 * 60);

    let sihha = Sihha::on(&database).with("SIHHA_MIGRATE_WAIT", "");
    sihha.run(["migrate"]).succeeded();
    let sihha = sihha.with("DATABASE_URL", "");
    for command in [&["serve"][..], &["migrate"], &["approvals", "list"]] {
        let refused = sihha.run_all(command);
        assert!(refused.refusal().contains("DATABASE_URL (--database-url) is empty"), "{refused:?}");
    }
}

#[test]
fn every_boolean_variable_has_the_same_values() {
    let help = Sihha::bare().run(["serve", "--help"]).succeeded();
    let flags = help.lines().map(str::trim).filter(|line| line.starts_with("--") && !line.contains('<'));
    let variable = |flag: &str| {
        let (_, text) = options(&help).into_iter().find(|(name, _)| *name == flag)?;
        Some(text.split_once("[env: ")?.1.split('=').next()?.to_owned())
    };
    for (flag, variable) in flags.filter_map(|flag| Some((flag, variable(flag)?))) {
        let with = |value| Sihha::bare().with(&variable, value);
        for value in ["1", "0", "true", "FALSE", "yes", "No", ""] {
            let finished = with(value).run(["serve", "--listen=nonsense"]);
            assert!(finished.usage_error().contains("--listen"), "{variable}={value}: {finished:?}");
        }
        let finished = with("2").run(["serve"]);
        assert!(finished.usage_error().contains(flag), "{finished:?}");
    }
}

#[test]
fn values_that_contradict_each_other_are_rejected_in_one_line() {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database);
    let refused = sihha.run(["serve", "--argon2-memory-kib", "8", "--argon2-lanes", "2"]);
    let line = refused.refusal();
    assert!(line.contains("memory") && line.contains("lanes"), "{line}");

    let refused = sihha.run(["openapi", "--log", "sihha=loud"]);
    assert!(refused.refusal().contains("--log"), "{refused:?}");
}

#[test]
fn an_invalid_variable_is_a_usage_error() {
    let sihha = Sihha::bare().with("SIHHA_LISTEN", "nonsense");
    let finished = sihha.run(["serve"]);
    assert!(finished.usage_error().contains("--listen"), "{finished:?}");
}

#[test]
fn variables_set_options() {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database)
        .with("SIHHA_LISTEN", "127.0.0.2:0")
        .with("SIHHA_ACCESS_LIFETIME", "90s")
        .with("SIHHA_REFRESH_LIFETIME", "2h")
        .with("SIHHA_JWT_ISSUER", "https://sihha.example")
        .with("SIHHA_ARGON2_MEMORY_KIB", "64")
        .with("SIHHA_ARGON2_PASSES", "3")
        .with("SIHHA_ARGON2_LANES", "2")
        .with("SIHHA_POOL_SIZE", "3");
    let service = sihha.serve();
    assert_eq!(service.address().ip().to_string(), "127.0.0.2");

    let registered = service.post("/api/user/register", &samples::patient("amina@example.com"));
    assert_eq!(lifetime(registered.text_at("access")), 90);
    assert_eq!(lifetime(registered.text_at("refresh")), 7200);
    assert_eq!(claims(registered.text_at("access"))["iss"], "https://sihha.example");
    let hashes = "SELECT count(*) AS n FROM passwords WHERE hash LIKE '$argon2id$v=19$m=64,t=3,p=2$%'";
    assert_eq!(database.number(hashes), 1);
    let connections = "SELECT count(*) - 1 AS n FROM pg_stat_activity WHERE datname = current_database()";
    // The pool, and the connection that checks the database.
    eventually("the whole pool", || (database.number(connections) == 3 + 1).then_some(()));
}

#[test]
fn an_argument_overrides_its_variable() {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database)
        .with("SIHHA_LISTEN", "127.0.0.2:0")
        .with("SIHHA_ACCESS_LIFETIME", "90s")
        .with("DATABASE_URL", "postgres://sihha@nowhere.invalid/sihha");
    let options = ["--listen=127.0.0.3:0", "--access-lifetime=2m", "--database-url", &database.url()];
    let service = sihha.serve_with(options);
    assert_eq!(service.address().ip().to_string(), "127.0.0.3");
    let registered = service.post("/api/user/register", &samples::patient("amina@example.com"));
    assert_eq!(lifetime(registered.text_at("access")), 120);
}

#[test]
fn the_defaults_are_as_documented() {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database)
        .without("SIHHA_ARGON2_MEMORY_KIB")
        .without("SIHHA_ARGON2_PASSES")
        .without("SIHHA_POOL_SIZE");
    let service = sihha.serve();
    let registered = service.post("/api/user/register", &samples::patient("amina@example.com"));
    assert_eq!(lifetime(registered.text_at("access")), 5 * 60);
    assert_eq!(lifetime(registered.text_at("refresh")), 24 * 60 * 60);
    assert_eq!(claims(registered.text_at("access"))["iss"], "sihha");
    let hashes = "SELECT count(*) AS n FROM passwords WHERE hash LIKE '$argon2id$v=19$m=19456,t=2,p=1$%'";
    assert_eq!(database.number(hashes), 1);

    let help = sihha.run(["serve", "--help"]).succeeded();
    assert!(help.contains("[default: 127.0.0.1:8000]"), "{help}");
}
