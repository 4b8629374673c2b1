//! Finds the ends of a request's head and body.

use actix_http::header::HeaderValue;

/// Finds the end of a chunked body (RFC 9112 §7.1) where actix-http's parser finds it. Syntax that
/// the parser refuses need not be handled, because the connection then ends.
#[derive(Debug, Default)]
pub(super) struct ChunkScanner {
    part: ChunkPart,
    /// Bytes of the current chunk that have not arrived.
    left: u64,
}

/// Part of a chunked body that the next byte belongs to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum ChunkPart {
    #[default]
    Size,
    /// Extension between a chunk's size and the end of the line.
    Extension,
    Data,
    /// The line feed after a chunk's data.
    DataEnd,
    /// The first byte of a line after the last chunk.
    LineStart,
    Trailer,
    TrailerEnd,
    /// The line feed of the last, empty line.
    End,
}

impl ChunkScanner {
    /// Returns how many of the next `bytes` belong to the body if the body ends in them.
    pub(super) fn find_end(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            if self.part == ChunkPart::Data && self.left > 0 {
                let skipped = usize::try_from(self.left).unwrap_or(usize::MAX).min(bytes.len() - at);
                self.left -= skipped as u64;
                at += skipped;
                continue;
            }
            at += 1;
            if self.part == ChunkPart::End {
                return Some(at);
            }
            self.step(byte);
        }
        None
    }

    fn step(&mut self, byte: u8) {
        use ChunkPart::{Data, DataEnd, End, Extension, LineStart, Size, Trailer, TrailerEnd};
        self.part = match (self.part, byte) {
            (Size | Extension, b'\n') if self.left > 0 => Data,
            (Size | Extension, b'\n') | (TrailerEnd, _) => LineStart,
            (Size, _) => match char::from(byte).to_digit(16) {
                Some(digit) => {
                    self.left = self.left.saturating_mul(16).saturating_add(u64::from(digit));
                    Size
                }
                None => Extension,
            },
            (Extension, _) => Extension,
            (Data, _) => DataEnd,
            (DataEnd, _) => Size,
            (LineStart, b'\r') | (End, _) => End,
            (Trailer, b'\r') => TrailerEnd,
            (LineStart | Trailer, _) => Trailer,
        };
    }
}

/// Finds the end of a request's head: an empty line, with or without a carriage return (RFC 9112
/// §2.2). Empty lines before the request line do not count.
#[derive(Debug, Default)]
pub(super) struct HeadScanner {
    /// Bytes so far.
    pub(super) length: usize,
    /// Bytes of the request line so far.
    pub(super) request_line: usize,
    /// Whether a non-empty line was seen.
    started: bool,
    line: Line,
    /// `Content-Length`, if its line arrived in one piece. A hint only: the parser decides.
    pub(super) content_length: usize,
    /// `Origin`, under the same condition.
    pub(super) origin: Option<HeaderValue>,
}

/// The part of the current line that has arrived.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Line {
    #[default]
    Empty,
    CarriageReturn,
    Text,
}

impl HeadScanner {
    /// Returns how many of the next `bytes` belong to the head if the head ends in them.
    pub(super) fn find_end(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut start = 0;
        for newline in memchr::memchr_iter(b'\n', bytes) {
            if self.line == Line::Empty {
                self.read_header(&bytes[start..newline]);
            }
            self.extend_line(&bytes[start..newline]);
            start = newline + 1;
            if !self.started {
                self.request_line = self.length + start;
            }
            let line = std::mem::take(&mut self.line);
            if line == Line::Text {
                self.started = true;
            } else if self.started {
                self.length += start;
                return Some(start);
            }
        }
        self.extend_line(&bytes[start..]);
        self.length += bytes.len();
        if !self.started {
            self.request_line = self.length;
        }
        None
    }

    fn read_header(&mut self, line: &[u8]) {
        if let Some(value) = value(line, b"content-length:") {
            let length = std::str::from_utf8(value).ok().and_then(|length| length.parse().ok());
            self.content_length = length.unwrap_or(self.content_length);
        } else if let Some(value) = value(line, b"origin:") {
            self.origin = HeaderValue::from_bytes(value).ok();
        }
    }

    fn extend_line(&mut self, part: &[u8]) {
        self.line = match (self.line, part) {
            (line, b"") => line,
            (Line::Empty, b"\r") => Line::CarriageReturn,
            _ => Line::Text,
        };
    }
}

/// Returns the value of the line if it begins with this name and its colon.
fn value<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let (start, value) = line.split_at_checked(name.len())?;
    start.eq_ignore_ascii_case(name).then_some(value.trim_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(parts: &[&str]) -> Option<usize> {
        let mut scanner = HeadScanner::default();
        let mut before = 0;
        for part in parts {
            if let Some(end) = scanner.find_end(part.as_bytes()) {
                return Some(before + end);
            }
            before += part.len();
        }
        None
    }

    #[test]
    fn a_head_ends_with_an_empty_line() {
        assert_eq!(end(&["GET / HTTP/1.1\r\nHost: a\r\n\r\nGET"]), Some(27));
        assert_eq!(end(&["GET / HTTP/1.1\nHost: a\n\nGET"]), Some(24));
        assert_eq!(end(&["GET / HTTP/1.1\r\nHost: a\r\n"]), None);
        assert_eq!(end(&["GET / HTTP/1.1\r\nA: \r\r\n"]), None);
    }

    #[test]
    fn empty_lines_before_it_do_not_count() {
        assert_eq!(end(&["\r\n\r\n\nGET / HTTP/1.1\r\n\r\n"]), Some(23));
        assert_eq!(end(&["\r\n", "\r\n", "\r\n"]), None);
    }

    #[test]
    fn it_may_arrive_in_any_pieces() {
        let head = "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n";
        for first in 0..head.len() {
            for second in first..head.len() {
                let parts = [&head[..first], &head[first..second], &head[second..]];
                assert_eq!(end(&parts), Some(head.len()), "{parts:?}");
            }
        }
    }

    const CHUNKS: &str =
        "4;name=value\r\n\r\n\r\n\r\n0A \r\n0123456789\r\n0\r\nTrailer: 1\n\r\nAnother: 2\r\n\r\n";

    #[test]
    fn a_chunked_body_ends_after_its_trailers() {
        let bytes = [CHUNKS, "GET / HTTP/1.1\r\n\r\n"].concat();
        for first in 0..CHUNKS.len() {
            let mut scanner = ChunkScanner::default();
            assert_eq!(scanner.find_end(&bytes.as_bytes()[..first]), None);
            assert_eq!(scanner.find_end(&bytes.as_bytes()[first..]), Some(CHUNKS.len() - first));
        }
    }
}
