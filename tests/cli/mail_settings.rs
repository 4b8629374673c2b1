//! Where mail goes, what it says and where its links lead, by the options.

use std::fs;

use nix::sys::signal::Signal;
use sihha_tests::TestDatabase;

use crate::process::{Service, Sihha};

const FROM: [&str; 2] = ["--mail-from", "Sihha <no-reply@example.dz>"];

#[test]
fn wrong_settings_are_told_in_one_line_before_anything_starts() {
    let sihha = Sihha::fresh();
    let path = |name: &str| sihha.path().join(name);
    fs::create_dir_all(path("broken/ar")).unwrap();
    fs::write(path("broken/ar/mail.ftl"), "aproved = مقبول\n").unwrap();
    fs::create_dir(path("empty")).unwrap();
    fs::write(path("password"), "a secret word\n").unwrap();
    for (arguments, part) in [
        (&["--smtp-url", "mail.example.dz"][..], "--smtp-url must be smtps://HOST"),
        (&["--smtp-url", "smtps://u:a-secret-word@mail.example.dz"], "use --smtp-password-file"),
        (&["--smtp-url", "smtp://mail.example.dz"], "--smtp-allow-plain"),
        (&["--smtp-url", "smtps://u@mail.example.dz"], "--smtp-password-file"),
        (&["--smtp-url", "smtps://mail.example.dz", "--smtp-password-file", "password"], "USER@HOST"),
        (
            &["--smtp-url", "smtps://u@mail.example.dz", "--smtp-password-file", "none"],
            "--smtp-password-file",
        ),
        (&["--smtp-url", "smtps://mail.example.dz", "--smtp-ca-file", "password"], "--smtp-ca-file"),
        (&["--smtp-url", "smtps://mail.example.dz", "--mail-folder", "empty"], "give one"),
        (&["--smtp-password-file", "password"], "--smtp-url"),
        (&["--mail-folder", "no/such/folder"], "--mail-folder"),
        (&["--mail-templates", "empty"], "--mail-templates"),
        (&["--mail-templates", "broken"], "broken/ar/mail.ftl: there is no message aproved"),
    ] {
        let refused = sihha.run_all(&[&["serve"][..], &FROM, arguments].concat());
        let line = refused.refusal();
        assert!(line.contains(part) && !line.contains("a-secret-word"), "{arguments:?}: {line}");
    }
    let anonymous = sihha.run(["serve", "--smtp-url", "smtps://mail.example.dz"]);
    assert!(anonymous.refusal().contains("--smtp-url needs --mail-from"), "{anonymous:?}");
    assert!(!sihha.data_dir().exists(), "no Postgres was made");
}

/// Stops the service, and returns its log.
fn log_of(service: Service) -> String {
    let stopped = service.stop(Signal::SIGTERM);
    assert_eq!(stopped.code, Some(0), "{stopped:?}");
    stopped.stderr
}

#[test]
fn the_start_says_where_mail_goes_and_what_is_missing() {
    const NOWHERE: &str = "no mail is sent";
    const UNREACHABLE: &str = "links in mails lead to an address that their readers may not reach";
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database);
    let log = log_of(sihha.serve());
    assert!(log.contains(NOWHERE) && log.contains("mails with links are not sent: no secret key"), "{log}");

    let sihha = sihha.with("SIHHA_SECRET_KEY", "fedcba9876543210".repeat(4));
    let log = log_of(sihha.serve_with(["--mail-folder", "mail"]));
    assert!(log.contains("mail goes into a folder") && !log.contains("WARN"), "{log}");

    let sihha = sihha.with("SIHHA_SMTP_URL", "smtp://localhost:2525").with("SIHHA_MAIL_FROM", FROM[1]);
    let log = log_of(sihha.serve());
    assert!(log.contains("smtp://localhost:2525") && log.contains(UNREACHABLE), "{log}");
    let log = log_of(sihha.serve_with(["--public-url", "https://sihha.example.dz/"]));
    assert!(log.contains(r#""links":"https://sihha.example.dz""#) && !log.contains("WARN"), "{log}");
}

#[test]
fn a_wildcard_address_is_localhost_in_links() {
    let database = TestDatabase::new();
    let sihha = Sihha::on(&database).with("SIHHA_MAIL_FOLDER", "mail");
    let service = sihha.serve_with(["--listen", "0.0.0.0:0"]);
    let (_, rest) = service.announcement.split_once("http://0.0.0.0:").unwrap();
    let port = rest.split_once('/').unwrap().0.to_owned();
    assert!(log_of(service).contains(&format!(r#""links":"http://localhost:{port}""#)));
}

#[test]
fn a_preview_shows_the_templates_and_the_links_of_the_operator() {
    let sihha = Sihha::bare();
    let preview = |arguments: &[&str]| sihha.run_all(&[&["mail", "preview"], arguments].concat()).succeeded();
    let html = preview(&["reset_password", "--language", "ar"]);
    assert!(html.contains(r#"dir="rtl""#) && html.contains("reset-password?token="), "{html}");

    let own = "verify_email = Bienvenue\n    .body = Un mot.\n    .action = Oui\n    .after = Merci.\n";
    fs::create_dir_all(sihha.path().join("templates/fr")).unwrap();
    fs::write(sihha.path().join("templates/fr/mail.ftl"), own).unwrap();
    let options = ["--mail-templates", "templates", "--link-base-url", "https://app.example.dz", "--text"];
    let text = preview(&[&["verify_email"], &options[..]].concat());
    assert!(text.starts_with("Bienvenue\n\n") && text.contains("Un mot."), "{text}");
    assert!(text.contains("https://app.example.dz/verify-email?token="), "{text}");
    let usual = preview(&[&["approved"], &options[..]].concat());
    assert!(usual.contains("Sihha") && !usual.contains("Bienvenue"), "{usual}");

    let unknown = sihha.run(["mail", "preview", "welcome"]);
    assert!(unknown.usage_error().contains("reset_password"), "{unknown:?}");
}
