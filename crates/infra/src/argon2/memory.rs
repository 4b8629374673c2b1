//! The memory that hashes work in: kept and used again, in huge pages where the system gives them.
//!
//! Getting 19 MiB from the kernel, page by page, for each hash costs an eighth of the hash; in pages of
//! 4 KiB the hash itself misses the address cache. Both are avoided by keeping one piece for each hash that
//! may run at a time.

use std::ffi::c_void;
use std::ptr::NonNull;
use std::sync::{Condvar, Mutex, PoisonError};

use ::argon2::Block;
use nix::sys::mman::{MmapAdvise, madvise};

/// Size of a huge page on `x86_64` and on `aarch64` with 4 KiB pages.
const HUGE_PAGE: usize = 2 << 20;

/// Pieces of memory, lent to one hash at a time.
pub(super) struct WorkingMemory {
    idle: Mutex<Vec<Vec<Block>>>,
    returned: Condvar,
    /// Blocks of 1 KiB in a piece.
    blocks: usize,
}

impl WorkingMemory {
    /// `pieces` pieces of `blocks` KiB each. They take up no memory before their first use.
    pub(super) fn new(pieces: usize, blocks: usize) -> Self {
        Self { idle: Mutex::new(vec![Vec::new(); pieces]), returned: Condvar::new(), blocks }
    }

    /// Lends a piece with room for `blocks`; waits until one is idle.
    pub(super) fn borrow(&self, blocks: usize) -> Borrowed<'_> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let mut piece = loop {
            if let Some(piece) = idle.pop() {
                break piece;
            }
            idle = self.returned.wait(idle).unwrap_or_else(PoisonError::into_inner);
        };
        drop(idle);
        if piece.len() < blocks {
            piece = allocate(blocks.max(self.blocks));
        }
        Borrowed { memory: self, piece, blocks }
    }
}

/// A piece on loan. Dropping it gives it back.
pub(super) struct Borrowed<'a> {
    memory: &'a WorkingMemory,
    piece: Vec<Block>,
    blocks: usize,
}

impl AsMut<[Block]> for Borrowed<'_> {
    fn as_mut(&mut self) -> &mut [Block] {
        self.piece.get_mut(..self.blocks).unwrap_or_default()
    }
}

impl Drop for Borrowed<'_> {
    fn drop(&mut self) {
        let mut piece = std::mem::take(&mut self.piece);
        // A hash with older, costlier parameters needed more: that is not kept.
        if piece.len() > self.memory.blocks {
            piece = Vec::new();
        }
        self.memory.idle.lock().unwrap_or_else(PoisonError::into_inner).push(piece);
        self.memory.returned.notify_one();
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
