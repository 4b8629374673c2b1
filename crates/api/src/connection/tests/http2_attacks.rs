//! Hostile clients of HTTP/2, which write their frames themselves.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, advance};
use tokio_rustls::client::TlsStream;

use super::tls::{connect_narrowly, shake_hands, start};
use super::{LIMITS, Server, locally};
use crate::connection::Stage;

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;
const CONTINUATION: u8 = 9;

const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

const REFUSED_STREAM: u32 = 7;
const CANCEL: u32 = 8;
const ENHANCE_YOUR_CALM: u32 = 11;

/// `GET` of a path, compressed (RFC 7541).
fn get(path: &str) -> Vec<u8> {
    let length = u8::try_from(path.len()).unwrap();
    [&[0x82, 0x87, 0x41, 1, b'a', 0x44, length], path.as_bytes()].concat()
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

fn request(stream: u32, path: &str) -> Vec<u8> {
    frame(HEADERS, END_HEADERS | END_STREAM, stream, &get(path))
}

/// A frame of the server.
struct Frame {
    kind: u8,
    payload: Vec<u8>,
}

impl Frame {
    /// Returns the error code of a frame that ends a stream or the connection.
    fn error(&self) -> u32 {
        u32::from_be_bytes(self.payload[if self.kind == GOAWAY { 4..8 } else { 0..4 }].try_into().unwrap())
    }
}

struct Attacker(TlsStream<TcpStream>);

impl Attacker {
    /// Opens a connection with these settings.
    async fn connect(server: &Server, settings: &[u8]) -> Self {
        let mut client = Self(shake_hands(server.connect().await, "h2").await);
        client.open(settings).await;
        client
    }

    async fn open(&mut self, settings: &[u8]) {
        self.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
        self.send(&frame(SETTINGS, 0, 0, settings)).await;
    }

    async fn send(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).await.unwrap();
        self.0.flush().await.unwrap();
    }

    /// Returns the next frame, or `None` at the end of the connection.
    async fn next(&mut self) -> Option<Frame> {
        let mut header = [0; 9];
        self.0.read_exact(&mut header).await.ok()?;
        let length = u32::from_be_bytes([0, header[0], header[1], header[2]]) as usize;
        let mut payload = vec![0; length];
        self.0.read_exact(&mut payload).await.ok()?;
        Some(Frame { kind: header[3], payload })
    }

    /// Reads to the end of the connection. Returns the errors of the frames of this kind.
    async fn errors(&mut self, kind: u8) -> Vec<u32> {
        let mut errors = Vec::new();
        while let Some(frame) = self.next().await {
            if frame.kind == kind {
                errors.push(frame.error());
            }
        }
        errors
    }
}

fn reset(stream: u32) -> Vec<u8> {
    frame(RST_STREAM, 0, stream, &CANCEL.to_be_bytes())
}

#[tokio::test]
async fn requests_that_are_taken_back_end_the_connection() {
    locally(async {
        for path in ["/never", "/first"] {
            let server = start(LIMITS).await;
            let mut client = Attacker::connect(&server, &[]).await;
            let streams = (0..10_000).map(|number| 2 * number + 1);
            let flood: Vec<u8> =
                streams.flat_map(|stream| [request(stream, path), reset(stream)].concat()).collect();
            // The server may close while the rest is written.
            let _ = client.0.write_all(&flood).await;
            let errors = client.errors(GOAWAY).await;
            assert!(errors.is_empty() || errors == [ENHANCE_YOUR_CALM], "{errors:?}");
            server.settle().await;
        }
    })
    .await;
}

#[tokio::test]
async fn requests_that_are_taken_back_one_by_one_end_the_connection_too() {
    locally(async {
        let server = start(LIMITS).await;
        let mut client = Attacker::connect(&server, &[]).await;
        let mut sent = 0;
        while sent < 10_000 {
            let stream = 2 * sent + 1;
            let written = client.0.write_all(&request(stream, "/never")).await;
            server.settle().await;
            if written.is_err() || client.0.write_all(&reset(stream)).await.is_err() {
                break;
            }
            server.settle().await;
            sent += 1;
            if sent == 101 {
                break;
            }
        }
        assert_eq!(client.errors(GOAWAY).await, [ENHANCE_YOUR_CALM]);
    })
    .await;
}

#[tokio::test]
async fn a_head_without_an_end_ends_the_connection() {
    locally(async {
        let server = start(LIMITS).await;
        let mut client = Attacker::connect(&server, &[]).await;
        client.send(&frame(HEADERS, END_STREAM, 1, &get("/first"))).await;
        let part = frame(CONTINUATION, 0, 1, &[0x40, 1, b'a', 1, b'b'].repeat(100));
        let mut sent = 0;
        while sent < 10_000 && client.0.write_all(&part).await.is_ok() {
            server.settle().await;
            sent += 1;
        }
        assert!(sent < 1000, "{sent}");
    })
    .await;
}

