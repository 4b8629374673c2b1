//! A cheap HTTP/1.1 client: it runs on the same cores as the service.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::Conversation;

/// Maximum number of headers of a response.
const MAX_HEADERS: usize = 32;

/// A connection that is kept open as long as the server keeps it open.
pub(super) struct Connection {
    address: SocketAddr,
    stream: Option<TcpStream>,
    output: Vec<u8>,
    input: Vec<u8>,
    head: Head,
    /// The assembled body, if it was sent in chunks.
    chunks: Vec<u8>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Head {
    status: u16,
    /// Length of the head in bytes.
    length: usize,
    /// Length of the body in bytes, if the head has it.
    body: usize,
    chunked: bool,
    close: bool,
    /// Seconds.
    retry_after: Option<u64>,
}

impl Connection {
    pub(super) fn new(address: SocketAddr) -> Self {
        let (output, input) = (Vec::with_capacity(2048), Vec::with_capacity(8192));
        Self { address, stream: None, output, input, head: Head::default(), chunks: Vec::new() }
    }

    /// Sends the next request of `conversation`, and lets it check the response.
    pub(super) async fn exchange(&mut self, conversation: &mut dyn Conversation) -> anyhow::Result<u16> {
        self.output.clear();
        conversation.request(&mut self.output);
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => connect(self.address).await?,
        };
        stream.write_all(&self.output).await.context("cannot send a request")?;
        self.input.clear();
        let head = loop {
            self.more(&mut stream).await?;
            if let Some(head) = parse(&self.input)? {
                break head;
            }
        };
        self.head = head;
        while !self.is_whole()? {
            self.more(&mut stream).await?;
        }
        if !head.close {
            self.stream = Some(stream);
        }
        conversation.answer(head.status, self.body())?;
        Ok(head.status)
    }

    /// Returns the body of the last response.
    pub(super) fn body(&self) -> &[u8] {
        if self.head.chunked { &self.chunks } else { self.rest() }
    }

    /// Returns the bytes after the head.
    fn rest(&self) -> &[u8] {
        self.input.get(self.head.length..).unwrap_or_default()
    }

    /// Returns whether the whole body has arrived.
    fn is_whole(&mut self) -> anyhow::Result<bool> {
        if !self.head.chunked {
            return Ok(self.rest().len() >= self.head.body);
        }
        let chunks = joined(self.rest())?;
        let whole = chunks.is_some();
        self.chunks = chunks.unwrap_or_default();
        Ok(whole)
    }

    /// Returns the `Retry-After` of the last response (RFC 9110 §10.2.3).
    pub(super) fn retry_after(&self) -> Duration {
        Duration::from_secs(self.head.retry_after.unwrap_or_default())
    }

    async fn more(&mut self, stream: &mut TcpStream) -> anyhow::Result<()> {
        match stream.read_buf(&mut self.input).await.context("cannot read an answer")? {
            0 => bail!("the service closed the connection in the middle of an answer; its log says why"),
            _ => Ok(()),
        }
    }
}

async fn connect(address: SocketAddr) -> anyhow::Result<TcpStream> {
    let stream = TcpStream::connect(address).await.with_context(|| format!("cannot connect to {address}"))?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Parses the head of a response, if it is complete.
fn parse(input: &[u8]) -> anyhow::Result<Option<Head>> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(length) = response.parse(input).context("an answer is not HTTP")? else {
        return Ok(None);
    };
    let mut head = Head { status: response.code.unwrap_or_default(), length, ..Head::default() };
    for header in response.headers {
        let value = std::str::from_utf8(header.value).unwrap_or_default();
        if header.name.eq_ignore_ascii_case("content-length") {
            head.body = value.trim().parse().context("an answer's Content-Length is no number")?;
        } else if header.name.eq_ignore_ascii_case("connection") {
            head.close = value.eq_ignore_ascii_case("close");
        } else if header.name.eq_ignore_ascii_case("retry-after") {
            head.retry_after = value.trim().parse().ok();
        } else if header.name.eq_ignore_ascii_case("transfer-encoding") {
            head.chunked = value.eq_ignore_ascii_case("chunked");
        }
    }
    Ok(Some(head))
}

/// Assembles a body that was sent in chunks (RFC 9112 §7.1), if it is complete.
fn joined(mut input: &[u8]) -> anyhow::Result<Option<Vec<u8>>> {
    let mut body = Vec::new();
    loop {
        let size = httparse::parse_chunk_size(input).map_err(|_| anyhow!("a chunk's size is no number"))?;
        let httparse::Status::Complete((start, size)) = size else { return Ok(None) };
        let end = start + usize::try_from(size)?;
        // A line break ends each chunk, including the last one.
        let Some(next) = input.get(end + 2..) else { return Ok(None) };
        body.extend_from_slice(input.get(start..end).unwrap_or_default());
        if size == 0 {
            return Ok(Some(body));
        }
        input = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_once_it_is_whole() {
        let answer =
            b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 2\r\nConnection: close\r\nRetry-After: 1\r\n\r\n{}";
        assert_eq!(parse(&answer[..40]).unwrap(), None);
        let head = Head {
            status: 503,
            length: answer.len() - 2,
            body: 2,
            close: true,
            chunked: false,
            retry_after: Some(1),
        };
        assert_eq!(parse(answer).unwrap(), Some(head));
    }

    #[test]
    fn chunks_are_joined_once_the_last_is_there() {
        let input = b"3\r\none\r\nA\r\n, two, ten\r\n0\r\n\r\n";
        for end in 0..input.len() {
            assert_eq!(joined(&input[..end]).unwrap(), None, "{end}");
        }
        assert_eq!(joined(input).unwrap().as_deref(), Some(&b"one, two, ten"[..]));
    }

    #[test]
    fn what_is_not_http_is_refused() {
        assert!(parse(b"SSH-2.0-OpenSSH\r\n\r\n").is_err());
        assert!(joined(b"three\r\none\r\n").is_err());
    }
}
