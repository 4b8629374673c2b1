use std::net::IpAddr;

use chrono::{DateTime, TimeDelta, Utc};
use ipnet::IpNet;
use sha2::{Digest, Sha256};
use woothee::parser::Parser;

use super::{ClientInfo, UserAgent};
use crate::ids::ProfileId;
use crate::store::StoreError;

/// What an account was used from, as far as a server can tell devices apart: the family of the user
/// agent, and the network.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Device {
    /// Browser and system, for example `Firefox, Windows 10`; `None` if the program is not known.
    pub family: Option<String>,
    /// The network: a /24 of IPv4, a /56 of IPv6.
    pub network: Option<IpNet>,
}

impl Device {
    /// How long a device is known after its last use.
    pub const KNOWN_FOR: TimeDelta = TimeDelta::days(90);

    /// How long the last use of a device is kept. Longer than it is known: an account whose devices are
    /// all forgotten looks like one that is older than the list, whose owner gets no notice.
    pub const KEPT: TimeDelta = TimeDelta::days(730);

    /// How long a use is not recorded again, so that most logins write nothing.
    pub const RECORDED_EVERY: TimeDelta = TimeDelta::days(1);

    /// Returns the digest that a store keeps.
    #[must_use]
    pub fn digest(&self) -> DeviceDigest {
        let network = self.network.map(|network| network.to_string()).unwrap_or_default();
        let family = self.family.as_deref().unwrap_or_default();
        let digest = Sha256::new().chain_update(family).chain_update([0]).chain_update(network);
        DeviceDigest(digest.finalize().into())
    }
}

/// Length of the prefix of a site in IPv6, such as a home or a hospital (RFC 6177).
pub const IPV6_SITE_PREFIX: u8 = 56;

impl ClientInfo {
    /// Returns the device of the client.
    #[must_use]
    pub fn device(&self) -> Device {
        Device { family: self.user_agent.as_ref().and_then(family), network: self.network() }
    }

    /// Returns the network of the client: a /24 of IPv4, a /56 of IPv6.
    #[must_use]
    pub fn network(&self) -> Option<IpNet> {
        network(self.address.as_ref()?.as_str().parse().ok()?)
    }
}

/// Returns the browser and its system, without versions of the browser, which change every month.
fn family(agent: &UserAgent) -> Option<String> {
    const UNKNOWN: &str = "UNKNOWN";
    let parsed = Parser::new().parse(agent.as_str());
    let is_browser = |category: &str| !matches!(category, UNKNOWN | "misc" | "crawler");
    let Some(parsed) = parsed.filter(|parsed| parsed.name != UNKNOWN && is_browser(parsed.category)) else {
        // A program that is no browser: its name before the version (RFC 9110 §10.1.5).
        let name = agent.as_str().split(['/', ' ', '(']).next()?.trim();
        return (!name.is_empty()).then(|| name.to_owned());
    };
    if parsed.os == UNKNOWN {
        Some(parsed.name.to_owned())
    } else {
        Some(format!("{}, {}", parsed.name, parsed.os))
    }
}

fn network(address: IpAddr) -> Option<IpNet> {
    let address = address.to_canonical();
    let prefix = if address.is_ipv4() { 24 } else { IPV6_SITE_PREFIX };
    Some(IpNet::new(address, prefix).ok()?.trunc())
}

/// Identifies a device of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeviceDigest([u8; 32]);

impl DeviceDigest {
    /// Returns the digest.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// What is known of a device of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeviceSighting {
    /// When it was last recorded; `None` if it is not known.
    pub seen_at: Option<DateTime<Utc>>,
    /// Whether any device of the account is known. Without one, the account is older than this list.
    pub has_devices: bool,
}

impl DeviceSighting {
    /// Returns whether a use at `now` need not be recorded.
    pub(crate) fn is_recent(&self, now: DateTime<Utc>) -> bool {
        self.seen_at.is_some_and(|seen_at| now < seen_at + Device::RECORDED_EVERY)
    }

    /// Returns whether the owner gets a notice of a use at `now`.
    pub(crate) fn is_new(&self, now: DateTime<Utc>) -> bool {
        self.has_devices && self.seen_at.is_none_or(|seen_at| seen_at + Device::KNOWN_FOR <= now)
    }
}

/// Stores the devices that accounts were used from.
pub trait DeviceRepository {
    /// Returns what is known of the device.
    fn find(&mut self, profile_id: ProfileId, device: DeviceDigest) -> Result<DeviceSighting, StoreError>;

    /// Records a use of the device.
    fn record(
        &mut self,
        profile_id: ProfileId,
        device: DeviceDigest,
        at: DateTime<Utc>,
    ) -> Result<(), StoreError>;

    /// Deletes up to `limit` devices without a use since `moment`. Returns the number.
    fn purge(&mut self, moment: DateTime<Utc>, limit: u32) -> Result<u32, StoreError>;
}
