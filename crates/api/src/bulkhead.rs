//! Admits work that blocks: so much at a time, so much waiting, and no more.
//!
//! Each bulkhead has threads of its own, so a flood at one leaves the other dry. What does not fit is
//! refused at once, while the caller can still go elsewhere, instead of being answered too late.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use tokio::sync::oneshot;

use crate::middleware::request_span;

type Job = Box<dyn FnOnce() + Send>;

/// Threads that take work from a bounded queue. They end when this is dropped.
pub struct Bulkhead {
    jobs: Sender<Job>,
}

/// Why work was not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// Every thread is busy, and the queue is full.
    Full,
    /// It panicked. The thread lives on.
    Panicked,
}

impl Bulkhead {
    /// `threads` threads, with room for `queue` more pieces of work to wait.
    ///
    /// # Errors
    ///
    /// If the system gives no thread.
    pub fn new(name: &str, threads: usize, queue: usize) -> std::io::Result<Self> {
        let (jobs, waiting) = bounded::<Job>(queue);
        for number in 0..threads {
            let waiting = waiting.clone();
            thread::Builder::new().name(format!("{name}-{number}")).spawn(move || work(&waiting))?;
        }
        Ok(Self { jobs })
    }

    /// Runs `work` on one of the threads. Work whose caller has gone by the time its turn comes is skipped.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Refused> {
        let (answer, answered) = oneshot::channel();
        let span = request_span();
        let job = Box::new(move || {
            if !answer.is_closed() {
                let _ = answer.send(span.in_scope(work));
            }
        });
        match self.jobs.try_send(job) {
            Ok(()) => answered.await.map_err(|_| Refused::Panicked),
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => Err(Refused::Full),
        }
    }
}

fn work(waiting: &Receiver<Job>) {
    for job in waiting {
        // The panic hook has told the log; the answer's other end sees the channel closed.
        let _ = catch_unwind(AssertUnwindSafe(job));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    fn block_on<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
    }

    #[test]
    fn work_is_done_and_answered() {
        let bulkhead = Bulkhead::new("test", 1, 1).unwrap();
        assert_eq!(block_on(bulkhead.run(|| 6 * 7)), Ok(42));
    }

    #[test]
    fn a_panic_is_refused_and_the_thread_lives_on() {
        let bulkhead = Bulkhead::new("test", 1, 1).unwrap();
        let panicked: Result<(), Refused> = block_on(bulkhead.run(|| panic!("on purpose")));
        assert_eq!(panicked, Err(Refused::Panicked));
        assert_eq!(block_on(bulkhead.run(|| 42)), Ok(42));
    }

    #[test]
    fn work_beyond_the_queue_is_refused_at_once() {
        let bulkhead = Bulkhead::new("test", 1, 1).unwrap();
        let (started, has_started) = mpsc::channel();
        let (release, released) = mpsc::channel::<()>();
        block_on(async {
            let mut busy = std::pin::pin!(bulkhead.run(move || {
                started.send(()).unwrap();
                released.recv().unwrap();
            }));
            assert!(futures_util::poll!(&mut busy).is_pending());
            has_started.recv().unwrap();
            let mut queued = std::pin::pin!(bulkhead.run(|| ()));
            assert!(futures_util::poll!(&mut queued).is_pending());
            assert_eq!(bulkhead.run(|| ()).await, Err(Refused::Full));
            release.send(()).unwrap();
            assert_eq!((busy.await, queued.await), (Ok(()), Ok(())));
        });
    }
}
