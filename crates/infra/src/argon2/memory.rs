//! The memory that a hash works in: kept and used again, in huge pages where the system gives them.
//!
//! Getting 19 MiB from the kernel, page by page, for each hash costs an eighth of the hash; in pages of
//! 4 KiB the hash itself misses the address cache. Both are avoided by keeping one for each hash that may run at a time.

use std::ffi::c_void;
use std::ptr::NonNull;

use ::argon2::Block;
use nix::sys::mman::{MmapAdvise, madvise};

/// Size of a huge page on `x86_64` and on `aarch64` with 4 KiB pages.
const HUGE_PAGE: usize = 2 << 20;

/// What one hash at a time works in. It takes up no memory before its first use.
pub(super) struct WorkingMemory {
    kept: Vec<Block>,
    /// How many blocks of 1 KiB are kept.
    size: usize,
}

impl WorkingMemory {
    pub(super) fn new(size: usize) -> Self {
        Self { kept: Vec::new(), size }
    }

    /// Runs `hash` with `blocks` of it. What a hash with older, costlier parameters needs beyond its size is not kept.
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
    let mut piece = Vec::with_capacity(blocks);
    advise_huge_pages(&mut piece);
    piece.resize(blocks, Block::new());
    piece
}

/// Asks for huge pages, before the first touch decides. Where there are none, small ones do.
fn advise_huge_pages(piece: &mut Vec<Block>) {
    let room = piece.spare_capacity_mut();
    let bytes = size_of_val(room);
    let start = room.as_mut_ptr().cast::<c_void>();
    let skip = start.align_offset(HUGE_PAGE);
    let length = bytes.saturating_sub(skip) / HUGE_PAGE * HUGE_PAGE;
    if length == 0 {
        return;
    }
    let Some(aligned) = NonNull::new(start.wrapping_byte_add(skip)) else { return };
    #[expect(unsafe_code, reason = "madvise takes a raw address; there is no safe form")]
    // SAFETY: the range lies within `piece`'s own allocation, and MADV_HUGEPAGE changes no contents.
    let advised = unsafe { madvise(aligned, length, MmapAdvise::MADV_HUGEPAGE) };
    if let Err(error) = advised {
        tracing::debug!(%error, "no huge pages for password hashing");
    }
}
