use std::time::Duration;

use sihha_mail::{SmtpOptions, SmtpServer, SmtpUrl};

fn options(url: &str) -> SmtpOptions {
    SmtpOptions {
        url: url.parse().unwrap(),
        password: None,
        allow_plain: false,
        timeout: Duration::from_secs(10),
        authorities: None,
        greeting: "app.example.dz".to_owned(),
    }
}

fn refusal(options: SmtpOptions) -> String {
    SmtpServer::new(options).err().expect("refused").to_string()
}

#[test]
fn a_server_has_the_usual_port_of_its_kind() {
    for (given, meant) in [
        ("smtps://mx.example.dz", "smtps://mx.example.dz:465"),
        ("smtps://mx.example.dz/?tls=required", "smtps://mx.example.dz:465"),
        ("smtp://mx.example.dz?tls=required", "smtp://mx.example.dz:587?tls=required"),
        ("smtp://localhost", "smtp://localhost:25"),
        ("smtp://[::1]:2525", "smtp://[::1]:2525"),
        ("smtps://MX.Santé.example", "smtps://mx.xn--sant-epa.example:465"),
    ] {
        assert_eq!(given.parse::<SmtpUrl>().unwrap().to_string(), meant);
    }
}

#[test]
fn the_name_of_a_user_is_not_shown() {
    let url = "smtps://sihha%40example.dz@mx.example.dz".parse::<SmtpUrl>().unwrap();
    assert_eq!(url.to_string(), "smtps://mx.example.dz:465");
}

#[test]
fn a_text_that_is_no_server_is_refused() {
    for wrong in [
        "mx.example.dz",
        "http://mx.example.dz",
        "smtp://",
        "smtp://mx.example.dz?tls=opportunistic",
        "smtp://mx.example.dz/path",
        "smtps://mx.example.dz#part",
        "smtp://%0d%0aQUIT",
        "smtp://mx%20.example.dz",
        "",
    ] {
        assert!(wrong.parse::<SmtpUrl>().is_err(), "{wrong}");
    }
    let advice = "smtps://user:secret@mx.example.dz".parse::<SmtpUrl>().unwrap_err();
    assert!(advice.contains("--smtp-password-file") && !advice.contains("secret@"), "{advice}");
}

#[test]
fn mail_leaves_the_machine_in_clear_only_if_that_is_allowed() {
    for local in ["smtp://localhost", "smtp://127.0.0.1:2525", "smtp://[::1]"] {
        assert!(SmtpServer::new(options(local)).is_ok(), "{local}");
    }
    for remote in ["smtp://mx.example.dz", "smtp://localhost.example.dz", "smtp://192.0.2.1"] {
        let advice = refusal(options(remote));
        assert!(advice.contains("in clear") && advice.contains("--smtp-allow-plain"), "{advice}");
        assert!(SmtpServer::new(SmtpOptions { allow_plain: true, ..options(remote) }).is_ok());
    }
}

#[test]
fn a_user_and_a_password_come_together() {
    let advice = refusal(options("smtps://sihha@mx.example.dz"));
    assert!(advice.contains("--smtp-password-file"), "{advice}");
    let only_password = SmtpOptions { password: Some("s3cret".into()), ..options("smtps://mx.example.dz") };
    let advice = refusal(only_password);
    assert!(advice.contains("smtps://USER@HOST") && !advice.contains("s3cret"), "{advice}");
}

#[test]
fn a_file_without_certificates_is_refused() {
    for wrong in ["", "no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        let advice =
            refusal(SmtpOptions { authorities: Some(wrong.into()), ..options("smtps://mx.example.dz") });
        assert!(advice.starts_with("--smtp-ca-file has no usable certificates: "), "{wrong}: {advice}");
        assert!(!advice.contains('\n'), "{advice}");
    }
}
