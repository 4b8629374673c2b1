use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use governor::nanos::Nanos;
use governor::state::StateStore;
use governor::state::keyed::ShrinkableKeyedStateStore;

/// Maximum number of networks of one kind of requests: 5 MB. A client with more of them is not
/// stopped by limits per network, and must not fill the memory.
pub(super) const MAX_NETWORKS: usize = 100_000;

/// When each network will have no more requests on its account. Of further networks nothing is kept.
#[derive(Debug, Default)]
pub(super) struct Counts(Mutex<HashMap<IpAddr, Nanos>>);

impl Counts {
    fn lock(&self) -> MutexGuard<'_, HashMap<IpAddr, Nanos>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl StateStore for Counts {
    type Key = IpAddr;

    fn measure_and_replace<T, F, E>(&self, network: &IpAddr, measure: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let mut counts = self.lock();
        if let Some(count) = counts.get_mut(network) {
            let (outcome, next) = measure(Some(*count))?;
            *count = next;
            return Ok(outcome);
        }
        let (outcome, next) = measure(None)?;
        if counts.len() < MAX_NETWORKS {
            counts.insert(*network, next);
        }
        Ok(outcome)
    }
}

impl ShrinkableKeyedStateStore<IpAddr> for Counts {
    fn retain_recent(&self, drop_below: Nanos) {
        self.lock().retain(|_, count| *count > drop_below);
    }

    fn shrink_to_fit(&self) {
        self.lock().shrink_to_fit();
    }

    fn len(&self) -> usize {
        self.lock().len()
    }

    fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }
}
