//! The threads that hash.
//!
//! They only hash, so that they can have the lowest priority: a thread that also used the database
//! could lose its core while it holds a lock. While hashes wait, no core is idle between two of
//! them.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ::argon2::Block;
use nix::unistd::{Pid, gettid};
use rayon_core::{ThreadPool, ThreadPoolBuildError, ThreadPoolBuilder};

use super::memory::WorkingMemory;
use crate::system::{set_idle_scheduling, thread_time};

/// Threads that hash, each with its own working memory.
pub(super) struct HashThreads {
    pool: ThreadPool,
    /// One for each thread. Only this thread locks it.
    memories: Vec<Mutex<WorkingMemory>>,
    /// The kernel's ids of the threads.
    ids: Arc<Mutex<Vec<Pid>>>,
    /// Number of hashes that run or wait.
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
    /// Starts `threads` threads with `blocks` KiB of memory each.
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

    /// Returns the number of hashes that run or wait.
    pub(super) fn jobs(&self) -> usize {
        self.jobs.load(Ordering::Relaxed)
    }

    /// Returns the processor time that the threads have used, or zero if the kernel does not
    /// provide it.
    pub(super) fn processor_time(&self) -> Duration {
        self.ids.lock().unwrap_or_else(PoisonError::into_inner).iter().filter_map(|id| thread_time(*id)).sum()
    }

    /// Runs `hash` with `blocks` KiB on one of the threads, after the hashes that were submitted
    /// before. The caller waits.
    pub(super) fn run<T: Send>(&self, blocks: usize, hash: impl FnOnce(&mut [Block]) -> T + Send) -> T {
        let _job = Job::new(&self.jobs);
        self.pool.install(|| {
            let thread = self.pool.current_thread_index().unwrap_or_default();
            self.memories[thread].lock().unwrap_or_else(PoisonError::into_inner).lend(blocks, hash)
        })
    }
}
