//! The HTTP server, as tests and production start it.

use std::future::ready;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use actix_http::error::DispatchError;
use actix_server::{GracefulShutdownSignal, Server as ActixServer, ServerHandle};
use actix_service::{IntoServiceFactory, ServiceFactoryExt, fn_service, map_config};
use actix_web::dev::AppConfig;
use actix_web::middleware::from_fn;
use actix_web::rt::net::{TcpStream, UnixStream};
use actix_web::{App as ActixApp, web};

use crate::app::App;
use crate::connection::{
    ConnectionLimits, CoreUseGauge, Governor, MAX_BODY, Registry, Shared, Stage, connected,
};
use crate::extract::BodyLimits;
pub use crate::stopper::Stopper;
use crate::tls::TlsCertificate;
use crate::{middleware, routes};

/// Settings of the server.
#[derive(Debug, Clone, Copy)]
pub struct ServerSettings {
    /// Threads that handle HTTP.
    pub workers: usize,
    /// Cores that the process may use.
    pub cores: usize,
    /// Maximum time for requests in flight when the server stops, in seconds.
    pub shutdown_timeout: u64,
    /// Limits of connections.
    pub connections: ConnectionLimits,
    /// Whether to serve the documentation page and the OpenAPI document.
    pub docs: bool,
}

/// A socket that listens.
#[derive(Debug)]
pub enum Listener {
    /// A TCP socket.
    Tcp(TcpListener),
    /// A TCP socket whose connections are encrypted.
    Tls(TcpListener, Arc<TlsCertificate>),
    /// A Unix socket.
    Unix(UnixListener),
}

/// A server that is bound, and serves requests when it runs.
pub struct Server {
    address: Option<SocketAddr>,
    actix: ActixServer,
    shutdown: GracefulShutdownSignal,
    registry: Arc<Registry>,
    listener: OwnedFd,
    socket_file: Option<PathBuf>,
    _governor: Governor,
}

impl Server {
    /// Serves `app` on `listener`, and reserves a share of the cores for hashing, measured by
    /// `gauge`. The caller handles signals.
    ///
    /// # Errors
    ///
    /// Fails if the system refuses.
    pub fn listen(
        app: App,
        listener: Listener,
        gauge: CoreUseGauge,
        settings: ServerSettings,
    ) -> io::Result<Self> {
        let (address, socket_file, same_listener) = match &listener {
            Listener::Tcp(tcp) | Listener::Tls(tcp, _) => {
                (Some(tcp.local_addr()?), None, tcp.try_clone()?.into())
            }
            Listener::Unix(unix) => {
                (None, unix.local_addr()?.as_pathname().map(Path::to_owned), unix.try_clone()?.into())
            }
        };
        let tls = match &listener {
            Listener::Tls(_, certificate) => Some(certificate.acceptor().map_err(io::Error::other)?),
            Listener::Tcp(_) | Listener::Unix(_) => None,
        };
        let app = web::Data::new(app);
        let limits = settings.connections;
        let shared = Shared::new(limits, &app.http, tls);
        let bodies = BodyLimits::new(limits.body_timeout);
        let governor = Governor::start(Arc::clone(&shared.throttle), gauge, settings.cores)?;
        let builder = ActixServer::build()
            .workers(settings.workers)
            .shutdown_timeout(settings.shutdown_timeout)
            // The registry enforces the limit by closing idle connections instead of making new
            // ones wait.
            .max_concurrent_connections(limits.max_connections)
            .disable_signals();
        let (shutdown, registry) = (builder.graceful_shutdown_signal(), Arc::clone(&shared.registry));
        let stopping = web::Data::from(Arc::clone(&registry));
        let service = move || {
            let app = ActixApp::new()
                .app_data(app.clone())
                .app_data(web::PayloadConfig::new(MAX_BODY))
                .app_data(bodies.clone())
                .app_data(stopping.clone())
                .wrap(from_fn(middleware::request))
                .configure(|config| routes::configure(config, settings.docs))
                .into_factory()
                .map_err(|error| error.error_response());
            let app = map_config(app, |()| AppConfig::default());
            connected(app, shared.clone())
        };
        let builder = match listener {
            Listener::Tcp(tcp) | Listener::Tls(tcp, _) => builder.listen("http", tcp, service)?,
            Listener::Unix(unix) => builder.listen_uds("http", unix, move || {
                fn_service(|unix| ready(as_tcp(unix).map_err(DispatchError::Io))).and_then(service())
            })?,
        };
        let actix = builder.run();
        Ok(Self {
            address,
            socket_file,
            actix,
            shutdown,
            registry,
            listener: same_listener,
            _governor: governor,
        })
    }

    /// Returns the address that the server listens on, unless it is a Unix socket.
    #[must_use]
    pub const fn address(&self) -> Option<SocketAddr> {
        self.address
    }

    /// Returns a handle that stops the server. `stop(true)` completes requests in flight.
    #[must_use]
    pub fn handle(&self) -> ServerHandle {
        self.actix.handle()
    }

    /// Returns a handle that stops the server without failing a request.
    ///
    /// # Errors
    ///
    /// Fails if no file descriptor is left.
    pub fn stopper(&self) -> io::Result<Stopper> {
        Ok(Stopper {
            registry: Arc::clone(&self.registry),
            server: self.actix.handle(),
            listener: self.listener.try_clone()?,
            socket_file: self.socket_file.clone(),
        })
    }

    /// Serves until the server is stopped.
    ///
    /// # Errors
    ///
    /// Fails if the server fails.
    pub async fn run(self) -> io::Result<()> {
        let Self { actix, shutdown, registry, listener, _governor, .. } = self;
        // The server has another handle of the same socket.
        drop(listener);
        let close = async {
            shutdown.notified().await;
            registry.advance(Stage::Closing);
            std::future::pending().await
        };
        tokio::select! {
            outcome = actix => outcome,
            never = close => never,
        }
    }
}

/// Returns the stream as one of TCP. Both are read, written, peeked at and closed by the same system
/// calls; only the peer of this one has no address.
fn as_tcp(unix: UnixStream) -> io::Result<TcpStream> {
    TcpStream::from_std(OwnedFd::from(unix.into_std()?).into())
}
