//! The threads that hash.
//!
//! They do nothing else, so that a hash can let all others go first: a thread that asked the database as well would lose
//! its core with a lock in its hands. And as long as hashes wait, no core idles between two of them.

use std::sync::{Mutex, PoisonError};

use ::argon2::Block;
use rayon_core::{ThreadPool, ThreadPoolBuildError, ThreadPoolBuilder};

use super::memory::WorkingMemory;
use crate::system::let_others_go_first;

/// Threads that hash, each with a working memory of its own.
pub(super) struct HashThreads {
    pool: ThreadPool,
    /// One for each thread, which alone locks it.
    memories: Vec<Mutex<WorkingMemory>>,
}

impl HashThreads {
    /// `threads` threads with `blocks` KiB each.
    pub(super) fn start(threads: usize, blocks: usize) -> Result<Self, ThreadPoolBuildError> {
        let pool = ThreadPoolBuilder::new()
            .num_threads(threads)
            .thread_name(|number| format!("hash-{number}"))
            .start_handler(|_| let_others_go_first())
            .build()?;
        let memories = (0..threads).map(|_| Mutex::new(WorkingMemory::new(blocks))).collect();
        Ok(Self { pool, memories })
    }

    /// Runs `hash` with `blocks` KiB on one of the threads, when those who came before had their turn. The caller waits.
    pub(super) fn run<T: Send>(&self, blocks: usize, hash: impl FnOnce(&mut [Block]) -> T + Send) -> T {
        self.pool.install(|| {
            let own = self.pool.current_thread_index().unwrap_or_default();
            self.memories[own].lock().unwrap_or_else(PoisonError::into_inner).lend(blocks, hash)
        })
    }
}
