//! Finds the address of a client that sends its requests through proxies.

use std::net::{IpAddr, SocketAddr};

use actix_web::http::header::{FORWARDED, HeaderMap, X_FORWARDED_FOR};
use ipnet::IpNet;

/// Addresses of the proxies whose `Forwarded`, `X-Forwarded-For` and `X-Request-Id` are used.
#[derive(Debug, Clone, Default)]
pub struct TrustedProxies(pub Vec<IpNet>);

impl TrustedProxies {
    /// Returns whether the headers of `peer` are used. The peer of a Unix socket has no address, and
    /// may use the socket only if it is allowed to.
    pub(crate) fn trust(&self, peer: Option<IpAddr>) -> bool {
        peer.is_none_or(|peer| self.contains(peer))
    }

    fn contains(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }

    /// Returns the address of the last hop before the trusted proxies, or `None` if they do not name
    /// one. `peer` is the hop that sent the request to this service.
    ///
    /// Each proxy appends the address of its peer, so everything before that hop may be invented.
    pub(crate) fn client(&self, peer: Option<IpAddr>, headers: &HeaderMap) -> Option<IpAddr> {
        let (mut hop, mut is_trusted) = (peer, self.trust(peer));
        if !is_trusted {
            return peer;
        }
        let is_forwarded = headers.contains_key(FORWARDED);
        let lines = headers.get_all(if is_forwarded { FORWARDED } else { X_FORWARDED_FOR });
        // A byte that is not UTF-8 spoils only its own element.
        let lines: Vec<_> = lines.map(|line| String::from_utf8_lossy(line.as_bytes())).collect();
        let elements = lines.iter().rev().flat_map(|line| split_from_end(line, b','));
        let mut hops = elements
            .filter(|element| !element.trim().is_empty())
            .map(|element| if is_forwarded { forwarded_for(element) } else { address(element) });
        while is_trusted && let Some(next) = hops.next() {
            hop = next;
            is_trusted = next.is_some_and(|address| self.contains(address));
        }
        hop
    }
}

/// Returns the address of a request's peer, as IPv4 if it is one. A Unix socket's peer has none.
pub(crate) fn peer_address(peer: Option<SocketAddr>) -> Option<IpAddr> {
    peer.map(|peer| peer.ip().to_canonical())
}

/// Returns the address in the `for` parameter of an element of `Forwarded` (RFC 7239 §4).
fn forwarded_for(element: &str) -> Option<IpAddr> {
    let pairs = split_from_end(element, b';').into_iter().filter_map(|pair| pair.split_once('='));
    let (_, node) = pairs.into_iter().find(|(name, _)| name.trim().eq_ignore_ascii_case("for"))?;
    let node = node.trim();
    let quoted = node.strip_prefix('"').and_then(|node| node.strip_suffix('"'));
    address(&quoted.map_or_else(|| node.to_owned(), |quoted| quoted.replace('\\', "")))
}

/// Returns the canonical address of a node, which may have a port: `192.0.2.1:80`, `[2001:db8::1]`.
fn address(node: &str) -> Option<IpAddr> {
    let node = node.trim();
    let host = match (node.strip_prefix('['), node.split_once(':')) {
        (Some(bracketed), _) => bracketed.split_once(']')?.0,
        (None, Some((host, port))) if !port.contains(':') => host,
        _ => node,
    };
    host.parse().ok().map(|address: IpAddr| address.to_canonical())
}

