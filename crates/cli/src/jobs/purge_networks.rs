//! Forgets the requests of networks that have been quiet.

use std::sync::Arc;

use sihha_api::network_limits::NetworkLimits;

use super::runner::{JobSignal, Task};

pub(super) struct PurgeNetworks(pub(super) Arc<NetworkLimits>);

impl Task for PurgeNetworks {
    fn run(&mut self, _signal: &JobSignal) -> anyhow::Result<()> {
        if self.0.purge() {
            tracing::warn!("requests come from too many networks; some are not counted, and not limited");
        }
        Ok(())
    }
}
