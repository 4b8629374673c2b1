//! Deliveries to a real SMTP server.

mod login;
mod outcomes;
mod reuse;
mod settings;
mod tls;

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use sihha_domain::mail::{DeliveryError, Mailer};
use sihha_mail::{SmtpOptions, SmtpServer, TemplateMailer};
use sihha_tests::TestSmtp;

use crate::context::{mailer, test_mail};

/// Longer than a test takes, so that a busy machine makes no timeout.
const LONG: Duration = Duration::from_mins(5);

/// Returns the options for a server at `url`, in which `PORT` is the server's.
fn options(server: &TestSmtp, url: &str) -> SmtpOptions {
    SmtpOptions {
        url: url.replace("PORT", &server.port().to_string()).parse().unwrap(),
        password: None,
        allow_plain: false,
        timeout: LONG,
        authorities: Some(server.authority().as_bytes().to_vec()),
        greeting: "app.example.dz".to_owned(),
    }
}

fn mailer_by(options: SmtpOptions) -> TemplateMailer {
    mailer(Arc::new(SmtpServer::new(options).unwrap()))
}

/// Returns a mailer for a server on this machine, without TLS.
fn plain_mailer(server: &TestSmtp) -> TemplateMailer {
    mailer_by(options(server, "smtp://localhost:PORT"))
}

/// Delivers the test message. Returns the error's text if it stays, or comes later.
fn deliver(mailer: &TemplateMailer) -> Result<(), Failure> {
    mailer.deliver(&test_mail()).map_err(|error| match error {
        DeliveryError::Temporary(text) => Failure::Temporary(text),
        DeliveryError::Permanent(text) => Failure::Permanent(text),
    })
}

#[derive(Debug, PartialEq, Eq)]
enum Failure {
    Temporary(String),
    Permanent(String),
}

impl Failure {
    /// Returns the text of a failure after which the message is tried again.
    fn temporary(self) -> String {
        match self {
            Self::Temporary(text) => text,
            Self::Permanent(text) => panic!("permanent: {text}"),
        }
    }
}

/// Returns the number of connections, and the messages that the server accepted.
fn happened(server: TestSmtp) -> (usize, Vec<Value>) {
    let events = server.finish();
    let connections = events.iter().filter(|event| event["event"] == "connection").count();
    (connections, events.into_iter().filter(|event| event["event"] == "message").collect())
}
