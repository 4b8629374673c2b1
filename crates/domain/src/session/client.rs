use std::fmt;
use std::net::IpAddr;

/// The known facts about the HTTP client that opened a session. They help the account holder to
/// recognise the session.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClientInfo {
    /// The IP address.
    pub address: Option<ClientAddress>,
    /// The name that the program gives itself.
    pub user_agent: Option<UserAgent>,
}

/// The address of a client, for display.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClientAddress(String);

impl ClientAddress {
    /// Returns a stored address as it is.
    #[must_use]
    pub const fn on_record(text: String) -> Self {
        Self(text)
    }

    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<IpAddr> for ClientAddress {
    fn from(address: IpAddr) -> Self {
        Self(address.to_string())
    }
}

impl fmt::Display for ClientAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name that a program gives itself (RFC 9110 §10.1.5). For display only; it cannot be trusted.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UserAgent(String);

impl UserAgent {
    /// Maximum number of code points; the rest is cut off.
    pub const MAX: usize = 256;

    /// Keeps the printable characters of `text`; returns `None` if there are none.
    #[must_use]
    pub fn from_header(text: &str) -> Option<Self> {
        let shown: String = text.chars().filter(|c| !c.is_control()).take(Self::MAX).collect();
        (!shown.trim().is_empty()).then_some(Self(shown))
    }

    /// Returns a stored text as it is.
    #[must_use]
    pub const fn on_record(text: String) -> Self {
        Self(text)
    }

    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
