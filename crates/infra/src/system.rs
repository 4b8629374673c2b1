//! Time, chance and precedence from the operating system.

use chrono::{DateTime, SubsecRound, Utc};
use sihha_domain::clock::Clock;
use sihha_domain::ids::Randomness;

/// The system's clock.
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> DateTime<Utc> {
        #[expect(clippy::disallowed_methods, reason = "this is the adapter of the port")]
        let now = std::time::SystemTime::now();
        DateTime::<Utc>::from(now).trunc_subsecs(6)
    }
}

/// The kernel's random number generator.
pub struct SystemRandomness;

impl Randomness for SystemRandomness {
    /// # Panics
    ///
    /// If the kernel has no random numbers: nothing here would be safe then.
    fn fill(&self, bytes: &mut [u8]) {
        #[expect(clippy::disallowed_methods, reason = "this is the adapter of the port")]
        getrandom::fill(bytes).expect("the kernel gives random bytes");
    }
}

/// The nice value of threads that hash passwords: the kernel gives them what the others leave, and otherwise little, but
/// not nothing, as `SCHED_IDLE` would, under which reads were no faster in a storm of logins.
const HASHING: i32 = 19;

/// Lets all other threads go before this one, for good. A hash keeps a core for tens of milliseconds, and whoever
/// needs a tenth of one meanwhile should not wait for it.
pub fn let_others_go_first() {
    // On Linux a nice value is the calling thread's own (sched(7)).
    if let Err(error) = rustix::process::setpriority_process(None, HASHING) {
        tracing::debug!(%error, "hashing keeps the priority of all else");
    }
}
