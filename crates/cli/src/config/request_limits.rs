use std::num::NonZeroU32;
use std::str::FromStr;

use clap::Args;
use sihha_api::network_limits::RequestRates;

use super::ThrottleMode;

/// How many requests a network may send.
#[derive(Debug, Clone, Copy, Args)]
#[command(next_help_heading = "Throttling")]
pub struct RequestLimitOptions {
    /// Registrations in a minute from one network, an IPv4 address or an IPv6 /56; twice as many
    /// after a pause
    #[arg(long, env = "SIHHA_REGISTER_LIMIT", default_value = "30", value_name = "NUMBER|off")]
    pub register_limit: RequestLimit,
    /// The same for log-ins, and other requests with a password
    #[arg(long, env = "SIHHA_LOGIN_LIMIT", default_value = "120", value_name = "NUMBER|off")]
    pub login_limit: RequestLimit,
    /// The same for requests that send a mail with a link, or use one
    #[arg(long, env = "SIHHA_MAIL_LIMIT", default_value = "10", value_name = "NUMBER|off")]
    pub mail_limit: RequestLimit,
    /// The same for refreshes of tokens
    #[arg(long, env = "SIHHA_REFRESH_LIMIT", default_value = "1200", value_name = "NUMBER|off")]
    pub refresh_limit: RequestLimit,
}

impl RequestLimitOptions {
    /// No limits.
    pub const OFF: Self = Self {
        register_limit: RequestLimit::OFF,
        login_limit: RequestLimit::OFF,
        mail_limit: RequestLimit::OFF,
        refresh_limit: RequestLimit::OFF,
    };

    pub(crate) fn rates(&self, throttle: ThrottleMode) -> RequestRates {
        if throttle == ThrottleMode::Off {
            return RequestRates::default();
        }
        RequestRates {
            register: self.register_limit.0,
            login: self.login_limit.0,
            mail: self.mail_limit.0,
            refresh: self.refresh_limit.0,
        }
    }
}

/// A number of requests in a minute, or no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestLimit(Option<NonZeroU32>);

impl RequestLimit {
    /// No limit.
    pub const OFF: Self = Self(None);
    /// More would be no limit for one network.
    const MAX: u32 = 1_000_000;
}

impl FromStr for RequestLimit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "off" {
            return Ok(Self::OFF);
        }
        let number = text.parse().ok().filter(|number: &NonZeroU32| number.get() <= Self::MAX);
        number.map(|number| Self(Some(number))).ok_or(format!("must be 1 to {}, or off", Self::MAX))
    }
}
