use sihha_tests::TestSmtp;

use super::{deliver, happened, plain_mailer};

/// Delivers three messages. Returns the number of connections that it took.
fn connections(options: &[&str]) -> usize {
    let server = TestSmtp::start(options);
    let mailer = plain_mailer(&server);
    for _ in 0..3 {
        assert_eq!(deliver(&mailer), Ok(()), "{options:?}");
    }
    let (connections, messages) = happened(server);
    assert_eq!(messages.len(), 3, "{options:?}: each message once");
    connections
}

#[test]
fn messages_share_a_connection() {
    assert_eq!(connections(&[]), 1);
}

#[test]
fn a_connection_that_the_server_closed_costs_no_attempt() {
    assert_eq!(connections(&["--at", "DATA=accept,close"]), 2);
    assert_eq!(connections(&["--at", "NOOP=close"]), 2);
    assert_eq!(connections(&["--at", "NOOP=421 4.4.2 Idle for too long"]), 2);
}

#[test]
fn a_server_that_limits_the_messages_of_a_connection_costs_no_attempt() {
    assert_eq!(connections(&["--at", "MAIL=ok", "--at", "MAIL=421 4.7.0 Too many messages"]), 2);
}

#[test]
fn a_refused_message_does_not_spoil_the_next_one() {
    let server = TestSmtp::start(&["--at", "RCPT=550 5.1.1 No such mailbox", "--at", "RCPT=ok"]);
    let mailer = plain_mailer(&server);
    assert!(deliver(&mailer).is_err());
    assert_eq!(deliver(&mailer), Ok(()));
    assert_eq!(deliver(&mailer), Ok(()));
    assert_eq!(happened(server).1.len(), 2);
}
