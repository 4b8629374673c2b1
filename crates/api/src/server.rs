//! The HTTP server, as tests and production start it.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use actix_server::{GracefulShutdownSignal, Server as ActixServer, ServerHandle};
use actix_service::{IntoServiceFactory, ServiceFactoryExt, map_config};
use actix_web::dev::AppConfig;
use actix_web::middleware::from_fn;
use actix_web::{App as ActixApp, web};

use crate::app::App;
use crate::connection::{
    ConnectionLimits, CoreUseGauge, Governor, MAX_BODY, Registry, Shared, Stage, connected,
};
use crate::extract::BodyLimits;
pub use crate::stopper::Stopper;
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
}

/// A server that is bound, and serves requests when it runs.
pub struct Server {
    addresses: Vec<SocketAddr>,
    actix: ActixServer,
    shutdown: GracefulShutdownSignal,
    registry: Arc<Registry>,
    listener: TcpListener,
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
        listener: TcpListener,
        gauge: CoreUseGauge,
        settings: ServerSettings,
    ) -> std::io::Result<Self> {
        let addresses = vec![listener.local_addr()?];
        let same_listener = listener.try_clone()?;
        let app = web::Data::new(app);
        let limits = settings.connections;
        let shared = Shared::new(limits);
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
                .configure(routes::configure)
                .into_factory()
                .map_err(|error| error.error_response());
            let app = map_config(app, |()| AppConfig::default());
            connected(app, shared.clone())
        };
        let actix = builder.listen("http", listener, service)?.run();
        Ok(Self { addresses, actix, shutdown, registry, listener: same_listener, _governor: governor })
    }

    /// Returns the addresses that the server listens on.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
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
    pub fn stopper(&self) -> std::io::Result<Stopper> {
        Ok(Stopper::new(Arc::clone(&self.registry), self.actix.handle(), self.listener.try_clone()?))
    }

    /// Serves until the server is stopped.
    ///
    /// # Errors
    ///
    /// Fails if the server fails.
    pub async fn run(self) -> std::io::Result<()> {
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
