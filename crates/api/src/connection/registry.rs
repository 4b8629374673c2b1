use std::collections::BTreeMap;
use std::net::IpAddr;
use std::ops::Deref;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use futures_util::task::AtomicWaker;
use ipnet::IpNet;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
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
    max_per_address: usize,
    started: Instant,
    stage: AtomicU8,
    /// Number of connections that have had a large head. Their buffers stay large.
    large_heads: AtomicUsize,
    /// One permit for each stream of HTTP/2 beyond the first one of its connection.
    extra_streams: Arc<Semaphore>,
}

#[derive(Default)]
struct Open {
    slots: BTreeMap<SlotKey, Arc<Slot>>,
    next: u64,
}

/// The client's network, if its connections are limited, and a number of the connection.
type SlotKey = (Option<IpNet>, u64);

/// An open connection, as others see it.
pub(super) struct Slot {
    key: SlotKey,
    registry: Arc<Registry>,
    /// Milliseconds from the registry's start until the connection became idle, or [`BUSY`].
    waiting_since: AtomicU64,
    evicted: AtomicBool,
    waker: AtomicWaker,
    has_large_head: AtomicBool,
}

impl Registry {
    pub(crate) fn new(max: usize, max_per_address: usize) -> Arc<Self> {
        Arc::new(Self {
            open: Mutex::default(),
            max,
            max_per_address,
            started: Instant::now(),
            stage: AtomicU8::new(Stage::Serving as u8),
            large_heads: AtomicUsize::new(0),
            extra_streams: Arc::new(Semaphore::new(max.min(Semaphore::MAX_PERMITS))),
        })
    }

    /// Adds a connection. If there are then too many, in all or of the client at `address`, closes
    /// those that have been idle longest. If all others of the client are busy, that is this one.
    /// Without an address only the number of all counts.
    pub(super) fn add(self: &Arc<Self>, address: Option<IpAddr>) -> OpenSlot {
        let network = address.and_then(network);
        let mut open = self.lock();
        let key = (network, open.next);
        open.next += 1;
        let slot = Arc::new(Slot {
            key,
            registry: Arc::clone(self),
            waiting_since: AtomicU64::new(self.milliseconds(Instant::now())),
            evicted: AtomicBool::new(false),
            waker: AtomicWaker::new(),
            has_large_head: AtomicBool::new(false),
        });
        open.slots.insert(key, Arc::clone(&slot));
        if network.is_some() && open.slots.len() > self.max_per_address {
            let of_client = open.slots.range((network, 0)..=key).map(|(_, slot)| slot);
            evict(of_client, self.max_per_address);
        }
        if open.slots.len() > self.max {
            evict(open.slots.values(), self.max);
        }
        OpenSlot(slot)
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

    fn milliseconds(&self, moment: Instant) -> u64 {
        u64::try_from(moment.saturating_duration_since(self.started).as_millis()).unwrap_or(BUSY - 1)
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the addresses that count as one: an IPv4 address, and a /56 of IPv6, which one customer of
/// a provider has (RIPE-690).
fn network(address: IpAddr) -> Option<IpNet> {
    let address = address.to_canonical();
    let prefix = if address.is_ipv4() { 32 } else { 56 };
    Some(IpNet::new(address, prefix).ok()?.trunc())
}

/// Closes those that have been idle longest, if there are more than `max`. Keeps the newest if another
/// one can be closed.
fn evict<'a>(slots: impl Iterator<Item = &'a Arc<Slot>>, max: usize) {
    let live: Vec<_> = slots.filter(|slot| !slot.is_evicted()).collect();
    if live.len() <= max {
        return;
    }
    let mut waiting: Vec<_> = live
        .into_iter()
        .map(|slot| (slot.waiting_since.load(Ordering::Relaxed), slot))
        .filter(|(since, _)| *since != BUSY)
        .collect();
    let many = (max / EVICTED_PART).clamp(1, waiting.len().max(2) - 1);
    if waiting.len() > many {
        waiting.select_nth_unstable_by_key(many - 1, |(since, slot)| (*since, slot.key.1));
    }
    for (_, slot) in waiting.into_iter().take(many) {
        slot.evicted.store(true, Ordering::Release);
        slot.waker.wake();
    }
}

/// The slot of a connection. Removed when it is dropped.
pub(super) struct OpenSlot(Arc<Slot>);

impl OpenSlot {
    /// Returns the slot, to share it.
    pub(super) fn share(&self) -> Arc<Slot> {
        Arc::clone(&self.0)
    }
}

impl Deref for OpenSlot {
    type Target = Slot;

    fn deref(&self) -> &Slot {
        &self.0
    }
}

impl Drop for OpenSlot {
    fn drop(&mut self) {
        self.0.remove();
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

    /// Returns a permit for one more stream of a connection that has one, until it is dropped.
    /// Returns `None` if all connections together have too many.
    pub(super) fn extra_stream(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.registry.extra_streams).try_acquire_owned().ok()
    }

    /// Removes the connection.
    fn remove(&self) {
        if self.has_large_head.load(Ordering::Relaxed) {
            self.registry.large_heads.fetch_sub(1, Ordering::Relaxed);
        }
        self.registry.lock().slots.remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn evicted(slots: &[OpenSlot]) -> Vec<bool> {
        slots.iter().map(|slot| slot.is_evicted()).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn those_that_wait_longest_are_closed() {
        let registry = Registry::new(3, 100);
        let mut slots = Vec::new();
        for _ in 0..3 {
            slots.push(registry.add(None));
            tokio::time::advance(Duration::from_secs(1)).await;
        }
        slots[0].is_busy();
        slots[1].is_busy();
        slots[1].is_waiting(Instant::now());
        slots.push(registry.add(None));
        assert_eq!(evicted(&slots), [false, false, true, false]);

        slots.remove(2);
        assert_eq!(registry.lock().slots.len(), 3);
        slots.push(registry.add(None));
        assert_eq!(evicted(&slots), [false, true, false, false]);
    }

    #[tokio::test]
    async fn a_client_has_a_limited_number_and_takes_none_of_another_or_of_a_proxy() {
        let clients = [
            ["192.0.2.1", "::ffff:192.0.2.1", "192.0.2.1"],
            ["2001:db8:0:100::1", "2001:db8:0:1ff::2", "2001:db8:0:180::3"],
        ];
        for client in clients {
            let registry = Registry::new(100, 2);
            let others = ["192.0.2.2", "2001:db8:0:200::1"].map(|other| registry.add(other.parse().ok()));
            let proxies: Vec<_> = (0..10).map(|_| registry.add(None)).collect();
            let slots = client.map(|address| registry.add(Some(address.parse().unwrap())));
            assert_eq!(evicted(&slots), [true, false, false], "{client:?}");
            assert!(!evicted(&others).contains(&true) && !evicted(&proxies).contains(&true));
        }
    }

    #[tokio::test]
    async fn a_client_whose_connections_are_all_busy_gets_no_other() {
        let registry = Registry::new(100, 2);
        let address = Some("192.0.2.1".parse().unwrap());
        let mut slots = vec![registry.add(address), registry.add(address)];
        for slot in &slots {
            slot.is_busy();
        }
        slots.push(registry.add(address));
        assert_eq!(evicted(&slots), [false, false, true]);
        slots.drain(..2);
        slots.push(registry.add(address));
        assert_eq!(evicted(&slots), [true, false]);
    }
}
