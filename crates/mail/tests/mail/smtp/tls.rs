use sihha_mail::SmtpOptions;
use sihha_tests::TestSmtp;

use super::{deliver, happened, mailer_by, options};

#[test]
fn mail_is_encrypted_from_the_start_or_after_starttls() {
    for (tls, url) in
        [("implicit", "smtps://localhost:PORT"), ("starttls", "smtp://localhost:PORT?tls=required")]
    {
        let server = TestSmtp::start(&["--tls", tls]);
        let mailer = mailer_by(options(&server, url));
        assert_eq!(deliver(&mailer), Ok(()), "{tls}");
        assert_eq!(deliver(&mailer), Ok(()), "{tls}");
        let (connections, messages) = happened(server);
        assert_eq!((connections, messages.len()), (1, 2), "{tls}");
        assert!(messages.iter().all(|message| message["is_encrypted"] == true), "{messages:?}");
    }
}

/// Asserts that nothing is sent to a server whose certificate cannot be trusted.
#[track_caller]
fn assert_refused(arguments: &[&str], change: fn(&mut SmtpOptions)) {
    for (tls, url) in
        [("implicit", "smtps://localhost:PORT"), ("starttls", "smtp://localhost:PORT?tls=required")]
    {
        let server = TestSmtp::start(&[&["--tls", tls], arguments].concat());
        let mut options = options(&server, url);
        change(&mut options);
        let text = deliver(&mailer_by(options)).unwrap_err().temporary();
        let expected = format!(
            "the certificate of {} is refused, and nothing was sent: ",
            url.replace("PORT", &server.port().to_string())
        );
        assert!(text.starts_with(&expected), "{text}");
        assert_eq!(happened(server).1.len(), 0, "{tls}");
    }
}

#[test]
fn a_certificate_of_an_unknown_authority_is_refused() {
    assert_refused(&[], |options| options.authorities = None);
}

#[test]
fn a_certificate_of_another_host_is_refused() {
    assert_refused(&["--certificate-of", "other.example"], |_| {});
}

#[test]
fn an_expired_certificate_is_refused() {
    assert_refused(&["--expired"], |_| {});
}

#[test]
fn a_server_without_starttls_gets_nothing_in_clear() {
    let server = TestSmtp::start(&[]);
    let text =
        deliver(&mailer_by(options(&server, "smtp://localhost:PORT?tls=required"))).unwrap_err().temporary();
    assert!(text.contains("STARTTLS is not supported"), "{text}");
    assert_eq!(happened(server).1.len(), 0);
}

#[test]
fn a_server_without_tls_is_no_server_of_smtps() {
    let server = TestSmtp::start(&[]);
    assert!(deliver(&mailer_by(options(&server, "smtps://localhost:PORT"))).is_err());
    assert_eq!(happened(server).1.len(), 0);
}
