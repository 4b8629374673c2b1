use std::error::Error as _;
use std::io;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{Certificate, CertificateStore, SmtpConnection, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use secrecy::{ExposeSecret, SecretString};
use sihha_domain::mail::DeliveryError;

use crate::compose::Composed;
use crate::mailer::Transport;
use crate::smtp_url::{Encryption, SmtpUrl};

/// Maximum length of an error, in characters. A server's reply can have many lines.
const MAX_ERROR: usize = 500;

/// Replies that are about the connection and not the message: the service is closing (421), and
/// authentication is required or too weak (530, 534, 535, 538).
const CLOSING: u16 = 421;
const ABOUT_AUTHENTICATION: [u16; 4] = [530, 534, 535, 538];

/// How to reach a server.
#[derive(Debug, Clone)]
pub struct SmtpOptions {
    /// Its address.
    pub url: SmtpUrl,
    /// The password of the user in the address.
    pub password: Option<SecretString>,
    /// Whether mail may leave this machine in clear.
    pub allow_plain: bool,
    /// Maximum time of each step.
    pub timeout: Duration,
    /// The certificates of authorities, in PEM, that are trusted instead of the system's.
    pub authorities: Option<Vec<u8>>,
    /// The domain that this machine greets with.
    pub greeting: String,
}

/// The settings of a server contradict each other.
#[derive(Debug, thiserror::Error)]
pub enum SmtpSettingsError {
    /// Mail would leave this machine in clear.
    #[error("{0} would send mail in clear; use smtps://, or add ?tls=required, or give --smtp-allow-plain")]
    Plain(SmtpUrl),
    /// There is a user without a password.
    #[error("--smtp-url names a user, but there is no password; give --smtp-password-file")]
    NoPassword,
    /// There is a password without a user.
    #[error("there is an SMTP password, but --smtp-url names no user; write smtps://USER@HOST")]
    NoUser,
    /// The certificates cannot be used.
    #[error("--smtp-ca-file has no usable certificates: {0}")]
    Authorities(String),
}

/// An SMTP server that takes mail (RFC 5321). One connection is kept between messages.
pub struct SmtpServer {
    url: SmtpUrl,
    credentials: Option<Credentials>,
    timeout: Duration,
    tls: Option<TlsParameters>,
    greeting: ClientId,
    idle: Mutex<Option<SmtpConnection>>,
}

impl SmtpServer {
    /// Number of [`SmtpOptions::timeout`] within which an attempt ends: a broken connection, two addresses
    /// of the host, the greeting, both EHLO, STARTTLS, the handshake, the log-in, the four steps of a
    /// message, and QUIT.
    pub const MAX_STEPS: u32 = 16;

    /// Returns a server. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// The options contradict each other.
    pub fn new(options: SmtpOptions) -> Result<Self, SmtpSettingsError> {
        let SmtpOptions { url, password, allow_plain, timeout, authorities, greeting } = options;
        if url.encryption == Encryption::None && !url.is_loopback() && !allow_plain {
            return Err(SmtpSettingsError::Plain(url));
        }
        let credentials = match (&url.user, &password) {
            (Some(user), Some(password)) => {
                Some(Credentials::new(user.clone(), password.expose_secret().to_owned()))
            }
            (None, None) => None,
            (Some(_), None) => return Err(SmtpSettingsError::NoPassword),
            (None, Some(_)) => return Err(SmtpSettingsError::NoUser),
        };
        let tls = match url.encryption {
            Encryption::None => None,
            _ => Some(tls(&url, authorities.as_deref())?),
        };
        let greeting = ClientId::Domain(greeting);
        Ok(Self { url, credentials, timeout, tls, greeting, idle: Mutex::new(None) })
    }

    /// Returns a new connection that is ready for a message.
    fn connect(&self) -> Result<SmtpConnection, Error> {
        let from_start = self.tls.as_ref().filter(|_| self.url.encryption == Encryption::Implicit);
        let address = (self.url.host.as_str(), self.url.port);
        let mut connection =
            SmtpConnection::connect(address, Some(self.timeout), &self.greeting, from_start, None)?;
        if let Some(tls) = self.tls.as_ref().filter(|_| self.url.encryption == Encryption::StartTls) {
            // Fails if the server has no STARTTLS: nothing is sent in clear.
            connection.starttls(tls, &self.greeting)?;
        }
        if let Some(credentials) = &self.credentials {
            connection.auth(DEFAULT_MECHANISMS, credentials)?;
        }
        Ok(connection)
    }

    /// Sends a message, and keeps the connection.
    fn send(&self, message: &Composed) -> Result<(), DeliveryError> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        // Servers close idle connections.
        let kept = idle.take().and_then(|mut kept| kept.test_connected().then_some(kept));
        let is_kept = kept.is_some();
        // What fails before the message is about the settings or the server, so the message waits.
        let connect = || self.connect().map_err(|error| DeliveryError::Temporary(self.describe(&error)));
        let mut connection = kept.map_or_else(connect, Ok)?;
        let mut sent = connection.send(&message.envelope, &message.bytes);
        // A server may limit the number of messages of a connection.
        if is_kept && sent.as_ref().is_err_and(|error| status(error) == Some(CLOSING)) {
            connection = connect()?;
            sent = connection.send(&message.envelope, &message.bytes);
        }
        match sent {
            Ok(_) => {
                *idle = Some(connection);
                Ok(())
            }
            Err(error) => {
                let is_about_login = status(&error).is_some_and(|code| ABOUT_AUTHENTICATION.contains(&code));
                let text = self.describe(&error);
                Err(if error.is_permanent() && !is_about_login {
                    DeliveryError::Permanent(text)
                } else {
                    DeliveryError::Temporary(text)
                })
            }
        }
    }

    /// Returns what went wrong, for an operator.
    fn describe(&self, error: &Error) -> String {
        let source = error.source().map(ToString::to_string).unwrap_or_default();
        let text = if let Some(code) = status(error) {
            format!("the server replied {code} {source}")
        } else if is_timeout(error) {
            let timeout = self.timeout.as_secs_f32();
            format!("{} did not answer within {timeout} s (--smtp-timeout)", self.url)
        } else if source.contains("certificate") {
            format!("the certificate of {} is refused, and nothing was sent: {source}", self.url)
        } else {
            format!("{}: {error}", self.url)
        };
        let printable = text.chars().map(|c| if c.is_control() { ' ' } else { c });
        printable.take(MAX_ERROR).collect::<String>().trim_end().to_owned()
    }
}

