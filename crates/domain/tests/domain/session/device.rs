use std::net::IpAddr;

use sihha_domain::session::{ClientInfo, Device, UserAgent};

fn device(agent: &str, address: &str) -> Device {
    let address: IpAddr = address.parse().expect("an address");
    ClientInfo { address: Some(address.into()), user_agent: UserAgent::from_header(agent) }.device()
}

const FIREFOX: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:141.0) Gecko/20100101 Firefox/141.0";
const CHROME: &str = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) \
                      Chrome/138.0.0.0 Mobile Safari/537.36";

#[test]
fn a_device_is_named_by_browser_and_system() {
    let names = [FIREFOX, CHROME, "curl/8.5.0", "Sihha-Android/2.1 (Pixel 8)", "\u{661}"];
    let families = names.map(|agent| device(agent, "41.100.1.2").family);
    let families: Vec<_> = families.iter().map(|family| family.as_deref()).collect();
    assert_eq!(
        families,
        [
            Some("Firefox, Windows 10"),
            Some("Chrome, Android"),
            Some("curl"),
            Some("Sihha-Android"),
            Some("\u{661}")
        ]
    );
    assert_eq!(ClientInfo::default().device(), Device::default());
}

#[test]
fn a_new_version_or_another_address_of_the_network_is_the_same_device() {
    let known = device(FIREFOX, "41.100.1.2").digest();
    assert_eq!(device(&FIREFOX.replace("141", "142"), "41.100.1.250").digest(), known);
    assert_eq!(device(FIREFOX, "::ffff:41.100.1.9").digest(), known);
    for (agent, address) in [(FIREFOX, "41.100.2.2"), (CHROME, "41.100.1.2"), (FIREFOX, "2c0f:f4c0::1")] {
        assert_ne!(device(agent, address).digest(), known, "{agent} {address}");
    }
    let at_home = |address| device(CHROME, address).digest();
    assert_eq!(at_home("2c0f:f4c0:1:2ff::1"), at_home("2c0f:f4c0:1:200::ffff"));
    assert_ne!(at_home("2c0f:f4c0:1:2ff::1"), at_home("2c0f:f4c0:1:300::1"));
}
