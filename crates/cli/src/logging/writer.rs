//! Writes log lines on a dedicated thread, so that no other thread waits for their reader.

use std::fs::File;
use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context;

use crate::output;

/// Maximum size in bytes of the waiting lines, some 8,000 lines. As many more may be in the middle
/// of being written.
const CAPACITY: usize = 2 * 1024 * 1024;

/// Room in a batch for the line that reports dropped lines.
const REPORT: usize = 512;

/// Minimum time between two batches. Under load, a batch has hundreds of lines.
const PAUSE: Duration = Duration::from_millis(5);

/// Size in bytes of the waiting lines that ends the pause.
const PLENTY: usize = 256 * 1024;

/// Time until a write that failed is tried again.
const RETRY: Duration = Duration::from_secs(1);

/// Maximum time that a flush waits without progress, and in all.
const STALL: Duration = Duration::from_millis(500);
const FLUSH_LIMIT: Duration = Duration::from_secs(5);

/// Maximum size in bytes of one write to a file.
const FILE_WRITE: usize = 64 * 1024;

/// Maximum size in bytes of one write to anything else. A pipe does not split it (`PIPE_BUF`), so
/// lines of other processes at the same pipe do not get in between.
const PIPE_WRITE: usize = 4096;

/// Formats the line that reports how many lines were dropped.
pub(super) type DroppedLine = fn(u64) -> String;

/// Accepts log lines without blocking or failing. Lines that do not fit into the buffer are dropped
/// and counted.
pub(super) struct LogWriter {
    queue: Mutex<Queue>,
    /// Wakes the thread.
    wake: Condvar,
    /// Wakes a waiting flush.
    settled: Condvar,
    /// Number of writes that succeeded.
    writes: AtomicU64,
}

struct Queue {
    /// Whole lines.
    lines: Vec<u8>,
    /// Number of lines dropped since `lines` became full.
    dropped: u64,
    /// Whether the thread has written everything and sleeps.
    is_asleep: bool,
    /// Whether a flush is waiting.
    is_flushing: bool,
    /// Whether the last write failed.
    has_failed: bool,
}

impl LogWriter {
    /// Starts the thread, which writes to `file` until the process ends.
    pub(super) fn start(file: File, dropped_line: DroppedLine) -> anyhow::Result<Arc<Self>> {
        let writer = Arc::new(Self::new());
        let shared = Arc::clone(&writer);
        thread::Builder::new()
            .name("log".to_owned())
            .spawn(move || shared.run(&file, dropped_line))
            .context("the system gives no more threads")?;
        Ok(writer)
    }

    fn new() -> Self {
        let queue =
            Queue { lines: buffer(), dropped: 0, is_asleep: true, is_flushing: false, has_failed: false };
        Self {
            queue: Mutex::new(queue),
            wake: Condvar::new(),
            settled: Condvar::new(),
            writes: AtomicU64::new(0),
        }
    }

    /// Accepts a whole line. Holds the lock only while it copies it.
    pub(super) fn push(&self, line: &[u8]) {
        let mut queue = self.lock();
        let before = queue.lines.len();
        if before + line.len() > CAPACITY {
            queue.dropped += 1;
            return;
        }
        queue.lines.extend_from_slice(line);
        let is_plenty = before < PLENTY && queue.lines.len() >= PLENTY;
        let is_asleep = std::mem::take(&mut queue.is_asleep);
        drop(queue);
        if is_asleep || is_plenty {
            self.wake.notify_one();
        }
    }

    /// Waits until all lines are written, but neither for a write that fails nor for a blocked
    /// reader.
    pub(super) fn flush(&self) {
        let deadline = Instant::now() + FLUSH_LIMIT;
        let mut queue = self.lock();
        (queue.is_flushing, queue.has_failed) = (true, false);
        self.wake.notify_one();
        let mut writes = self.writes.load(Ordering::Relaxed);
        while !queue.is_asleep && !queue.has_failed && Instant::now() < deadline {
            let (woken, limit) =
                self.settled.wait_timeout(queue, STALL).unwrap_or_else(PoisonError::into_inner);
            queue = woken;
            let progress = self.writes.load(Ordering::Relaxed);
            if limit.timed_out() && progress == writes {
                break;
            }
            writes = progress;
        }
        queue.is_flushing = false;
    }

    fn run(&self, file: &File, dropped_line: DroppedLine) {
        let is_file = file.metadata().is_ok_and(|metadata| metadata.is_file());
        let limit = if is_file { FILE_WRITE } else { PIPE_WRITE };
        let mut batch = buffer();
        loop {
            self.take(&mut batch, dropped_line);
            let written = self.write(file, &batch, limit);
            // The rest is kept and retried: it may begin in the middle of a line.
            batch.drain(..written);
            self.pause(batch.is_empty());
        }
    }