impl Transport for SmtpServer {
    fn deliver(&self, message: &Composed) -> Result<(), DeliveryError> {
        self.send(message)
    }
}

fn tls(url: &SmtpUrl, authorities: Option<&[u8]>) -> Result<TlsParameters, SmtpSettingsError> {
    let refused = |error: Error| SmtpSettingsError::Authorities(error.to_string());
    let mut builder = TlsParameters::builder(url.host.clone());
    if let Some(pem) = authorities {
        let is_pem = pem.windows(10).any(|part| part == b"-----BEGIN");
        if !is_pem {
            return Err(SmtpSettingsError::Authorities("it is not in PEM".to_owned()));
        }
        let certificate = Certificate::from_pem(pem).map_err(refused)?;
        builder = builder.certificate_store(CertificateStore::None).add_root_certificate(certificate);
    }
    builder.build().map_err(refused)
}

fn status(error: &Error) -> Option<u16> {
    error.status().map(u16::from)
}

/// Returns whether a step took too long. Linux reports a read that did as `WouldBlock`.
fn is_timeout(error: &Error) -> bool {
    let mut source = error.source();
    while let Some(error) = source {
        let kind = error.downcast_ref::<io::Error>().map(io::Error::kind);
        if matches!(kind, Some(io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock)) {
            return true;
        }
        source = error.source();
    }
    false
}
