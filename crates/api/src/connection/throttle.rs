//! Reserves a share of the cores for hashing under any load.
//!
//! The hashing threads run with `SCHED_IDLE`, so that a read does not wait for them during a login
//! storm. Conversely, a flood of cheap requests would starve them. The kernel offers an ordinary
//! process no setting for both. So while hashing gets less than its share, the HTTP workers pause
//! for a part of the time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{RecvTimeoutError, Sender, bounded};

/// Processor time of hashing and of the whole service since the process started.
#[derive(Debug, Clone, Copy, Default)]
pub struct CoreUse {
    /// Number of passwords that are being hashed or wait for it.
    pub hashes: usize,
    /// Processor time of the hashing threads.
    pub hashing: Duration,
    /// Processor time of all threads.
    pub all: Duration,
}

/// Measures the processor time. Called about fifty times a second while passwords are hashed.
pub type CoreUseGauge = Arc<dyn Fn() -> CoreUse + Send + Sync>;

/// Interval of the measurements. Workers pause for a part of it, so a request waits at most this
/// long.
const PERIOD: Duration = Duration::from_millis(20);
/// Interval while no password is hashed.
const IDLE_PERIOD: Duration = Duration::from_millis(100);
/// Target share of the cores for hashing under any load: a third, plus a compensation for cache
/// contention.
const SHARE: f64 = 0.4;
/// Minimum share of the service's other threads for a pause to help. Below it, another program uses
/// the cores.
const OTHERS: f64 = 0.1;
/// Maximum part of the time for which the workers pause.
const MAX_PAUSE: f64 = 0.75;
/// Control gain: fraction of the missing share that is added to the pause per period.
const GAIN: f64 = 0.25;

/// Pauses the HTTP workers while hashing gets less than its share.
pub(crate) struct Throttle {
    started: Instant,
    /// Microseconds from the start to the end of the current pause.
    paused_until: AtomicU64,
}

impl Throttle {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self { started: Instant::now(), paused_until: AtomicU64::new(0) })
    }

    /// Sleeps until the end of the pause, if there is one. Blocks the whole worker on purpose: its
    /// other connections use the cores.
    pub(super) fn wait(&self) {
        let until = self.paused_until.load(Ordering::Relaxed);
        if until == 0 {
            return;
        }
        let left = Duration::from_micros(until).saturating_sub(self.started.elapsed());
        #[expect(clippy::disallowed_methods, reason = "the pause is the purpose")]
        thread::sleep(left.min(PERIOD));
    }

    fn pause(&self, pause: Duration) {
        let until = if pause.is_zero() { Duration::ZERO } else { self.started.elapsed() + pause };
        self.paused_until.store(u64::try_from(until.as_micros()).unwrap_or(0), Ordering::Relaxed);
    }
}

/// Measures on a dedicated thread, which ends when the value is dropped.
pub(crate) struct Governor {
    _stop: Sender<()>,
}

impl Governor {
    /// Starts to measure with `gauge` on `cores` cores.
    ///
    /// # Errors
    ///
    /// Fails if the system cannot start a thread.
    pub(crate) fn start(throttle: Arc<Throttle>, gauge: CoreUseGauge, cores: usize) -> std::io::Result<Self> {
        let (stop, stopped) = bounded::<()>(0);
        thread::Builder::new().name("governor".to_owned()).spawn(move || {
            let mut shares = Shares { cores, part: 0.0 };
            let mut before = (Instant::now(), gauge());
            let mut period = IDLE_PERIOD;
            while stopped.recv_timeout(period) == Err(RecvTimeoutError::Timeout) {
                let now = (Instant::now(), gauge());
                throttle.pause(shares.pause(now.0 - before.0, before.1, now.1));
                before = now;
                period = if now.1.hashes == 0 { IDLE_PERIOD } else { PERIOD };
            }
        })?;
        Ok(Self { _stop: stop })
    }
}

/// Part of the time for which the workers pause, adjusted with each measurement.
struct Shares {
    cores: usize,
    part: f64,
}

impl Shares {
    /// Returns how long the workers pause in the next period.
    #[expect(clippy::cast_precision_loss, reason = "the number of cores is small")]
    fn pause(&mut self, time: Duration, before: CoreUse, now: CoreUse) -> Duration {
        // One hash cannot use more than one core.
        let cores = before.hashes.min(now.hashes).min(self.cores) as f64;
        let spent =
            |before: Duration, now: Duration| now.saturating_sub(before).as_secs_f64() / time.as_secs_f64();
        let hashing = spent(before.hashing, now.hashing);
        let others = spent(before.all, now.all) - hashing;
        // Their share without pauses.
        let can_help = others > OTHERS * self.cores as f64 * (1.0 - self.part);
        let missing = if can_help && cores > 0.0 { SHARE - hashing / cores } else { -SHARE };
        self.part = (self.part + GAIN * missing).clamp(0.0, MAX_PAUSE);
        PERIOD.mul_f64(self.part)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Simulates one second on two cores, where hashing gets the time that the workers leave.
    fn shares_after_a_second(hashes: u8, others_want: f64, strangers: f64) -> (f64, f64) {
        let mut shares = Shares { cores: 2, part: 0.0 };
        let mut used = CoreUse { hashes: hashes.into(), ..CoreUse::default() };
        let (mut hashing, mut others) = (0.0, 0.0);
        for _ in 0..50 {
            let before = used;
            let free = 2.0 - strangers;
            others = (others_want * (1.0 - shares.part)).min(free);
            hashing = (free - others).min(hashes.into());
            used.hashing += PERIOD.mul_f64(hashing);
            used.all += PERIOD.mul_f64(hashing + others);
            shares.pause(PERIOD, before, used);
        }
        (hashing / 2.0, others / 2.0)
    }

    #[test]
    fn hashing_gets_its_share_of_a_flood_and_no_more() {
        let (hashing, others) = shares_after_a_second(64, 2.0, 0.0);
        assert!((0.35..0.45).contains(&hashing), "{hashing}");
        assert!(others > 0.5, "{others}");
    }

    #[test]
    fn nobody_waits_while_hashing_has_enough() {
        assert_eq!(shares_after_a_second(64, 0.5, 0.0), (0.75, 0.25));
        assert_eq!(shares_after_a_second(0, 2.0, 0.0), (0.0, 1.0));
    }

    #[test]
    fn one_hash_is_meant_to_have_a_part_of_one_core() {
        let (hashing, others) = shares_after_a_second(1, 2.0, 0.0);
        assert!((0.17..0.25).contains(&hashing), "{hashing}");
        assert!(others > 0.7, "{others}");
    }

    #[test]
    fn nobody_waits_where_another_program_takes_the_cores() {
        let (_, others) = shares_after_a_second(64, 0.1, 1.9);
        assert!((others - 0.05).abs() < 0.001, "{others}");
    }
}
