use std::fmt;
use std::net::IpAddr;

/// Where a session was opened from, as far as it is known; for its owner to recognise it by.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClientInfo {
    /// The peer's address.
    pub address: Option<ClientAddress>,
    /// What the program calls itself.
    pub user_agent: Option<UserAgent>,
}

/// The address of a client, to be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientAddress(String);

impl ClientAddress {
    /// The address as it is stored, however it was written.
    #[must_use]
    pub const fn on_record(text: String) -> Self {
        Self(text)
    }

    /// The text.
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

/// What a client's program calls itself (RFC 9110 §10.1.5). Not to be trusted, only to be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserAgent(String);

impl UserAgent {
    /// Greatest number of code points; more is cut off.
    pub const MAX: usize = 256;

    /// Takes what can be shown of `text`; `None` if nothing can.
    #[must_use]
    pub fn from_header(text: &str) -> Option<Self> {
        let shown: String = text.chars().filter(|c| !c.is_control()).take(Self::MAX).collect();
        (!shown.trim().is_empty()).then_some(Self(shown))
    }

    /// The text as it is stored, whatever was cut off then.
    #[must_use]
    pub const fn on_record(text: String) -> Self {
        Self(text)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
