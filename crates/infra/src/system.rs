//! Time, chance and precedence from the operating system.

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

/// Longest time for which the kernel lets a thread that hashes go on while others of another group wait: sched(7), under
/// "autogroup", and cgroups(7). The kernel compares it with that of a thread that wakes, and prefers the shorter one. Its
/// default is some 3 ms for all; the more it is, the longer others wait when hashing itself has waited long.
const HASH_SLICE: Duration = Duration::from_millis(50);

/// Sets this thread's scheduling policy to `SCHED_IDLE` (sched(7)), permanently, and its time slice to [`HASH_SLICE`]: any
/// thread that wakes takes its core immediately, also one of another group, such as a process of Postgres. A hash keeps a core
/// for tens of milliseconds, and who needs a tenth of one meanwhile should not wait for it.
pub(crate) fn set_idle_scheduling() {
    // The slice first: an idle thread keeps the one that it has. Kernels before 6.12 ignore it.
    let outcome = set_scheduling(libc::SCHED_OTHER, HASH_SLICE).and_then(|()| {
        let idle = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Idle);
        set_thread_priority_and_policy(thread_native_id(), ThreadPriority::Min, idle)
            .map_err(io::Error::other)
    });
    if let Err(error) = outcome {
        tracing::debug!(%error, "hashing keeps the priority of other threads");
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
    #[expect(unsafe_code, reason = "no crate of ours has this call of the kernel for ordinary threads")]
    // SAFETY: the kernel reads `size` bytes of the attributes, which live until it returns. 0 is this thread.
    let outcome = unsafe { libc::syscall(libc::SYS_sched_setattr, 0, &raw const attributes, 0) };
    if outcome == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Returns the processor time that this process has taken, on all cores.
#[must_use]
pub fn processor_time() -> Duration {
    let time = |value: TimeVal| Duration::from_micros(u64::try_from(value.num_microseconds()).unwrap_or(0));
    getrusage(UsageWho::RUSAGE_SELF)
        .map_or(Duration::ZERO, |usage| time(usage.user_time()) + time(usage.system_time()))
}

/// Returns the processor time that a thread of this process has taken; `None` where the kernel does not tell.
pub(crate) fn thread_time(thread: Pid) -> Option<Duration> {
    // "Nanoseconds on a core, nanoseconds waiting for one, times that it got one": proc(5).
    let text = std::fs::read_to_string(format!("/proc/self/task/{thread}/schedstat")).ok()?;
    text.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}
