//! Limits of requests per network: one client must not take the service from all others.
//!
//! Each row of `routes` names the limit of its operation. Guesses are limited elsewhere, by
//! the domain; these limits bound how much work a network can cause. Each instance counts for itself.

mod counts;

use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::Method;
use governor::clock::{Clock, DefaultClock};
use governor::middleware::NoOpMiddleware;
use governor::{Quota, RateLimiter};
use sihha_domain::session::IPV6_SITE_PREFIX;

use self::counts::Counts;

/// Kinds of requests that share a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RequestKind {
    /// Registrations.
    Register,
    /// All ways in by a password, and changes of the password.
    Login,
    /// Requests that send a mail, or take the token of one.
    Mail,
    /// Refreshes of tokens.
    Refresh,
}

/// Numbers of requests of a network in a minute, by kind. `None` is no limit.
#[derive(Debug, Clone, Copy, Default)]
pub struct RequestRates {
    /// Registrations.
    pub register: Option<NonZeroU32>,
    /// Requests with a password.
    pub login: Option<NonZeroU32>,
    /// Requests that send a mail, or take the token of one.
    pub mail: Option<NonZeroU32>,
    /// Refreshes of tokens.
    pub refresh: Option<NonZeroU32>,
}

/// Counts requests by network. After a pause, a network may send twice as many as in a minute at
/// once.
pub struct NetworkLimits<C: Clock = DefaultClock> {
    register: Option<Limiter<C>>,
    login: Option<Limiter<C>>,
    mail: Option<Limiter<C>>,
    refresh: Option<Limiter<C>>,
    clock: C,
}

type Limiter<C> = RateLimiter<IpAddr, Counts, C, NoOpMiddleware<<C as Clock>::Instant>>;

impl NetworkLimits {
    /// Starts to count.
    #[must_use]
    pub fn new(rates: RequestRates) -> Self {
        Self::with_clock(rates, &DefaultClock::default())
    }
}

impl<C: Clock + Clone> NetworkLimits<C> {
    fn with_clock(rates: RequestRates, clock: &C) -> Self {
        let limiter = |rate: NonZeroU32| {
            let burst = rate.saturating_mul(const { NonZeroU32::new(2).expect("not 0") });
            let quota = Quota::per_minute(rate).allow_burst(burst);
            RateLimiter::new(quota, Counts::default(), clock.clone())
        };
        Self {
            register: rates.register.map(limiter),
            login: rates.login.map(limiter),
            mail: rates.mail.map(limiter),
            refresh: rates.refresh.map(limiter),
            clock: clock.clone(),
        }
    }

    /// Counts a request of a client. One without an address, as on a Unix socket, is not limited.
    ///
    /// # Errors
    ///
    /// Returns how long the client has to wait if its network has sent too many.
    pub(crate) fn admit(&self, kind: RequestKind, client: Option<IpAddr>) -> Result<(), Duration> {
        let limiter = match kind {
            RequestKind::Register => &self.register,
            RequestKind::Login => &self.login,
            RequestKind::Mail => &self.mail,
            RequestKind::Refresh => &self.refresh,
        };
        let (Some(limiter), Some(client)) = (limiter, client) else { return Ok(()) };
        limiter.check_key(&network(client)).map_err(|until| until.wait_time_from(self.clock.now()))
    }

    /// Forgets networks that have been quiet for long. Returns whether there were too many of them
    /// to count them all.
    pub fn purge(&self) -> bool {
        let limiters = [&self.register, &self.login, &self.mail, &self.refresh];
        let mut was_full = false;
        for limiter in limiters.into_iter().flatten() {
            was_full |= limiter.len() >= counts::MAX_NETWORKS;
            limiter.retain_recent();
            limiter.shrink_to_fit();
        }
        was_full
    }
}

impl Default for NetworkLimits {
    /// Limits nothing.
    fn default() -> Self {
        Self::new(RequestRates::default())
    }
}

/// Returns the network that a client is counted in: its address, or that of its site in IPv6.
///
/// An IPv4 address is a site already, or a provider's share of one. A site has millions of IPv6
/// addresses to choose from.
fn network(client: IpAddr) -> IpAddr {
    match client.to_canonical() {
        IpAddr::V6(address) => {
            let mask = u128::MAX << (128 - u32::from(IPV6_SITE_PREFIX));
            Ipv6Addr::from_bits(address.to_bits() & mask).into()
        }
        address @ IpAddr::V4(_) => address,
    }
}

/// Limits of the operations of one path, by method. Those that are missing are not limited.
#[derive(Debug, Default)]
pub(crate) struct PathLimits(pub(crate) Vec<(Method, RequestKind)>);