/// Splits at `separator` outside of quoted strings (RFC 9110 §5.6.4). Returns the last part first.
///
/// Starts at the end, which the nearest proxy wrote: an open quotation mark of the client must not
/// hide what follows.
fn split_from_end(text: &str, separator: u8) -> Vec<&str> {
    let bytes = text.as_bytes();
    let (mut parts, mut end, mut is_quoted) = (Vec::new(), bytes.len(), false);
    for (at, &byte) in bytes.iter().enumerate().rev() {
        let escapes = || bytes[..at].iter().rev().take_while(|byte| **byte == b'\\').count();
        if byte == b'"' && escapes() % 2 == 0 {
            is_quoted = !is_quoted;
        } else if byte == separator && !is_quoted {
            parts.push(&text[at + 1..end]);
            end = at;
        }
    }
    parts.push(&text[..end]);
    parts
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};
    use proptest::prelude::*;

    use super::*;

    /// Returns the client of a request from `peer` with these headers, behind proxies in 10.0.0.0/8
    /// and at `2001:db8::1`.
    fn client(peer: &str, headers: &[(HeaderName, &[u8])]) -> Option<String> {
        let proxies = TrustedProxies(vec!["10.0.0.0/8".parse().unwrap(), "2001:db8::1/128".parse().unwrap()]);
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name.clone(), HeaderValue::from_bytes(value).unwrap());
        }
        proxies.client(peer.parse().ok(), &map).map(|address| address.to_string())
    }

    #[test]
    fn the_client_is_the_last_hop_that_is_not_a_trusted_proxy() {
        for (peer, lines, wanted) in [
            ("41.100.1.2", &["1.1.1.1"][..], Some("41.100.1.2")),
            ("10.0.0.1", &[], Some("10.0.0.1")),
            ("10.0.0.1", &[""], Some("10.0.0.1")),
            ("10.0.0.1", &["41.100.1.2"], Some("41.100.1.2")),
            ("10.0.0.1", &["6.6.6.6, 41.100.1.2, 10.2.3.4,"], Some("41.100.1.2")),
            ("10.0.0.1", &["6.6.6.6", "41.100.1.2", "10.2.3.4"], Some("41.100.1.2")),
            ("10.0.0.1", &["10.7.7.7, 10.2.3.4"], Some("10.7.7.7")),
            ("10.0.0.1", &["6.6.6.6, unknown, 10.2.3.4"], None),
            ("10.0.0.1", &["::ffff:41.100.1.2"], Some("41.100.1.2")),
            ("10.0.0.1", &["::FFFF:2964:102, ::ffff:10.2.3.4"], Some("41.100.1.2")),
            ("10.0.0.1", &["41.100.1.2:50123"], Some("41.100.1.2")),
            ("2001:db8::1", &["[2001:DB8:0::2]:443"], Some("2001:db8::2")),
            ("2001:db8::1", &["2001:db8::2"], Some("2001:db8::2")),
            ("a Unix socket", &["6.6.6.6, 41.100.1.2"], Some("41.100.1.2")),
            ("a Unix socket", &[], None),
        ] {
            let headers: Vec<_> = lines.iter().map(|line| (X_FORWARDED_FOR, line.as_bytes())).collect();
            assert_eq!(client(peer, &headers).as_deref(), wanted, "{peer} {lines:?}");
        }
    }

    #[test]
    fn forwarded_counts_before_x_forwarded_for() {
        for (line, wanted) in [
            ("for=41.100.1.2", Some("41.100.1.2")),
            (r#"For="[2001:db8:cafe::17]:4711";proto=https"#, Some("2001:db8:cafe::17")),
            (r#"by=10.0.0.1;FOR="[::ffff:41.100.1.2]:1", for=10.2.3.4"#, Some("41.100.1.2")),
            (r#"host="a,for=6.6.6.6;b";for=41.100.1.2"#, Some("41.100.1.2")),
            (r#"for=6.6.6.6;x=", for=41.100.1.2;host="a\\""#, Some("41.100.1.2")),
            (r#"for="41.100.1.2:_port""#, Some("41.100.1.2")),
            ("for=6.6.6.6, for=_hidden", None),
            ("proto=https", None),
        ] {
            let headers = [(X_FORWARDED_FOR, &b"9.9.9.9"[..]), (FORWARDED, line.as_bytes())];
            assert_eq!(client("10.0.0.1", &headers).as_deref(), wanted, "{line}");
        }
    }

    proptest! {
        #[test]
        fn a_client_cannot_choose_its_address(sent in r#"[ -~\x80-\xff]{0,40}|[",;=\\for 6.]{0,40}"#) {
            let sent: Vec<u8> = sent.chars().map(|c| c as u8).collect();
            for (name, appended) in
                [(X_FORWARDED_FOR, &b", 41.100.1.2"[..]), (FORWARDED, br#", for="41.100.1.2:5";proto=https"#)]
            {
                let line = [&sent, appended].concat();
                let found = client("10.0.0.1", &[(name, &line)]);
                prop_assert_eq!(found.as_deref(), Some("41.100.1.2"));
            }
        }
    }
}
