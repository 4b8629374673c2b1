//! The threads that hash.
//!
//! They do nothing else, so that a hash can let all others go first: a thread that asked the database as well would lose
//! its core with a lock in its hands. And as long as hashes wait, no core idles between two of them.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ::argon2::Block;
use nix::unistd::{Pid, gettid};
use rayon_core::{ThreadPool, ThreadPoolBuildError, ThreadPoolBuilder};

use super::memory::WorkingMemory;
use crate::system::{set_idle_scheduling, thread_time};

/// Threads that hash, each with a working memory of its own.
pub(super) struct HashThreads {
    pool: ThreadPool,
    /// One for each thread, which alone locks it.
    memories: Vec<Mutex<WorkingMemory>>,
    /// The kernel's numbers of the threads.
    ids: Arc<Mutex<Vec<Pid>>>,
    /// Hashes that run or wait.
    jobs: AtomicUsize,
}

/// A hash that runs or waits.
struct Job<'a>(&'a AtomicUsize);

impl<'a> Job<'a> {
    fn new(jobs: &'a AtomicUsize) -> Self {
        jobs.fetch_add(1, Ordering::Relaxed);
        Self(jobs)
    }
}

impl Drop for Job<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl HashThreads {
    /// `threads` threads with `blocks` KiB each.
    pub(super) fn start(threads: usize, blocks: usize) -> Result<Self, ThreadPoolBuildError> {
        let ids = Arc::new(Mutex::new(Vec::with_capacity(threads)));
        let started = Arc::clone(&ids);
        let pool = ThreadPoolBuilder::new()
            .num_threads(threads)
            .thread_name(|number| format!("hash-{number}"))
            .start_handler(move |_| {
                started.lock().unwrap_or_else(PoisonError::into_inner).push(gettid());
                set_idle_scheduling();
            })
            .build()?;
        let memories = (0..threads).map(|_| Mutex::new(WorkingMemory::new(blocks))).collect();
        Ok(Self { pool, memories, ids, jobs: AtomicUsize::new(0) })
    }

    /// Returns how many hashes run or wait.
    pub(super) fn jobs(&self) -> usize {
        self.jobs.load(Ordering::Relaxed)
    }

    /// Returns the processor time that the threads have taken; none where the kernel does not tell.
    pub(super) fn processor_time(&self) -> Duration {
        self.ids.lock().unwrap_or_else(PoisonError::into_inner).iter().filter_map(|id| thread_time(*id)).sum()
    }

    /// Runs `hash` with `blocks` KiB on one of the threads, when those who came before had their turn. The caller waits.
    pub(super) fn run<T: Send>(&self, blocks: usize, hash: impl FnOnce(&mut [Block]) -> T + Send) -> T {
        let _job = Job::new(&self.jobs);
        self.pool.install(|| {
            let own = self.pool.current_thread_index().unwrap_or_default();
            self.memories[own].lock().unwrap_or_else(PoisonError::into_inner).lend(blocks, hash)
        })
    }
}
