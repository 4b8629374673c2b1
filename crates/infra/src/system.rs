//! Time and chance from the operating system.

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
