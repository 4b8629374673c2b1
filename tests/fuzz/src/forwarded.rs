//! `Forwarded`, `X-Forwarded-For` and `Accept-Language`.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::IpNet;
use sihha_api::proxies::TrustedProxies;
use sihha_api::testing::{accepted_language, client};

/// The address from which the last proxy got the request.
const CLIENT: IpAddr = IpAddr::V4(Ipv4Addr::new(41, 100, 1, 2));
const PROXY: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));

pub(crate) fn run(data: &[u8]) {
    let network = IpNet::new(PROXY, 8).expect("a network");
    let proxies = TrustedProxies(vec![network]);
    // Bytes that HTTP forbids in a header never arrive.
    let sent: Vec<u8> = data.iter().copied().filter(|byte| *byte >= b' ' && *byte != 127).collect();
    let halves = sent.split_at(sent.len() / 2);
    for (is_forwarded, hop) in [
        (false, &b"41.100.1.2"[..]),
        (false, b"[::ffff:41.100.1.2]:443"),
        (true, b"for=41.100.1.2"),
        (true, br#"For="[::ffff:41.100.1.2]:443";proto=https"#),
    ] {
        // A proxy appends an element, or a line.
        let appended = [&sent, &b", "[..], hop].concat();
        for lines in [&[&appended[..]][..], &[&sent, hop], &[halves.0, halves.1, hop]] {
            assert_eq!(
                client(&proxies, PROXY, is_forwarded, lines),
                Some(CLIENT),
                "the client chose its address"
            );
        }
        // Nobody else's headers count.
        assert_eq!(client(&proxies, CLIENT, is_forwarded, &[&sent]), Some(CLIENT));
        let named = client(&proxies, PROXY, is_forwarded, &[&sent]);
        assert!(named.is_none_or(|address| address.to_canonical() == address), "{named:?}");
    }
    let _ = accepted_language(&sent);
}