    /// Waits for lines, and moves them to the empty `batch`.
    fn take(&self, batch: &mut Vec<u8>, dropped_line: DroppedLine) {
        if !batch.is_empty() {
            return;
        }
        let mut queue = self.lock();
        while queue.lines.is_empty() && queue.dropped == 0 {
            queue.is_asleep = true;
            if queue.is_flushing {
                self.settled.notify_all();
            }
            queue = self.wake.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
        std::mem::swap(batch, &mut queue.lines);
        let dropped = std::mem::take(&mut queue.dropped);
        drop(queue);
        if dropped > 0 {
            batch.extend_from_slice(dropped_line(dropped).as_bytes());
        }
    }

    /// Writes lines until a write fails; returns the number of bytes written.
    fn write(&self, file: &File, batch: &[u8], limit: usize) -> usize {
        let mut written = 0;
        while written < batch.len() {
            let Ok(length) = output::write_some(file, whole_lines(&batch[written..], limit)) else { break };
            written += length;
            self.writes.fetch_add(1, Ordering::Relaxed);
        }
        written
    }

    fn pause(&self, has_succeeded: bool) {
        let mut queue = self.lock();
        queue.has_failed = !has_succeeded;
        if has_succeeded {
            let more_to_come = |queue: &mut Queue| !queue.is_flushing && queue.lines.len() < PLENTY;
            drop(self.wake.wait_timeout_while(queue, PAUSE, more_to_come));
        } else {
            self.settled.notify_all();
            // A flush resets it, to have the write retried immediately.
            drop(self.wake.wait_timeout_while(queue, RETRY, |queue| queue.has_failed));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `tracing-subscriber` writes one line per call.
impl Write for &LogWriter {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.push(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Returns a buffer that never grows, so it is never copied under the lock. Untouched memory costs
/// nothing.
fn buffer() -> Vec<u8> {
    Vec::with_capacity(CAPACITY + REPORT)
}

/// Returns the first lines of `bytes`, at most `limit` bytes in all, or the first line if it is
/// longer.
fn whole_lines(bytes: &[u8], limit: usize) -> &[u8] {
    let is_end = |byte: &u8| *byte == b'\n';
    let within = bytes.get(..limit).map(|first| first.iter().rposition(is_end));
    match within {
        None => bytes,
        Some(end) => {
            let end = end.or_else(|| bytes.iter().position(is_end));
            end.map_or(bytes, |end| &bytes[..=end])
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, PipeReader, Read};
    use std::os::fd::OwnedFd;

    use nix::fcntl::{FcntlArg, OFlag, fcntl};

    use super::*;

    fn dropped_line(dropped: u64) -> String {
        format!("dropped {dropped}\n")
    }

    fn pipe() -> (PipeReader, File) {
        let (reader, writer) = io::pipe().unwrap();
        (reader, File::from(OwnedFd::from(writer)))
    }

    /// Lines of different lengths, up to some 400 bytes.
    fn line(name: &str, number: usize) -> String {
        format!("{name} {number} {}\n", "x".repeat(number * 37 % 400))
    }

    #[test]
    fn whole_lines_fit_or_are_alone() {
        for (bytes, limit, first) in [
            (&b"a\nbc\n"[..], 9, &b"a\nbc\n"[..]),
            (b"a\nbc\n", 5, b"a\nbc\n"),
            (b"a\nbc\n", 4, b"a\n"),
            (b"abcdef\ng\n", 3, b"abcdef\n"),
            (b"abcdef", 3, b"abcdef"),
        ] {
            assert_eq!(whole_lines(bytes, limit), first);
        }
    }

    #[test]
    fn lines_come_in_order_and_a_flush_waits_for_the_last() {
        let (mut reader, writer) = pipe();
        let writer = LogWriter::start(writer, dropped_line).unwrap();
        let written: String = (0..100).map(|number| line("a", number)).collect();
        (0..100).for_each(|number| writer.push(line("a", number).as_bytes()));
        writer.flush();
        let mut read = vec![0; written.len()];
        reader.read_exact(&mut read).unwrap();
        assert_eq!(String::from_utf8(read).unwrap(), written);
    }

    #[test]
    fn two_writers_at_one_pipe_that_never_waits_keep_their_lines_whole() {
        let (reader, pipe) = pipe();
        fcntl(&pipe, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).unwrap();
        let writers = [("a", pipe.try_clone().unwrap()), ("b", pipe)].map(|(name, pipe)| {
            let writer = LogWriter::start(pipe, dropped_line).unwrap();
            thread::spawn(move || (0..2000).for_each(|number| writer.push(line(name, number).as_bytes())))
        });
        for pushing in writers {
            pushing.join().unwrap();
        }
        let mut next = [0, 0];
        for read in BufReader::new(reader).lines().take(4000) {
            let read = read.unwrap() + "\n";
            let of = usize::from(read.starts_with('b'));
            assert_eq!(read, line(["a", "b"][of], next[of]));
            next[of] += 1;
        }
        assert_eq!(next, [2000, 2000]);
    }

    #[test]
    fn lines_that_do_not_fit_are_dropped_and_counted() {
        let (reader, writer) = pipe();
        let writer = LogWriter::start(writer, dropped_line).unwrap();
        let long = "x".repeat(999) + "\n";
        let pushed = 3 * CAPACITY / long.len();
        (0..pushed).for_each(|_| writer.push(long.as_bytes()));
        let mut reader = BufReader::new(reader).lines().map(Result::unwrap);
        let (mut kept, mut dropped) = (0, 0);
        while kept + dropped < pushed {
            match reader.next().unwrap().strip_prefix("dropped ") {
                Some(count) => dropped += count.parse::<usize>().unwrap(),
                None => kept += 1,
            }
        }
        // Two buffers, and what the pipe has room for.
        assert!(dropped > 0 && kept <= (2 * CAPACITY + 64 * 1024) / long.len(), "{kept} {dropped}");
        writer.push(b"next\n");
        assert_eq!(reader.next().unwrap(), "next");
    }

    #[test]
    fn a_flush_waits_neither_for_a_blocked_nor_for_a_closed_pipe() {
        let (reader, writer) = pipe();
        let writer = LogWriter::start(writer, dropped_line).unwrap();
        (0..1000).for_each(|number| writer.push(line("a", number).as_bytes()));
        writer.flush();
        drop(reader);
        writer.flush();
        writer.push(b"never read\n");
        writer.flush();
    }
}
