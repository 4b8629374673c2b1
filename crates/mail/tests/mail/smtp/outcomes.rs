use std::net::TcpListener;
use std::time::Duration;

use sihha_domain::mail::{DeliveryError, Mailer, Template};
use sihha_mail::sample;
use sihha_tests::TestSmtp;

use super::{Failure, deliver, happened, mailer_by, options, plain_mailer};
use crate::context::mail_to;

#[test]
fn a_server_gets_the_whole_message() {
    let server = TestSmtp::start(&[]);
    let mailer = plain_mailer(&server);
    mailer.deliver(&mail_to("amina@santé.example", sample(Template::ResetPassword))).unwrap();
    let (_, messages) = happened(server);
    assert_eq!(messages.len(), 1);
    assert_eq!(messages[0]["from"], "no-reply@example.dz");
    assert_eq!(messages[0]["to"], serde_json::json!(["amina@xn--sant-epa.example"]));
    let message = mail_parser::MessageParser::default().parse(messages[0]["text"].as_str().unwrap()).unwrap();
    assert_eq!(message.subject(), Some("Choisissez un nouveau mot de passe"));
    assert!(message.body_text(0).unwrap().contains("https://sante.example.dz/reset-password?token=019a"));
    assert!(message.body_html(0).unwrap().trim_end().ends_with("</html>"));
}

#[test]
fn a_message_that_a_greylist_refuses_is_accepted_later() {
    let server = TestSmtp::start(&["--at", "RCPT=451 4.7.1 Greylisted, come back later"]);
    let mailer = plain_mailer(&server);
    let failure = deliver(&mailer).unwrap_err();
    assert_eq!(
        failure,
        Failure::Temporary("the server replied 451 4.7.1 Greylisted, come back later".to_owned())
    );
    assert_eq!(deliver(&mailer), Ok(()));
    assert_eq!(happened(server).1.len(), 1);
}

#[test]
fn a_message_that_is_refused_for_good_is_not_tried_again() {
    for step in ["MAIL", "RCPT", "DATA"] {
        let server = TestSmtp::start(&["--at", &format!("{step}=550 5.1.1 No such mailbox")]);
        let expected = Failure::Permanent("the server replied 550 5.1.1 No such mailbox".to_owned());
        assert_eq!(deliver(&plain_mailer(&server)), Err(expected), "{step}");
        assert_eq!(happened(server).1.len(), 0, "{step}");
    }
}

#[test]
fn a_server_that_refuses_every_connection_delays_messages() {
    let server = TestSmtp::start(&["--at", "CONNECT=554 5.7.1 Your address is on a list"]);
    let text = deliver(&plain_mailer(&server)).unwrap_err().temporary();
    assert_eq!(text, "the server replied 554 5.7.1 Your address is on a list");
}

#[test]
fn a_message_is_tried_again_if_the_server_closes_before_its_reply() {
    for step in ["CONNECT", "MAIL", "RCPT", "DATA"] {
        let server = TestSmtp::start(&["--at", &format!("{step}=close")]);
        let mailer = plain_mailer(&server);
        let text = deliver(&mailer).unwrap_err().temporary();
        assert!(text.contains(&format!("smtp://localhost:{}", server.port())), "{step}: {text}");
        assert!(!text.contains("amina"), "{text}");
        assert_eq!(deliver(&mailer), Ok(()), "{step}");
        assert_eq!(happened(server).1.len(), 1, "{step}");
    }
}

#[test]
fn a_server_that_does_not_answer_delays_a_message() {
    for step in ["CONNECT", "MAIL", "DATA"] {
        let server = TestSmtp::start(&["--at", &format!("{step}=silence")]);
        let timeout = Duration::from_millis(100);
        let options = options(&server, "smtp://localhost:PORT");
        let text =
            deliver(&mailer_by(sihha_mail::SmtpOptions { timeout, ..options })).unwrap_err().temporary();
        assert!(text.ends_with(" did not answer within 0.1 s (--smtp-timeout)"), "{step}: {text}");
        assert_eq!(happened(server).1.len(), 0, "{step}");
    }
}

#[test]
fn a_server_that_is_away_delays_a_message() {
    let server = TestSmtp::start(&[]);
    // Nothing listens at this port, and no other test gets it.
    let reserved = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = reserved.local_addr().unwrap().port();
    let mut options = options(&server, "smtp://localhost:PORT");
    options.url = format!("smtp://127.0.0.2:{port}").parse().unwrap();
    let text = deliver(&mailer_by(options)).unwrap_err().temporary();
    assert!(text.contains("refused"), "{text}");
}

#[test]
fn an_unknown_host_delays_a_message() {
    let server = TestSmtp::start(&[]);
    let mut options = options(&server, "smtp://localhost:PORT");
    options.url = "smtps://mail.invalid".parse().unwrap();
    let text = deliver(&mailer_by(options)).unwrap_err().temporary();
    assert!(text.starts_with("smtps://mail.invalid:465: "), "{text}");
}

#[test]
fn a_reply_of_many_lines_is_one_short_line() {
    let reply = format!("RCPT=451-{}\r\n451 {}", "first ".repeat(40), "second ".repeat(40));
    let server = TestSmtp::start(&["--at", &reply]);
    let text = deliver(&plain_mailer(&server)).unwrap_err().temporary();
    assert!(text.starts_with("the server replied 451 first first"), "{text}");
    assert!(!text.contains(char::is_control) && text.chars().count() <= 500, "{text}");
}

#[test]
fn a_failure_does_not_name_the_address_or_the_link() {
    let server = TestSmtp::start(&["--at", "DATA=close", "--at", "DATA=550 5.7.1 Spam"]);
    let mailer = plain_mailer(&server);
    for _ in 0..2 {
        let mail = mail_to("amina@example.com", sample(Template::VerifyEmail));
        let (DeliveryError::Temporary(text) | DeliveryError::Permanent(text)) =
            mailer.deliver(&mail).unwrap_err();
        assert!(!text.contains("amina") && !text.contains("token"), "{text}");
    }
}
