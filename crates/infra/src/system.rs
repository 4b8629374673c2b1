//! Time, random numbers and scheduling from the operating system.

use std::io;
use std::time::Duration;

use chrono::{DateTime, SubsecRound, Utc};
use nix::libc;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::{TimeVal, TimeValLike};
use nix::unistd::Pid;
use sihha_domain::clock::Clock;
use sihha_domain::randomness::Randomness;
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

/// The random number generator of the kernel.
pub struct SystemRandomness;

impl Randomness for SystemRandomness {
    /// # Panics
    ///
    /// If the kernel returns no random numbers, since nothing would be secure then.
    fn fill(&self, bytes: &mut [u8]) {
        #[expect(clippy::disallowed_methods, reason = "this is the adapter of the port")]
        getrandom::fill(bytes).expect("the kernel returns random bytes");
    }
}

/// Time slice of a hash thread: the maximum time for which it runs while threads of another group
/// wait (sched(7), "autogroup", and cgroups(7)).
///
/// The kernel compares it with the slice of a thread that wakes, and prefers the shorter one. The
/// default is about 3 ms. With a longer slice, other threads wait longer after hashing itself has
/// waited for a long time.
const HASH_SLICE: Duration = Duration::from_millis(50);

/// Sets this thread's scheduling policy to `SCHED_IDLE` (sched(7)), permanently, and its time slice
/// to [`HASH_SLICE`].
///
/// Any other thread that wakes then gets the core immediately, also a thread of another group, such
/// as a process of Postgres. A hash takes tens of milliseconds, and a thread that needs a tenth of
/// a millisecond should not wait for it.
pub(crate) fn set_idle_scheduling() {
    // The slice is set first, because an idle thread keeps the slice that it has. Kernels before
    // 6.12 ignore it.
    let outcome = set_scheduling(libc::SCHED_OTHER, HASH_SLICE).and_then(|()| {
        let idle = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Idle);
        set_thread_priority_and_policy(thread_native_id(), ThreadPriority::Min, idle)
            .map_err(io::Error::other)
    });
    if let Err(error) = outcome {
        tracing::debug!(%error, "hash threads keep the default priority");
    }
}

fn set_scheduling(policy: libc::c_int, slice: Duration) -> io::Result<()> {
    let attributes = libc::sched_attr {
        size: u32::try_from(size_of::<libc::sched_attr>()).map_err(io::Error::other)?,
        sched_policy: policy.cast_unsigned(),
        sched_flags: 0,
        sched_nice: 0,
        sched_priority: 0,
        sched_runtime: u64::try_from(slice.as_nanos()).map_err(io::Error::other)?,
        sched_deadline: 0,
        sched_period: 0,
    };
    #[expect(unsafe_code, reason = "none of our crates has this system call for ordinary threads")]
    // SAFETY: the kernel reads `size` bytes of the attributes, which are valid until it returns. 0
    // is this thread.
    let outcome = unsafe { libc::syscall(libc::SYS_sched_setattr, 0, &raw const attributes, 0) };
    if outcome == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Returns the processor time that this process has used on all cores.
#[must_use]
pub fn processor_time() -> Duration {
    let time = |value: TimeVal| Duration::from_micros(u64::try_from(value.num_microseconds()).unwrap_or(0));
    getrusage(UsageWho::RUSAGE_SELF)
        .map_or(Duration::ZERO, |usage| time(usage.user_time()) + time(usage.system_time()))
}

/// Returns the processor time that a thread of this process has used, or `None` if the kernel does
/// not provide it.
pub(crate) fn thread_time(thread: Pid) -> Option<Duration> {
    // Nanoseconds on a core, nanoseconds waiting for a core, number of time slices: proc(5).
    let text = std::fs::read_to_string(format!("/proc/self/task/{thread}/schedstat")).ok()?;
    text.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}
