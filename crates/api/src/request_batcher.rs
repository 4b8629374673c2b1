//! Batches requests of one kind.
//!
//! Requests are not delayed to form a batch: an idle thread takes a single request immediately.
//! Requests that arrive while all threads are busy are batched by the next free thread. So the cost
//! per request falls as load rises.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded};
use tokio::sync::oneshot;

use crate::bulkhead::Refused;

/// Threads, queue and batches of a [`RequestBatcher`].
#[derive(Clone, Copy)]
pub(crate) struct Batching {
    /// Number of threads.
    pub(crate) threads: usize,
    /// Maximum number of requests that wait.
    pub(crate) queue: usize,
    /// Maximum time for which a request waits.
    pub(crate) max_wait: Duration,
    /// Maximum number of requests in a batch.
    pub(crate) batch_size: usize,
}

/// A request that waits for its response.
struct Pending<Q, A> {
    question: Q,
    answer: oneshot::Sender<Result<A, Refused>>,
    since: Instant,
}

/// Threads that take batches of requests from a bounded queue. They end when the value is dropped.
pub(crate) struct RequestBatcher<Q, A> {
    queue: Sender<Pending<Q, A>>,
}

impl<Q: Send + 'static, A: Send + 'static> RequestBatcher<Q, A> {
    /// Starts the threads, which run `work`. It returns the responses in the order of the requests.
    ///
    /// # Errors
    ///
    /// Fails if the system cannot start a thread.
    pub(crate) fn new(
        name: &str,
        batching: Batching,
        work: impl Fn(Vec<Q>) -> Vec<A> + Send + Sync + 'static,
    ) -> std::io::Result<Self> {
        let (queue, waiting) = bounded(batching.queue);
        let work = Arc::new(work);
        for number in 0..batching.threads {
            let (waiting, work) = (waiting.clone(), Arc::clone(&work));
            thread::Builder::new()
                .name(format!("{name}-{number}"))
                .spawn(move || answer(&waiting, batching, &*work))?;
        }
        Ok(Self { queue })
    }

    /// Submits `question` and waits for its response.
    pub(crate) async fn submit(&self, question: Q) -> Result<A, Refused> {
        let (answer, answered) = oneshot::channel();
        let waiting = Pending { question, answer, since: Instant::now() };
        self.queue.try_send(waiting).map_err(|_| Refused::Full)?;
        answered.await.unwrap_or(Err(Refused::Panicked))
    }
}

fn answer<Q, A>(waiting: &Receiver<Pending<Q, A>>, batching: Batching, work: &impl Fn(Vec<Q>) -> Vec<A>) {
    for first in waiting {
        let together = std::iter::once(first).chain(waiting.try_iter().take(batching.batch_size - 1));
        // Skip requests whose caller has disconnected.
        let here = together.filter(|waiting| !waiting.answer.is_closed());
        let (in_time, late): (Vec<_>, Vec<_>) =
            here.partition(|one| one.since.elapsed() <= batching.max_wait);
        for one in late {
            let _ = one.answer.send(Err(Refused::Full));
        }
        if in_time.is_empty() {
            continue;
        }
        let (questions, answers): (Vec<_>, Vec<_>) =
            in_time.into_iter().map(|one| (one.question, one.answer)).unzip();
        // The panic hook has logged it, and the callers see closed channels.
        let Ok(found) = catch_unwind(AssertUnwindSafe(|| work(questions))) else { continue };
        for (answer, found) in answers.into_iter().zip(found) {
            let _ = answer.send(Ok(found));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Mutex, mpsc};

    use futures_util::future::join_all;

    use super::*;

    fn one_thread(queue: usize) -> Batching {
        Batching { threads: 1, queue, max_wait: Duration::from_mins(1), batch_size: 64 }
    }

    fn block_on<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
    }

    /// Starts one thread that doubles numbers when it is released, and reports the size of each
    /// batch.
    fn doubler(queue: usize) -> (RequestBatcher<u32, u32>, mpsc::Receiver<usize>, mpsc::Sender<()>) {
        let (took, taken) = mpsc::channel();
        let (release, released) = mpsc::channel();
        let (took, released) = (Mutex::new(took), Mutex::new(released));
        let batch = RequestBatcher::new("test", one_thread(queue), move |numbers: Vec<u32>| {
            took.lock().unwrap().send(numbers.len()).unwrap();
            released.lock().unwrap().recv().unwrap();
            numbers.into_iter().map(|number| number * 2).collect()
        });
        (batch.unwrap(), taken, release)
    }

    #[test]
    fn what_waits_is_answered_together_each_in_its_place() {
        let (batch, taken, release) = doubler(100);
        block_on(async {
            let mut first = std::pin::pin!(batch.submit(0));
            assert!(futures_util::poll!(&mut first).is_pending());
            assert_eq!(taken.recv(), Ok(1), "it does not wait for others");
            let mut others = std::pin::pin!(join_all((1..100).map(|number| batch.submit(number))));
            assert!(futures_util::poll!(&mut others).is_pending());
            for _ in 0..3 {
                release.send(()).unwrap();
            }
            assert_eq!(first.await, Ok(0));
            assert_eq!(others.await, (1..100).map(|number| Ok(number * 2)).collect::<Vec<_>>());
        });
        assert_eq!(taken.iter().take(2).collect::<Vec<_>>(), [64, 35]);
    }

    #[test]
    fn what_does_not_fit_is_refused_at_once() {
        let (batch, taken, release) = doubler(1);
        block_on(async {
            let mut busy = std::pin::pin!(batch.submit(1));
            assert!(futures_util::poll!(&mut busy).is_pending());
            taken.recv().unwrap();
            let mut queued = std::pin::pin!(batch.submit(2));
            assert!(futures_util::poll!(&mut queued).is_pending());
            assert_eq!(batch.submit(3).await, Err(Refused::Full));
            release.send(()).unwrap();
            release.send(()).unwrap();
            assert_eq!((busy.await, queued.await), (Ok(2), Ok(4)));
        });
    }

    #[test]
    fn a_panic_is_refused_and_the_thread_lives_on() {
        let picky = |numbers: Vec<u32>| {
            assert!(!numbers.contains(&13), "on purpose");
            numbers
        };
        let batch = RequestBatcher::new("test", one_thread(1), picky).unwrap();
        assert_eq!(block_on(batch.submit(13)), Err(Refused::Panicked));
        assert_eq!(block_on(batch.submit(12)), Ok(12));
    }

    #[test]
    fn what_waited_too_long_is_refused() {
        let impatient = Batching { max_wait: Duration::ZERO, ..one_thread(1) };
        let batch = RequestBatcher::new("test", impatient, |numbers: Vec<u32>| numbers).unwrap();
        assert_eq!(block_on(batch.submit(1)), Err(Refused::Full));
    }
}
