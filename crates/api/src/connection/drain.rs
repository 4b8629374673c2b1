use std::sync::Arc;

use super::registry::{Registry, Stage};

/// Lets connections end without a failed request while the server stops.
///
/// A load balancer learns from the readiness check that the server stops, and until then sends requests as before. So a server
/// that stops first drains: it serves everything, and each response says that its connection closes. Only then it closes
/// connections that wait for a request.
#[derive(Clone)]
pub struct Drain {
    registry: Arc<Registry>,
}

impl Drain {
    pub(super) const fn new(registry: Arc<Registry>) -> Self {
        Self { registry }
    }

    /// Has each response from now on close its connection.
    pub fn begin(&self) {
        self.registry.advance(Stage::Draining);
    }

    /// Returns whether the server stops.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        self.registry.stage() != Stage::Serving
    }

    /// Closes each connection that waits for a request, and later ones when they do.
    pub(crate) fn close_idle_connections(&self) {
        self.registry.advance(Stage::Closing);
    }
}
