//! The working memory of hashes, which is kept and reused, in huge pages if the system has them.
//!
//! Allocating 19 MiB from the kernel for each hash costs an eighth of the hash. With pages of 4
//! KiB, the hash misses the address cache (TLB). One reused block of memory for each hash thread
//! avoids both.

use std::ffi::c_void;
use std::ptr::NonNull;

use ::argon2::Block;
use nix::sys::mman::{MmapAdvise, madvise};

/// Size of a huge page on `x86_64` and on `aarch64` with 4 KiB pages.
const HUGE_PAGE: usize = 2 << 20;

/// The working memory of one hash thread. It is allocated at its first use.
pub(super) struct WorkingMemory {
    kept: Vec<Block>,
    /// Number of blocks of 1 KiB to keep.
    size: usize,
}

impl WorkingMemory {
    pub(super) fn new(size: usize) -> Self {
        Self { kept: Vec::new(), size }
    }

    /// Runs `hash` with `blocks` blocks. A hash with older, more expensive parameters gets memory
    /// that is not kept.
    pub(super) fn lend<T>(&mut self, blocks: usize, hash: impl FnOnce(&mut [Block]) -> T) -> T {
        if blocks > self.size {
            return hash(&mut allocate(blocks));
        }
        if self.kept.is_empty() {
            self.kept = allocate(self.size);
        }
        hash(self.kept.get_mut(..blocks).unwrap_or_default())
    }
}

fn allocate(blocks: usize) -> Vec<Block> {
    let mut memory = Vec::with_capacity(blocks);
    advise_huge_pages(&mut memory);
    memory.resize(blocks, Block::new());
    memory
}

/// Requests huge pages. This must happen before the first use of the memory. Without huge pages,
/// small ones are used.
fn advise_huge_pages(memory: &mut Vec<Block>) {
    let spare = memory.spare_capacity_mut();
    let bytes = size_of_val(spare);
    let start = spare.as_mut_ptr().cast::<c_void>();
    let skip = start.align_offset(HUGE_PAGE);
    let length = bytes.saturating_sub(skip) / HUGE_PAGE * HUGE_PAGE;
    if length == 0 {
        return;
    }
    let Some(aligned) = NonNull::new(start.wrapping_byte_add(skip)) else { return };
    #[expect(unsafe_code, reason = "madvise takes a raw address, and has no safe variant")]
    // SAFETY: the range lies within the allocation of `memory`, and MADV_HUGEPAGE changes no
    // contents.
    let advised = unsafe { madvise(aligned, length, MmapAdvise::MADV_HUGEPAGE) };
    if let Err(error) = advised {
        tracing::debug!(%error, "no huge pages for password hashing");
    }
}
