/// The bytes that begin a connection (RFC 9113 §3.4).
const PREFACE: usize = 24;

/// Maximum number of frames between two requests that carry none of a body's bytes: acknowledged
/// settings, windows, pings.
const MAX_CONTROL_FRAMES: usize = 1000;

/// Bytes sent to a client for which it may send one more, because it enlarges windows as it reads.
const BYTES_PER_CONTROL_FRAME: usize = 1024;

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const CONTINUATION: u8 = 9;
const END_HEADERS: u8 = 4;

/// Finds the ends of frames (RFC 9113 §4.1). The frames of one header block count as one. `h2` checks
/// their contents.
#[derive(Debug)]
pub(super) struct FrameScanner {
    /// Bytes of the preface or of the current frame's payload that have not arrived.
    left: usize,
    header: [u8; 9],
    /// Bytes of the current frame's header that have arrived.
    arrived: usize,
    /// Whether frames that continue a header block are due.
    is_block_open: bool,
    control_frames: usize,
    /// Bytes sent that allow no further frame yet.
    sent: usize,
}

/// Error: a client sends frames without a purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ControlFlood;

impl FrameScanner {
    pub(super) const fn new() -> Self {
        Self { left: PREFACE, header: [0; 9], arrived: 0, is_block_open: false, control_frames: 0, sent: 0 }
    }

    /// Returns whether the next byte begins a frame.
    pub(super) const fn is_between_frames(&self) -> bool {
        self.left == 0 && self.arrived == 0 && !self.is_block_open
    }

    /// Counts `bytes` as arrived. Returns whether a frame ends in them.
    ///
    /// # Errors
    ///
    /// Fails if there are too many frames without a purpose.
    pub(super) fn scan(&mut self, mut bytes: &[u8]) -> Result<bool, ControlFlood> {
        let mut has_ended = false;
        while !bytes.is_empty() {
            if self.left > 0 {
                let payload = self.left.min(bytes.len());
                self.left -= payload;
                bytes = &bytes[payload..];
            } else {
                let part = (self.header.len() - self.arrived).min(bytes.len());
                self.header[self.arrived..][..part].copy_from_slice(&bytes[..part]);
                self.arrived += part;
                bytes = &bytes[part..];
                if self.arrived == self.header.len() {
                    self.begin_frame()?;
                }
            }
            has_ended |= self.is_between_frames();
        }
        Ok(has_ended)
    }

    /// Notes that `bytes` were sent to the client.
    pub(super) fn sent(&mut self, bytes: usize) {
        self.sent += bytes;
        self.control_frames = self.control_frames.saturating_sub(self.sent / BYTES_PER_CONTROL_FRAME);
        self.sent %= BYTES_PER_CONTROL_FRAME;
    }

    fn begin_frame(&mut self) -> Result<(), ControlFlood> {
        let [high, middle, low, kind, flags, ..] = self.header;
        self.left = u32::from_be_bytes([0, high, middle, low]) as usize;
        self.arrived = 0;
        if kind == HEADERS || kind == CONTINUATION {
            self.is_block_open = flags & END_HEADERS == 0;
        }
        if kind == HEADERS {
            self.control_frames = 0;
        } else if kind != DATA || self.left == 0 {
            self.control_frames += 1;
        }
        if self.control_frames > MAX_CONTROL_FRAMES { Err(ControlFlood) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: u8, flags: u8, payload: &[u8]) -> Vec<u8> {
        let length = u8::try_from(payload.len()).unwrap();
        [&[0, 0, length, kind, flags, 0, 0, 0, 1], payload].concat()
    }

    #[test]
    fn a_frame_and_a_header_block_may_arrive_in_any_pieces() {
        let bytes = [
            vec![0; PREFACE],
            frame(HEADERS, 0, b"abc"),
            frame(CONTINUATION, 0, b""),
            frame(CONTINUATION, END_HEADERS, b"de"),
            frame(DATA, 0, b"body"),
            frame(DATA, 1, b""),
        ]
        .concat();
        let ends = [PREFACE, PREFACE + 9 + 3 + 9 + 9 + 2, bytes.len() - 9, bytes.len()];
        let mut scanner = FrameScanner::new();
        for (index, byte) in bytes.iter().enumerate() {
            assert_eq!(scanner.scan(&[*byte]), Ok(ends.contains(&(index + 1))), "{index}");
        }
        for cut in 0..bytes.len() {
            let mut scanner = FrameScanner::new();
            scanner.scan(&bytes[..cut]).unwrap();
            assert_eq!(scanner.is_between_frames(), ends.contains(&cut), "{cut}");
            assert_eq!(scanner.scan(&bytes[cut..]), Ok(true));
            assert!(scanner.is_between_frames());
        }
    }

    #[test]
    fn frames_without_a_purpose_are_limited_between_two_requests() {
        const PING: u8 = 6;
        const WINDOW_UPDATE: u8 = 8;
        let mut scanner = FrameScanner::new();
        scanner.scan(&[0; PREFACE]).unwrap();
        for _ in 0..3 {
            let pings = frame(PING, 0, &[0; 8]).repeat(MAX_CONTROL_FRAMES);
            assert_eq!(scanner.scan(&[pings, frame(HEADERS, END_HEADERS, b"a")].concat()), Ok(true));
        }
        for _ in 0..10 {
            let windows = frame(WINDOW_UPDATE, 0, &[0, 0, 4, 0]).repeat(MAX_CONTROL_FRAMES);
            assert_eq!(scanner.scan(&windows), Ok(true));
            scanner.sent(MAX_CONTROL_FRAMES * BYTES_PER_CONTROL_FRAME);
        }
        let empty = frame(DATA, 0, b"").repeat(MAX_CONTROL_FRAMES + 1);
        assert_eq!(scanner.scan(&empty), Err(ControlFlood));
    }
}
