use std::net::IpAddr;

use clap::Args;
use ipnet::{IpNet, Ipv4Net};
use url::Url;

/// Trusted proxies and origins.
#[derive(Debug, Clone, Default, Args)]
pub struct HttpOptions {
    /// Addresses and networks of reverse proxies, separated by commas. Their `Forwarded` or
    /// `X-Forwarded-For` names the client, and their `X-Request-Id` is used. A Unix socket's peers
    /// are always trusted
    #[arg(long, env = "SIHHA_TRUSTED_PROXIES", value_delimiter = ',', value_parser = network, value_name = "ADDRESS",
          help_heading = "HTTP")]
    pub trusted_proxies: Vec<IpNet>,
    /// Origins whose web pages may call the API from a browser (CORS), separated by commas, such as
    /// `https://app.example.dz`
    #[arg(long, env = "SIHHA_CORS_ORIGINS", value_delimiter = ',', value_parser = origin, value_name = "ORIGIN",
          help_heading = "HTTP")]
    pub cors_origins: Vec<String>,
    /// Where to report a vulnerability, such as `mailto:security@example.dz` or an https: address;
    /// commas separate several. `/.well-known/security.txt` then names it (RFC 9116)
    #[arg(long = "security-contact", env = "SIHHA_SECURITY_CONTACT", value_delimiter = ',', value_parser = contact,
          value_name = "URL", help_heading = "HTTP")]
    pub security_contacts: Vec<String>,
}

/// Parses an address or a network. An IPv4 address in IPv6 is IPv4, as the addresses of clients are.
fn network(text: &str) -> Result<IpNet, String> {
    let text = text.trim();
    if let Ok(address) = text.parse::<IpAddr>() {
        return Ok(address.to_canonical().into());
    }
    let network = text.parse().map_err(|_| "must be an address, or a network such as 10.0.0.0/8")?;
    let mapped = match network {
        IpNet::V6(network) => network.addr().to_ipv4_mapped().zip(network.prefix_len().checked_sub(96)),
        IpNet::V4(_) => None,
    };
    let v4 = mapped.and_then(|(address, length)| Ipv4Net::new(address, length).ok());
    Ok(v4.map_or(network, IpNet::V4))
}

/// Parses an origin in the form that browsers send (RFC 6454 §6.2).
fn origin(text: &str) -> Result<String, String> {
    let text = text.trim();
    let url = Url::parse(text).ok();
    let origin = url.and_then(|url| {
        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        Some(format!("{}://{}{port}", url.scheme(), url.host_str()?))
    });
    match origin {
        Some(origin) if origin == text => Ok(origin),
        Some(origin) => Err(format!("must be an origin as browsers send it, such as {origin}")),
        None => Err("must be an origin, such as https://app.example.dz".to_owned()),
    }
}

/// Parses a contact of a `security.txt`: a URI (RFC 9116 §2.5.3). A person must be able to use it, and
/// no line of the file may end early.
fn contact(text: &str) -> Result<String, String> {
    let text = text.trim();
    let is_usable = |url: &Url| match url.scheme() {
        "mailto" => {
            url.path().split_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.is_empty())
        }
        "https" => true,
        _ => false,
    };
    let url = Url::parse(text).ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_graphic()));
    url.filter(is_usable).map(|_| text.to_owned()).ok_or_else(|| {
        "must be a URL, such as mailto:security@example.dz or https://example.dz/security".to_owned()
    })
}
