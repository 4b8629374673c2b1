use sihha_mail::SmtpOptions;
use sihha_tests::TestSmtp;

use super::{deliver, happened, mailer_by, options};

const LOGIN: [&str; 2] = ["--login", "sihha@example.dz:s3cret:é"];

fn with_password(server: &TestSmtp, url: &str, password: &str) -> SmtpOptions {
    SmtpOptions { password: Some(password.into()), ..options(server, url) }
}

#[test]
fn a_user_logs_in_before_mail_is_sent() {
    for (tls, url) in [
        ("implicit", "smtps://sihha%40example.dz@localhost:PORT"),
        ("starttls", "smtp://sihha%40example.dz@localhost:PORT?tls=required"),
    ] {
        let server = TestSmtp::start(&[&["--tls", tls], &LOGIN[..]].concat());
        assert_eq!(deliver(&mailer_by(with_password(&server, url, "s3cret:é"))), Ok(()), "{tls}");
        let (_, messages) = happened(server);
        assert_eq!(messages.len(), 1, "{tls}");
        assert_eq!(messages[0]["user"], "sihha@example.dz", "{tls}");
    }
}

#[test]
fn a_wrong_password_delays_messages_until_the_operator_corrects_it() {
    let server = TestSmtp::start(&[&["--tls", "starttls"], &LOGIN[..]].concat());
    let url = "smtp://sihha%40example.dz@localhost:PORT?tls=required";
    let text = deliver(&mailer_by(with_password(&server, url, "wr0ng"))).unwrap_err().temporary();
    assert!(text.starts_with("the server replied 535 "), "{text}");
    assert!(!text.contains("wr0ng") && !text.contains("sihha@"), "{text}");
    assert_eq!(deliver(&mailer_by(with_password(&server, url, "s3cret:é"))), Ok(()));
    assert_eq!(happened(server).1.len(), 1);
}

#[test]
fn a_missing_user_delays_messages_until_the_operator_adds_one() {
    let server = TestSmtp::start(&[&["--tls", "starttls"], &LOGIN[..]].concat());
    let mailer = mailer_by(options(&server, "smtp://localhost:PORT?tls=required"));
    let text = deliver(&mailer).unwrap_err().temporary();
    assert!(text.starts_with("the server replied 530 "), "{text}");
    assert_eq!(happened(server).1.len(), 0);
}
