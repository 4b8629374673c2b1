//! Admits blocking work up to a limit of running and of waiting jobs.
//!
//! Each bulkhead has separate threads, so a flood of one kind of work does not affect another. Work
//! that does not fit is refused immediately, while the caller can still go elsewhere. Each account
//! has a share of the threads and of the queue, so slow work of one account (because its rows are
//! locked) does not affect other accounts.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use sihha_domain::ids::{ProfileId, StaffId};
use tokio::sync::oneshot;

use crate::fair_queue::FairQueue;
use crate::middleware::request_span;

type Job = Box<dyn FnOnce() + Send>;

/// Maximum time that a request waits for a thread that queries the database. Equal to the pool's
/// acquire timeout.
pub(crate) const MAX_WAIT: Duration = Duration::from_secs(2);

/// The account that work is for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum AccountKey {
    /// By its id, which a token names.
    Id(ProfileId),
    /// A member of staff.
    Staff(StaffId),
    /// By its e-mail in canonical form, before the account is looked up.
    Email(String),
}

/// Threads that take work from a bounded queue. They end when the value is dropped.
pub struct Bulkhead {
    queue: Arc<FairQueue<AccountKey, Job>>,
    max_wait: Duration,
}

/// Why work was not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// The queue, or the account's share of it, is full; or no thread was free in time.
    Full,
    /// The work panicked. The thread continues.
    Panicked,
}

impl Bulkhead {
    /// Starts `threads` threads. At most `queue` further jobs wait, each for at most `max_wait`.
    ///
    /// # Errors
    ///
    /// Fails if the system cannot start a thread.
    pub fn new(name: &str, threads: usize, queue: usize, max_wait: Duration) -> std::io::Result<Self> {
        // On an error, dropping it ends the threads that were started.
        let bulkhead = Self { queue: Arc::new(FairQueue::new(threads, queue)), max_wait };
        for number in 0..threads {
            let queue = Arc::clone(&bulkhead.queue);
            thread::Builder::new().name(format!("{name}-{number}")).spawn(move || work(&queue))?;
        }
        Ok(bulkhead)
    }

    /// Runs `work` for `account` on one of the threads. Skips it if the caller has disconnected
    /// before its turn. Long work may ask whether the caller has disconnected since.
    pub async fn run<T: Send + 'static>(
        &self,
        account: AccountKey,
        work: impl FnOnce(&dyn Fn() -> bool) -> T + Send + 'static,
    ) -> Result<T, Refused> {
        let (answer, answered) = oneshot::channel();
        let (span, queued_at, max_wait) = (request_span(), Instant::now(), self.max_wait);
        let job = Box::new(move || {
            if answer.is_closed() {
                return;
            }
            let outcome = if queued_at.elapsed() > max_wait {
                Err(Refused::Full)
            } else {
                Ok(span.in_scope(|| work(&|| answer.is_closed())))
            };
            let _ = answer.send(outcome);
        });
        if self.queue.push(&account, job) {
            answered.await.unwrap_or(Err(Refused::Panicked))
        } else {
            Err(Refused::Full)
        }
    }
}

impl Drop for Bulkhead {
    fn drop(&mut self) {
        self.queue.close();
    }
}

fn work(queue: &FairQueue<AccountKey, Job>) {
    while let Some((account, job)) = queue.take() {
        // The panic hook has logged it, and the caller sees a closed channel.
        let _ = catch_unwind(AssertUnwindSafe(job));
        queue.done(&account);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use futures_util::poll;

    use super::*;

    fn block_on<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
    }

    fn bulkhead(threads: usize, queue: usize) -> Bulkhead {
        Bulkhead::new("test", threads, queue, Duration::from_mins(1)).unwrap()
    }

    fn account(name: &str) -> AccountKey {
        AccountKey::Email(name.to_owned())
    }

    #[test]
    fn work_is_done_and_answered() {
        let bulkhead = bulkhead(1, 1);
        assert_eq!(block_on(bulkhead.run(account("a"), |_| 6 * 7)), Ok(42));
    }

    #[test]
    fn a_panic_is_refused_and_the_thread_lives_on() {
        let bulkhead = bulkhead(1, 1);
        let panicked: Result<(), Refused> = block_on(bulkhead.run(account("a"), |_| panic!("on purpose")));
        assert_eq!(panicked, Err(Refused::Panicked));
        assert_eq!(block_on(bulkhead.run(account("a"), |_| 42)), Ok(42));
    }

    /// Controls long work: the work signals its start, and ends when it is released.
    struct Long {
        has_started: mpsc::Receiver<()>,
        release: mpsc::Sender<()>,
    }

    /// Returns long work, whose result is whether its caller had disconnected by its end.
    fn long() -> (Long, impl FnOnce(&dyn Fn() -> bool) -> bool + Send + 'static) {
        let (start, has_started) = mpsc::channel();
        let (release, released) = mpsc::channel();
        let work = move |has_gone: &dyn Fn() -> bool| {
            start.send(()).unwrap();
            released.recv().unwrap();
            has_gone()
        };
        (Long { has_started, release }, work)
    }

    #[test]
    fn work_beyond_the_queue_is_refused_at_once() {
        let bulkhead = bulkhead(1, 1);
        let (long, work) = long();
        block_on(async {
            let mut busy = std::pin::pin!(bulkhead.run(account("a"), work));
            assert!(poll!(&mut busy).is_pending());
            long.has_started.recv().unwrap();
            let mut queued = std::pin::pin!(bulkhead.run(account("b"), |_| ()));
            assert!(poll!(&mut queued).is_pending());
            assert_eq!(bulkhead.run(account("c"), |_| ()).await, Err(Refused::Full));
            long.release.send(()).unwrap();
            assert_eq!((busy.await, queued.await), (Ok(false), Ok(())));
        });
    }

    #[test]
    fn an_account_whose_work_takes_long_leaves_threads_to_the_others() {
        let bulkhead = bulkhead(2, 10);
        let (long, work) = long();
        block_on(async {
            let mut busy = std::pin::pin!(bulkhead.run(account("locked"), work));
            assert!(poll!(&mut busy).is_pending());
            long.has_started.recv().unwrap();
            let mut more = std::pin::pin!(bulkhead.run(account("locked"), |_| "more"));
            assert!(poll!(&mut more).is_pending());
            for number in 0..20 {
                assert_eq!(bulkhead.run(account("another"), move |_| number).await, Ok(number));
            }
            assert!(poll!(&mut more).is_pending());
            long.release.send(()).unwrap();
            assert_eq!((busy.await, more.await), (Ok(false), Ok("more")));
        });
    }

    #[test]
    fn work_learns_that_its_caller_has_gone() {
        let bulkhead = bulkhead(1, 1);
        let (long, work) = long();
        let (sender, outcomes) = mpsc::channel();
        block_on(async {
            let work = move |has_gone: &dyn Fn() -> bool| sender.send(work(has_gone)).unwrap();
            let mut busy = Box::pin(bulkhead.run(account("a"), work));
            assert!(poll!(&mut busy).is_pending());
            long.has_started.recv().unwrap();
        });
        long.release.send(()).unwrap();
        assert_eq!(outcomes.recv(), Ok(true));
    }

    #[test]
    fn work_that_waited_too_long_is_refused() {
        let bulkhead = Bulkhead::new("test", 1, 1, Duration::ZERO).unwrap();
        assert_eq!(block_on(bulkhead.run(account("a"), |_| ())), Err(Refused::Full));
    }
}
