//! Pauses of the machine itself.
//!
//! The host of a shared machine sometimes does not run its cores for some milliseconds. Responses
//! during a pause are late, and no service can prevent that. A high percentile is therefore
//! reported together with the longest pause.

use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::anyhow;
use thread_priority::{
    RealtimeThreadSchedulePolicy, ThreadPriority, ThreadSchedulePolicy, set_thread_priority_and_policy,
    thread_native_id,
};

use crate::load::cores;

/// The time for which a watcher sleeps. The time by which it wakes late is a pause.
const NAP: Duration = Duration::from_micros(500);

/// Returns the longest pause while `work` ran, in milliseconds: the time by which sleeping threads
/// with the highest priority (`SCHED_FIFO`, sched(7)) woke late. `None` if this process may not
/// have such threads. Root may.
pub(crate) fn longest_pause_while<T>(
    work: impl FnOnce() -> anyhow::Result<T>,
) -> anyhow::Result<(T, Option<f64>)> {
    thread::scope(|scope| {
        let watchers: Vec<_> = (0..cores())
            .map(|_| {
                let (done, ended) = channel();
                (done, scope.spawn(move || go_first().then(|| longest_oversleeping(&ended))))
            })
            .collect();
        let worked = work();
        let mut longest = None;
        for (done, watcher) in watchers {
            drop(done);
            longest = longest.max(watcher.join().map_err(|_| anyhow!("a watcher of pauses panicked"))?);
        }
        Ok((worked?, longest.map(|longest| longest.as_secs_f64() * 1e3)))
    })
}

fn longest_oversleeping(ended: &Receiver<()>) -> Duration {
    let mut longest = Duration::ZERO;
    let mut slept = Instant::now();
    while ended.recv_timeout(NAP) == Err(RecvTimeoutError::Timeout) {
        longest = longest.max(slept.elapsed().saturating_sub(NAP));
        slept = Instant::now();
    }
    longest
}

/// Gives this thread a higher priority than all except the kernel's. Returns whether that was
/// allowed.
fn go_first() -> bool {
    let policy = ThreadSchedulePolicy::Realtime(RealtimeThreadSchedulePolicy::Fifo);
    set_thread_priority_and_policy(thread_native_id(), ThreadPriority::Min, policy).is_ok()
}
