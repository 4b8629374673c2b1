//! Keeps a share of the cores for hashing, whatever else is asked of the service.
//!
//! The threads that hash let all others go first, so that a read in a storm of logins waits for none of them. Turned
//! around, a flood of cheap requests would leave them nothing. The kernel has no setting for both that an ordinary process may
//! use: so while hashing gets less than its share, the HTTP workers stand still for a part of the time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{RecvTimeoutError, Sender, bounded};

/// What hashing and the service as a whole have had of the cores, since the process started.
#[derive(Debug, Clone, Copy, Default)]
pub struct CoreUse {
    /// Passwords that are being hashed now, or wait for that.
    pub hashes: usize,
    /// Processor time of the threads that hash.
    pub hashing: Duration,
    /// Processor time of all threads.
    pub all: Duration,
}

/// Tells what hashing has had of the cores. Asked some fifty times a second while passwords are hashed.
pub type CoreUseGauge = Arc<dyn Fn() -> CoreUse + Send + Sync>;

/// How often the shares are measured. The workers stand still for a part of it at most, and a request waits no longer.
const PERIOD: Duration = Duration::from_millis(20);
/// The same while no password is hashed.
const IDLE_PERIOD: Duration = Duration::from_millis(100);
/// The share of the cores that hashing is meant to have under any load: a third, and some more for what it loses by the
/// others' use of the caches.
const SHARE: f64 = 0.4;
/// The share that the service's other threads must have for a pause of theirs to help: else the cores are another program's.
const OTHERS: f64 = 0.1;
/// Largest part of the time for which the workers stand still.
const MAX_PAUSE: f64 = 0.75;
/// How fast the part changes: by this much of what is missing, in each period.
const GAIN: f64 = 0.25;

/// Has the HTTP workers stand still while hashing gets too little.
pub(crate) struct Throttle {
    started: Instant,
    /// Microseconds from the start to the end of the present pause.
    paused_until: AtomicU64,
}

impl Throttle {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self { started: Instant::now(), paused_until: AtomicU64::new(0) })
    }

    /// Stands still until the end of the pause, if there is one. Blocks a whole worker on purpose: its other connections are
    /// what takes the cores.
    pub(super) fn wait(&self) {
        let until = self.paused_until.load(Ordering::Relaxed);
        if until == 0 {
            return;
        }
        let left = Duration::from_micros(until).saturating_sub(self.started.elapsed());
        #[expect(clippy::disallowed_methods, reason = "to do nothing is what is asked for")]
        thread::sleep(left.min(PERIOD));
    }

    fn pause(&self, pause: Duration) {
        let until = if pause.is_zero() { Duration::ZERO } else { self.started.elapsed() + pause };
        self.paused_until.store(u64::try_from(until.as_micros()).unwrap_or(0), Ordering::Relaxed);
    }
}

/// Measures on a thread of its own, which ends with the value.
pub(crate) struct Governor {
    _stop: Sender<()>,
}

impl Governor {
    /// Starts to measure by `gauge`, on `cores` cores.
    ///
    /// # Errors
    ///
    /// If the system gives no thread.
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

/// The part of the time for which the workers stand still, from what was measured before.
struct Shares {
    cores: usize,
    part: f64,
}

impl Shares {
    /// Returns for how long the workers stand still in the next period.
    #[expect(clippy::cast_precision_loss, reason = "there are not so many cores")]
    fn pause(&mut self, time: Duration, before: CoreUse, now: CoreUse) -> Duration {
        // One hash cannot use more than one core.
        let cores = before.hashes.min(now.hashes).min(self.cores) as f64;
        let spent =
            |before: Duration, now: Duration| now.saturating_sub(before).as_secs_f64() / time.as_secs_f64();
        let hashing = spent(before.hashing, now.hashing);
        let others = spent(before.all, now.all) - hashing;
        // What they would take without pauses.
        let can_help = others > OTHERS * self.cores as f64 * (1.0 - self.part);
        let missing = if can_help && cores > 0.0 { SHARE - hashing / cores } else { -SHARE };
        self.part = (self.part + GAIN * missing).clamp(0.0, MAX_PAUSE);
        PERIOD.mul_f64(self.part)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A machine of two cores, whose threads that hash get what the workers leave, for a second.
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
