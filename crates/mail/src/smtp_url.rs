use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use percent_encoding::percent_decode_str;
use url::{Host, Url};

/// How a connection is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encryption {
    /// From the first byte.
    Implicit,
    /// After STARTTLS, without which nothing is sent.
    StartTls,
    /// Not at all.
    None,
}

/// The address of an SMTP server: `smtps://HOST`, `smtp://HOST?tls=required` or `smtp://HOST`, with the
/// name of a user and a port if needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmtpUrl {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) user: Option<String>,
    pub(crate) encryption: Encryption,
}

impl FromStr for SmtpUrl {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const FORMAT: &str = "must be smtps://HOST, smtp://HOST?tls=required, or smtp://localhost; a user's \
                              name and a port are possible: smtps://USER@HOST:465";
        let url = Url::parse(text.trim()).map_err(|_| FORMAT)?;
        let encryption = match (url.scheme(), url.query()) {
            ("smtps", None | Some("tls=required")) => Encryption::Implicit,
            ("smtp", Some("tls=required")) => Encryption::StartTls,
            ("smtp", None) => Encryption::None,
            _ => return Err(FORMAT),
        };
        if url.password().is_some() {
            return Err("must have no password, which other users could read; use --smtp-password-file");
        }
        if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return Err(FORMAT);
        }
        // `Url` does not read the hosts of these schemes.
        let host = match Host::parse(url.host_str().unwrap_or_default()).map_err(|_| FORMAT)? {
            Host::Domain(name) => name,
            Host::Ipv4(address) => address.to_string(),
            Host::Ipv6(address) => address.to_string(),
        };
        let user = percent_decode_str(url.username()).decode_utf8().map_err(|_| FORMAT)?;
        Ok(Self {
            host,
            port: url.port().unwrap_or(match encryption {
                Encryption::Implicit => 465,
                Encryption::StartTls => 587,
                Encryption::None => 25,
            }),
            user: (!user.is_empty()).then(|| user.into_owned()),
            encryption,
        })
    }
}

impl fmt::Display for SmtpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, query) = match self.encryption {
            Encryption::Implicit => ("smtps", ""),
            Encryption::StartTls => ("smtp", "?tls=required"),
            Encryption::None => ("smtp", ""),
        };
        let (open, close) = if self.host.contains(':') { ("[", "]") } else { ("", "") };
        write!(f, "{scheme}://{open}{}{close}:{}{query}", self.host, self.port)
    }
}

impl SmtpUrl {
    /// Returns whether the server is on this machine, so that nobody reads the connection.
    pub(crate) fn is_loopback(&self) -> bool {
        self.host == "localhost" || self.host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
    }
}
