//! Connections that the server may close before the client has sent everything.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;
use ureq::Error;
use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, NextTimeout, Transport};

use crate::recorder::Exchange;

/// Maximum wait for bytes from the server.
const READ_TIMEOUT: Duration = Duration::from_mins(1);

/// A connection for bytes that no client library would send.
///
/// A server may respond and close the connection before it has read everything. Writing then fails,
/// and so may reading after the response. Neither is an error here.
pub struct RawConnection {
    stream: TcpStream,
    exchange: Exchange,
}

impl RawConnection {
    /// Connects to the server at `address`.
    ///
    /// # Panics
    ///
    /// If the server does not accept the connection.
    #[must_use]
    pub fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("a connection");
        stream.set_read_timeout(Some(READ_TIMEOUT)).expect("a time limit");
        Self { stream, exchange: Exchange::default() }
    }

    /// Sends `bytes`, or as many of them as the server reads before it closes the connection.
    ///
    /// # Panics
    ///
    /// If they cannot be sent for another reason.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.exchange.sent.extend_from_slice(bytes.as_ref());
        match self.stream.write_all(bytes.as_ref()) {
            Err(error) if !is_closed(&error) => panic!("the request cannot be sent: {error}"),
            _ => {}
        }
    }

    /// Returns the next `length` bytes from the server.
    ///
    /// # Panics
    ///
    /// If the server sends fewer bytes.
    #[must_use]
    pub fn receive(&mut self, length: usize) -> String {
        let mut bytes = vec![0; length];
        self.stream.read_exact(&mut bytes).expect("a response");
        self.exchange.received.extend_from_slice(&bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Returns the status and the body of the next response. The body is `null` if it is not JSON.
    ///
    /// # Panics
    ///
    /// If no complete response with a `Content-Length` arrives.
    #[must_use]
    pub fn receive_response(&mut self) -> (u16, Value) {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            head.push_str(&self.receive(1));
        }
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        let length = head.to_ascii_lowercase().lines().find_map(|line| {
            line.strip_prefix("content-length:").and_then(|length| length.trim().parse().ok())
        });
        let body = self.receive(length.expect("a Content-Length"));
        (status, serde_json::from_str(&body).unwrap_or_default())
    }

    /// Returns everything that the server sends until it closes the connection. It may be empty.
    ///
    /// # Panics
    ///
    /// If the server does not close the connection.
    #[must_use]
    pub fn rest(mut self) -> String {
        let mut bytes = Vec::new();
        let outcome = self.stream.read_to_end(&mut bytes);
        self.exchange.received.extend_from_slice(&bytes);
        match outcome {
            Err(error) if !is_closed(&error) => panic!("the server does not close the connection: {error}"),
            _ => String::from_utf8_lossy(&bytes).into_owned(),
        }
    }
}

/// Returns whether the other end has closed the connection.
fn is_closed(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted)
}

/// Lets [`ureq`] read a response that arrives before the whole request is sent, such as 413 for a
/// large body.
#[derive(Debug)]
pub(crate) struct EarlyResponses;

impl<T: Transport> Connector<T> for EarlyResponses {
    type Out = EarlyResponse<T>;

    fn connect(&self, _: &ConnectionDetails<'_>, chained: Option<T>) -> Result<Option<Self::Out>, Error> {
        Ok(chained.map(|transport| EarlyResponse { transport, exchange: Exchange::default() }))
    }
}

/// A connection whose client reads the response as soon as the server reads no more.
#[derive(Debug)]
pub(crate) struct EarlyResponse<T> {
    transport: T,
    /// The requests. The client records its responses.
    exchange: Exchange,
}

impl<T: Transport> Transport for EarlyResponse<T> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.transport.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.exchange.sent.extend_from_slice(&self.transport.buffers().output()[..amount]);
        match self.transport.transmit_output(amount, timeout) {
            Err(Error::Io(error)) if is_closed(&error) => Ok(()),
            outcome => outcome,
        }
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.exchange.record();
        self.transport.await_input(timeout)
    }

    fn is_open(&mut self) -> bool {
        self.transport.is_open()
    }
}
