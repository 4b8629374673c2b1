use std::sync::Arc;

use super::registry::{Registry, Stage};

/// Lets connections end without a failed request while the server stops.
///
/// A load balancer learns from the readiness check that the server stops, and sends requests until
/// then. So a stopping server drains first: it serves every request, and each response announces
/// that its connection closes. After that it closes idle connections.
#[derive(Clone)]
pub struct Drain {
    registry: Arc<Registry>,
}

impl Drain {
    pub(super) const fn new(registry: Arc<Registry>) -> Self {
        Self { registry }
    }

    /// Makes each further response close its connection.
    pub fn begin(&self) {
        self.registry.advance(Stage::Draining);
    }

    /// Returns whether the server stops.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        self.registry.stage() != Stage::Serving
    }

    /// Closes idle connections, and others as soon as they become idle.
    pub(crate) fn close_idle_connections(&self) {
        self.registry.advance(Stage::Closing);
    }
}
