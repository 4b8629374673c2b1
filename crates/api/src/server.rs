//! The HTTP server. Tests and production start it alike.

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use actix_web::dev::{Server as ActixServer, ServerHandle};
use actix_web::middleware::from_fn;
use actix_web::{App as ActixApp, HttpServer, web};

use crate::app::App;
use crate::extract::MAX_BODY;
use crate::{middleware, router};

/// How the server works.
#[derive(Debug, Clone, Copy)]
pub struct ServerSettings {
    /// Threads that handle HTTP.
    pub workers: usize,
    /// How long requests in flight may take to finish when the server stops, in seconds.
    pub shutdown_timeout: u64,
}

/// A server that is bound, and answers once it runs.
pub struct Server {
    addresses: Vec<SocketAddr>,
    server: ActixServer,
}

impl Server {
    /// Serves `app` on `listener`. The caller handles signals.
    ///
    /// # Errors
    ///
    /// If the system refuses.
    pub fn listen(app: App, listener: TcpListener, settings: ServerSettings) -> std::io::Result<Self> {
        let app = web::Data::new(app);
        let server = HttpServer::new(move || {
            ActixApp::new()
                .app_data(app.clone())
                .app_data(web::PayloadConfig::new(MAX_BODY))
                .wrap(from_fn(middleware::request))
                .configure(router::configure)
        })
        .workers(settings.workers)
        .shutdown_timeout(settings.shutdown_timeout)
        .client_request_timeout(Duration::from_secs(10))
        .keep_alive(Duration::from_secs(75))
        .disable_signals()
        .listen(listener)?;
        Ok(Self { addresses: server.addrs(), server: server.run() })
    }

    /// The addresses that it listens on.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Stops the server from elsewhere: `stop(true)` lets requests in flight finish.
    #[must_use]
    pub fn handle(&self) -> ServerHandle {
        self.server.handle()
    }

    /// Serves until it is stopped.
    ///
    /// # Errors
    ///
    /// If the server fails.
    pub async fn run(self) -> std::io::Result<()> {
        self.server.await
    }
}