impl PathLimits {
    /// Returns the limit of the matched operation.
    pub(crate) fn of(request: &HttpRequest) -> Option<RequestKind> {
        let Self(rows) = request.app_data::<&'static Self>()?;
        rows.iter().find(|(method, _)| method == request.method()).map(|(_, kind)| *kind)
    }
}

#[cfg(test)]
mod tests {
    use governor::clock::FakeRelativeClock;

    use super::*;

    /// Returns limits of registrations, and their clock.
    fn registrations(rate: u32) -> (NetworkLimits<FakeRelativeClock>, FakeRelativeClock) {
        let clock = FakeRelativeClock::default();
        let rates = RequestRates { register: NonZeroU32::new(rate), ..RequestRates::default() };
        (NetworkLimits::with_clock(rates, &clock), clock)
    }

    /// Returns how many of the next requests of a client are admitted.
    fn admitted(limits: &NetworkLimits<FakeRelativeClock>, client: &str) -> usize {
        let client = Some(client.parse().unwrap());
        (0..1000).take_while(|_| limits.admit(RequestKind::Register, client).is_ok()).count()
    }

    #[test]
    fn a_network_may_send_a_minutes_requests_each_minute_and_twice_as_many_after_a_pause() {
        let (limits, clock) = registrations(30);
        assert_eq!(admitted(&limits, "41.100.1.2"), 60);
        let wait = limits.admit(RequestKind::Register, Some("41.100.1.2".parse().unwrap())).unwrap_err();
        assert_eq!(wait, Duration::from_secs(2));
        clock.advance(wait);
        assert_eq!(admitted(&limits, "41.100.1.2"), 1);
        clock.advance(Duration::from_mins(1));
        assert_eq!(admitted(&limits, "41.100.1.2"), 30);
        clock.advance(Duration::from_hours(1));
        assert_eq!(admitted(&limits, "41.100.1.2"), 60);
    }

    #[test]
    fn a_network_is_an_ipv4_address_or_an_ipv6_site() {
        for (first, second, is_same) in [
            ("41.100.1.2", "41.100.1.3", false),
            ("41.100.1.2", "::ffff:41.100.1.2", true),
            ("2001:db8:0:aa00::1", "2001:db8:0:aaff:ffff:ffff:ffff:ffff", true),
            ("2001:db8:0:aa00::1", "2001:db8:0:ab00::1", false),
        ] {
            let (limits, _) = registrations(1);
            assert_eq!(admitted(&limits, first), 2, "{first}");
            assert_eq!(admitted(&limits, second), if is_same { 0 } else { 2 }, "{first} {second}");
        }
    }

    #[test]
    fn other_kinds_and_clients_without_an_address_are_not_limited() {
        let (limits, _) = registrations(1);
        let client = Some("41.100.1.2".parse().unwrap());
        assert_eq!(admitted(&limits, "41.100.1.2"), 2);
        for kind in [RequestKind::Login, RequestKind::Mail, RequestKind::Refresh] {
            assert_eq!(limits.admit(kind, client), Ok(()), "{kind:?}");
        }
        assert!((0..9).all(|_| limits.admit(RequestKind::Register, None).is_ok()));
    }

    #[test]
    fn a_purge_forgets_quiet_networks_only() {
        let (limits, clock) = registrations(30);
        let count = || limits.register.as_ref().unwrap().len();
        assert_eq!(admitted(&limits, "41.100.1.2"), 60);
        clock.advance(Duration::from_mins(10));
        assert_eq!(admitted(&limits, "41.100.1.3"), 60);
        assert!(!limits.purge());
        assert_eq!(count(), 1);
        assert_eq!(admitted(&limits, "41.100.1.3"), 0);
        clock.advance(Duration::from_mins(10));
        assert!(!limits.purge());
        assert_eq!(count(), 0);
    }

    #[test]
    fn at_most_so_many_networks_are_counted_and_those_stay_limited() {
        let (limits, _) = registrations(1);
        let addresses = (0..).map(|number| IpAddr::from(std::net::Ipv4Addr::from_bits(number)));
        for address in addresses.take(counts::MAX_NETWORKS + 10) {
            limits.admit(RequestKind::Register, Some(address)).unwrap();
        }
        assert_eq!(limits.register.as_ref().unwrap().len(), counts::MAX_NETWORKS);
        assert_eq!(admitted(&limits, "0.0.0.1"), 1);
        assert_eq!(admitted(&limits, "255.0.0.1"), 1000);
        assert!(limits.purge());
    }
}
