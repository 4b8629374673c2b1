use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use futures_util::task::AtomicWaker;
use tokio::time::Instant;

/// Maximum number of open connections that have had a head of more than `SMALL_HEAD` bytes. A
/// further one is answered with 431.
const MAX_LARGE_HEADS: usize = 256;

/// Marks a busy connection, which is not closed to make room.
const BUSY: u64 = u64::MAX;

/// When there are too many connections, one in this many is closed. Closing several at a time
/// spreads the cost of the scan.
const EVICTED_PART: usize = 100;

/// Stage of the server's shutdown, which fails no request.
///
/// A load balancer learns from the readiness check that the server stops, and sends requests until
/// then. So a stopping server drains first: it serves every request, and each response announces
/// that its connection closes. After that it closes idle connections, and others as soon as they
/// become idle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Stage {
    /// The server does not stop.
    Serving,
    /// Each response closes its connection.
    Draining,
    /// Idle connections are closed as well.
    Closing,
}

/// All open connections.
pub(crate) struct Registry {
    open: Mutex<Open>,
    max: usize,
    started: Instant,
    stage: AtomicU8,
    /// Number of connections that have had a large head. Their buffers stay large.
    large_heads: AtomicUsize,
}

#[derive(Default)]
struct Open {
    slots: HashMap<u64, Arc<Slot>>,
    next: u64,
}

/// An open connection, as others see it.
pub(super) struct Slot {
    id: u64,
    registry: Arc<Registry>,
    /// Milliseconds from the registry's start until the connection became idle, or [`BUSY`].
    waiting_since: AtomicU64,
    evicted: AtomicBool,
    waker: AtomicWaker,
    has_large_head: AtomicBool,
}

impl Registry {
    pub(crate) fn new(max: usize) -> Arc<Self> {
        Arc::new(Self {
            open: Mutex::default(),
            max,
            started: Instant::now(),
            stage: AtomicU8::new(Stage::Serving as u8),
            large_heads: AtomicUsize::new(0),
        })
    }

    /// Adds a connection. If there are then too many, closes those that have been idle longest.
    pub(super) fn add(self: &Arc<Self>) -> Arc<Slot> {
        let mut open = self.lock();
        let id = open.next;
        open.next += 1;
        let slot = Arc::new(Slot {
            id,
            registry: Arc::clone(self),
            waiting_since: AtomicU64::new(self.milliseconds(Instant::now())),
            evicted: AtomicBool::new(false),
            waker: AtomicWaker::new(),
            has_large_head: AtomicBool::new(false),
        });
        open.slots.insert(id, Arc::clone(&slot));
        if open.slots.len() > self.max {
            self.evict(&open);
        }
        slot
    }

    /// Returns the stage of the server's shutdown.
    pub(crate) fn stage(&self) -> Stage {
        match self.stage.load(Ordering::Acquire) {
            0 => Stage::Serving,
            1 => Stage::Draining,
            _ => Stage::Closing,
        }
    }

    /// Advances the shutdown to `stage`. It never goes back.
    pub(crate) fn advance(&self, stage: Stage) {
        self.stage.fetch_max(stage as u8, Ordering::AcqRel);
        if stage == Stage::Closing {
            for slot in self.lock().slots.values() {
                slot.waker.wake();
            }
        }
    }

    fn evict(&self, open: &Open) {
        let live = open.slots.values().filter(|slot| !slot.is_evicted());
        let mut waiting: Vec<(u64, &Arc<Slot>)> = live
            .map(|slot| (slot.waiting_since.load(Ordering::Relaxed), slot))
            .filter(|(since, _)| *since != BUSY)
            .collect();
        let many = (self.max / EVICTED_PART).clamp(1, waiting.len().max(1));
        if waiting.len() > many {
            waiting.select_nth_unstable_by_key(many - 1, |(since, slot)| (*since, slot.id));
        }
        for (_, slot) in waiting.into_iter().take(many) {
            slot.evicted.store(true, Ordering::Release);
            slot.waker.wake();
        }
    }

    fn milliseconds(&self, moment: Instant) -> u64 {
        u64::try_from(moment.saturating_duration_since(self.started).as_millis()).unwrap_or(BUSY - 1)
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slot {
    /// Notes that the connection has been idle since `moment`.
    pub(super) fn is_waiting(&self, moment: Instant) {
        self.waiting_since.store(self.registry.milliseconds(moment), Ordering::Relaxed);
    }

    /// Notes that the connection is receiving a request or sending a response.
    pub(super) fn is_busy(&self) {
        self.waiting_since.store(BUSY, Ordering::Relaxed);
    }

    /// Returns whether the connection must close to make room for others.
    pub(super) fn is_evicted(&self) -> bool {
        self.evicted.load(Ordering::Acquire)
    }

    /// Returns the stage of the server's shutdown.
    pub(super) fn stage(&self) -> Stage {
        self.registry.stage()
    }

    /// Registers `waker` to be woken when the connection must close.
    pub(super) fn wake_when_closing(&self, waker: &Waker) {
        self.waker.register(waker);
    }

    /// Returns whether the connection may have a large head, and counts it if so.
    pub(super) fn may_have_large_head(&self) -> bool {
        if self.has_large_head.load(Ordering::Relaxed) {
            return true;
        }
        let large_heads = &self.registry.large_heads;
        let one_more = |count| (count < MAX_LARGE_HEADS).then_some(count + 1);
        let may = large_heads.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more).is_ok();
        self.has_large_head.store(may, Ordering::Relaxed);
        may
    }

    /// Removes the connection.
    pub(super) fn remove(&self) {
        if self.has_large_head.load(Ordering::Relaxed) {
            self.registry.large_heads.fetch_sub(1, Ordering::Relaxed);
        }
        self.registry.lock().slots.remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn those_that_wait_longest_are_closed() {
        let registry = Registry::new(3);
        let mut slots = Vec::new();
        for _ in 0..3 {
            slots.push(registry.add());
            tokio::time::advance(Duration::from_secs(1)).await;
        }
        slots[0].is_busy();
        slots[1].is_busy();
        slots[1].is_waiting(Instant::now());
        slots.push(registry.add());
        let evicted = |slots: &[Arc<Slot>]| slots.iter().map(|slot| slot.is_evicted()).collect::<Vec<_>>();
        assert_eq!(evicted(&slots), [false, false, true, false]);

        slots[2].remove();
        assert_eq!(registry.lock().slots.len(), 3);
        slots.push(registry.add());
        assert_eq!(evicted(&slots), [false, true, true, false, false]);
    }
}
