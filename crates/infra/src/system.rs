//! Time, chance and precedence from the operating system.

use chrono::{DateTime, SubsecRound, Utc};
use sihha_domain::clock::Clock;
use sihha_domain::ids::Randomness;
use thread_priority::{
    NormalThreadSchedulePolicy, ThreadPriority, ThreadSchedulePolicy, set_thread_priority_and_policy,
    thread_native_id,
};

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

/// Lets all other threads go before this one, for good (`SCHED_IDLE`, sched(7)): any of them that wakes takes its core at
/// once. A hash keeps a core for tens of milliseconds, and whoever needs a tenth of one meanwhile should not wait for it.
/// At a nice value of 19 they waited for the end of its slice, a millisecond at each change of threads.
pub(crate) fn let_others_go_first() {
    let idle = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Idle);
    if let Err(error) = set_thread_priority_and_policy(thread_native_id(), ThreadPriority::Min, idle) {
        tracing::debug!(%error, "hashing keeps the priority of all else");
    }
}