#[tokio::test]
async fn frames_without_a_purpose_end_the_connection() {
    locally(async {
        for useless in [
            frame(PING, 0, 0, &[0; 8]),
            frame(SETTINGS, 0, 0, &[]),
            frame(WINDOW_UPDATE, 0, 0, &[0, 0, 0, 1]),
            frame(DATA, 0, 1, &[]),
        ] {
            let server = start(LIMITS).await;
            let mut client = Attacker::connect(&server, &[]).await;
            client.send(&frame(HEADERS, END_HEADERS, 1, &get("/first"))).await;
            let mut sent = 0;
            while sent < 1000 && client.0.write_all(&useless.repeat(10)).await.is_ok() {
                server.settle().await;
                sent += 1;
            }
            assert!(sent < 1000, "{useless:?}");
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn responses_for_which_the_client_has_no_window_are_given_up() {
    locally(async {
        let server = start(LIMITS).await;
        // SETTINGS_INITIAL_WINDOW_SIZE is 0.
        let mut client = Attacker::connect(&server, &[0, 4, 0, 0, 0, 0]).await;
        for number in 0..100 {
            client.send(&request(2 * number + 1, "/large")).await;
        }
        server.settle().await;
        let started = Instant::now();
        assert_eq!(client.errors(RST_STREAM).await, vec![CANCEL; 100]);
        let least = LIMITS.response_timeout + LIMITS.keep_alive_timeout;
        assert!(started.elapsed() >= least, "it is idle afterwards: {:?}", started.elapsed());
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_client_that_reads_nothing_keeps_no_core_busy_and_is_given_up() {
    locally(async {
        let server = start(LIMITS).await;
        let mut client = Attacker(connect_narrowly(&server, "h2").await);
        client.open(&[0, 4, 0x7f, 0xff, 0xff, 0xff]).await;
        client.send(&frame(WINDOW_UPDATE, 0, 0, &[0x7f, 0, 0, 0])).await;
        for number in 0..100 {
            client.send(&request(2 * number + 1, "/large")).await;
        }
        server.settle().await;
        advance(LIMITS.response_timeout + Duration::from_secs(1)).await;
        server.settle().await;
        let mut data = 0;
        while let Some(frame) = client.next().await {
            data += if frame.kind == DATA { frame.payload.len() } else { 0 };
        }
        assert!(data < 100 * 64 * 1024, "{data}");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_arrives_byte_by_byte_must_be_complete_in_time() {
    locally(async {
        let server = start(LIMITS).await;
        let preface = &b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"[..];
        let open = [preface, &frame(SETTINGS, 0, 0, &[])].concat();
        let post = frame(HEADERS, END_HEADERS, 1, &get("/first"));
        let drips = [
            preface.to_vec(),
            [&open, &request(1, "/first")[..]].concat(),
            [&open, &frame(HEADERS, END_STREAM, 1, &get("/first"))[..]].concat(),
            [&open, &post[..], &frame(DATA, 0, 1, &[0; 1000])].concat(),
        ];
        for (slow, drip) in [24, 15, 15, 1000].into_iter().zip(drips) {
            let mut client = shake_hands(server.connect().await, "h2").await;
            let (fast, slow) = drip.split_at(drip.len() - slow);
            client.write_all(fast).await.unwrap();
            server.settle().await;
            let mut sent = 0;
            for byte in slow.iter().take(slow.len() - 1) {
                if client.write_all(&[*byte]).await.is_err() || sent == 20 {
                    break;
                }
                server.settle().await;
                advance(Duration::from_secs(1)).await;
                server.settle().await;
                sent += 1;
            }
            let _ = client.write_all(&[0]).await;
            let mut rest = Vec::new();
            let _ = client.read_to_end(&mut rest).await;
            assert!((10..=13).contains(&sent), "{sent} bytes");
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_client_that_ignores_the_announced_end_gets_no_further_answer() {
    locally(async {
        let server = start(LIMITS).await;
        let mut client = Attacker::connect(&server, &[]).await;
        client.send(&request(1, "/never")).await;
        server.settle().await;
        server.registry.advance(Stage::Closing);
        server.settle().await;
        client.send(&request(3, "/on-its-way")).await;
        server.settle().await;
        advance(Duration::from_secs(2)).await;
        client.send(&request(5, "/late")).await;
        server.settle().await;
        client.send(&reset(1)).await;
        assert_eq!(client.errors(RST_STREAM).await, [REFUSED_STREAM]);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_client_that_ignores_the_announced_end_does_not_delay_a_stop() {
    locally(async {
        let server = start(LIMITS).await;
        let mut client = Attacker::connect(&server, &[]).await;
        client.send(&request(1, "/first")).await;
        server.settle().await;
        let started = Instant::now();
        server.registry.advance(Stage::Closing);
        assert_eq!(client.errors(GOAWAY).await[0], 0);
        assert!(started.elapsed() <= Duration::from_secs(2), "{:?}", started.elapsed());
    })
    .await;
}
