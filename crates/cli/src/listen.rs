//! Where the service listens.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::os::unix::fs::FileTypeExt;
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;
use std::{fmt, fs, io};

use sihha_api::server::Listener;
use sihha_api::tls::TlsCertificate;
use sihha_mail::LinkBase;
use socket2::{Domain, SockAddr, Socket, Type};

/// Maximum number of connections that wait to be accepted.
const BACKLOG: i32 = 1024;

/// A TCP address, `HOST:PORT`, `:PORT` for all addresses of the machine, or `unix:` and the path of a
/// Unix socket.
#[derive(Debug, Clone)]
pub struct ListenAddress(String);

impl FromStr for ListenAddress {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_unix = text.strip_prefix("unix:").is_some_and(|path| !path.is_empty());
        let is_tcp = text.rsplit_once(':').is_some_and(|(host, port)| {
            port.parse::<u16>().is_ok() && !host.contains([':', '/']) || text.parse::<SocketAddr>().is_ok()
        });
        if is_unix || is_tcp {
            Ok(Self(text.to_owned()))
        } else {
            Err("must be ADDRESS:PORT, :PORT or unix:PATH")
        }
    }
}

impl fmt::Display for ListenAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl ListenAddress {
    /// Returns whether it is a Unix socket.
    pub(crate) fn is_unix(&self) -> bool {
        self.0.starts_with("unix:")
    }

    /// Opens a socket with this address.
    ///
    /// # Errors
    ///
    /// Fails if the address is in use, unknown or not allowed.
    pub fn bind(&self) -> io::Result<BoundSocket> {
        let Some(path) = self.0.strip_prefix("unix:").map(Path::new) else {
            let mut outcome = Err(io::ErrorKind::NotFound.into());
            for address in addresses(&self.0)? {
                outcome = bound(&address.into());
                if outcome.is_ok() {
                    break;
                }
            }
            return outcome.map(BoundSocket);
        };
        remove_unused_socket(path)?;
        let socket = bound(&SockAddr::unix(path)?)?;
        // Otherwise another process that starts would take it for unused.
        socket.listen(BACKLOG)?;
        Ok(BoundSocket(socket))
    }
}

/// A socket that has its address. One of TCP refuses connections until it listens.
#[derive(Debug)]
pub struct BoundSocket(Socket);

impl BoundSocket {
    /// Returns the URL at which a browser on this machine finds the socket; `None` for a Unix socket.
    pub(crate) fn url(&self, scheme: &str) -> Option<LinkBase> {
        let address = self.0.local_addr().ok()?.as_socket()?;
        let authority = if address.ip().is_unspecified() {
            format!("localhost:{}", address.port())
        } else {
            address.to_string()
        };
        format!("{scheme}://{authority}").parse().ok()
    }

    /// Lets clients connect: by TLS if there is a certificate.
    pub(crate) fn listen(self, certificate: Option<Arc<TlsCertificate>>) -> io::Result<Listener> {
        self.0.listen(BACKLOG)?;
        let is_unix = self.0.local_addr()?.is_unix();
        Ok(match certificate {
            _ if is_unix => Listener::Unix(self.0.into()),
            Some(certificate) => Listener::Tls(self.0.into(), certificate),
            None => Listener::Tcp(self.0.into()),
        })
    }
}

fn bound(address: &SockAddr) -> io::Result<Socket> {
    let socket = Socket::new(address.domain(), Type::STREAM, None)?;
    // The address of a process that has just ended is free.
    socket.set_reuse_address(true)?;
    socket.bind(address)?;
    Ok(socket)
}

/// Returns the address of a host, or of all interfaces. The second is for a system without IPv6.
fn addresses(address: &str) -> io::Result<Vec<SocketAddr>> {
    if let Some(port) = address.strip_prefix(':').and_then(|port| port.parse().ok()) {
        return Ok(vec![(Ipv6Addr::UNSPECIFIED, port).into(), (Ipv4Addr::UNSPECIFIED, port).into()]);
    }
    let mut addresses: Vec<_> = address.to_socket_addrs()?.collect();
    addresses.sort_by_key(SocketAddr::is_ipv6);
    // Another address of the same host would hide that the first one is in use.
    addresses.truncate(1);
    Ok(addresses)
}

/// Removes the file of a Unix socket whose process has ended.
fn remove_unused_socket(path: &Path) -> io::Result<()> {
    match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Ok(file) if !file.file_type().is_socket() => {
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, "the file is not a socket"));
        }
        found => found?,
    };
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    // Does not wait for a process that accepts no more connections.
    socket.set_nonblocking(true)?;
    match socket.connect(&SockAddr::unix(path)?) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => fs::remove_file(path),
        Err(error) if error.kind() != io::ErrorKind::WouldBlock => Err(error),
        _ => Err(io::ErrorKind::AddrInUse.into()),
    }
}
