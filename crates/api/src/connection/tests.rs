//! Connections over real sockets, with an app of a few lines. Where time matters it is the
//! runtime's, which stands still.

mod drain;
mod http2;
mod http2_attacks;
mod tls;

use std::cell::Cell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix_http::body::BoxBody;
use actix_http::{Request, Response, StatusCode};
use actix_service::{Service, ServiceFactory, fn_service};
use actix_web::web::Bytes;
use futures_util::StreamExt;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::{LocalSet, spawn_local, yield_now};
use tokio_rustls::TlsAcceptor;

use super::{ConnectionLimits, MAX_HEAD, Registry, Shared, connected};
use crate::app::HttpSettings;

const LIMITS: ConnectionLimits = ConnectionLimits {
    max_connections: 100,
    max_connections_per_address: 100,
    head_timeout: Duration::from_secs(10),
    body_timeout: Duration::from_secs(10),
    keep_alive_timeout: Duration::from_secs(620),
    response_timeout: Duration::from_mins(1),
};

/// Answers with the path and the body; `/ignore` does not read the body, `/large` answers 64 KiB, and
/// `/never` does not answer.
async fn echo(mut request: Request) -> Result<Response<BoxBody>, Response<BoxBody>> {
    let path = request.path().to_owned();
    if path == "/large" {
        return Ok(Response::with_body(StatusCode::OK, BoxBody::new(Bytes::from(vec![b'a'; 64 * 1024]))));
    }
    if path == "/never" {
        return std::future::pending().await;
    }
    let mut text = path.clone().into_bytes();
    if path != "/ignore" {
        let mut body = request.take_payload();
        while let Some(Ok(part)) = body.next().await {
            text.extend_from_slice(&part);
        }
    }
    Ok(Response::with_body(StatusCode::OK, BoxBody::new(text)))
}

/// Runs a test's tasks on its thread.
async fn locally<T>(test: impl Future<Output = T>) -> T {
    LocalSet::new().run_until(test).await
}

/// A server, and how often a connection's task was run.
struct Server {
    address: SocketAddr,
    runs: Rc<Cell<u64>>,
    registry: Arc<Registry>,
}

impl Server {
    /// Serves in clear on the test's thread.
    async fn start(limits: ConnectionLimits) -> Self {
        Self::start_with(limits, None).await
    }

    async fn start_with(limits: ConnectionLimits, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Shared::new(limits, &HttpSettings::default(), tls);
        let registry = Arc::clone(&shared.registry);
        let service = connected(fn_service(echo), shared).new_service(()).await.unwrap();
        let runs = Rc::new(Cell::new(0));
        let counter = Rc::clone(&runs);
        spawn_local(async move {
            loop {
                let mut connection = Box::pin(service.call(listener.accept().await.unwrap().0));
                let counter = Rc::clone(&counter);
                spawn_local(std::future::poll_fn(move |context| {
                    counter.set(counter.get() + 1);
                    connection.as_mut().poll(context).map(drop)
                }));
            }
        });
        Self { address, runs, registry }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Completes when no connection's task is run any more.
    async fn settle(&self) {
        for _ in 0..10_000 {
            let before = self.runs.get();
            for _ in 0..1000 {
                yield_now().await;
            }
            if self.runs.get() == before {
                return;
            }
        }
        panic!("the connections' tasks never rest");
    }
}

/// Returns everything that the server sends until it closes the connection.
async fn read_to_end(client: &mut (impl AsyncRead + Unpin)) -> String {
    let mut text = Vec::new();
    client.read_to_end(&mut text).await.unwrap();
    String::from_utf8(text).unwrap()
}

/// Sends requests, the last of which says `Connection: close`, and returns the responses' statuses
/// and bodies.
async fn exchange(requests: &str) -> Vec<String> {
    locally(async {
        let mut client = Server::start(LIMITS).await.connect().await;
        client.write_all(requests.as_bytes()).await.unwrap();
        let text = read_to_end(&mut client).await;
        let responses = text.split("HTTP/1.1 ").skip(1);
        responses
            .map(|response| {
                let (head, body) = response.split_once("\r\n\r\n").unwrap();
                format!("{} {body}", &head[..3])
            })
            .collect()
    })
    .await
}

const CHUNKED: &str = "POST /first HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
const LAST: &str = "GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

#[tokio::test]
async fn requests_that_arrive_together_are_answered_in_their_order() {
    let many: Vec<String> =
        (0..500).map(|number| format!("GET /{number} HTTP/1.1\r\nHost: a\r\n\r\n")).collect();
    let mut expected: Vec<String> = (0..500).map(|number| format!("200 /{number}")).collect();
    expected.push("200 /last".to_owned());
    assert_eq!(exchange(&(many.concat() + LAST)).await, expected);
}

#[tokio::test]
async fn a_body_belongs_to_its_request() {
    let sized = "POST /sized HTTP/1.1\r\nHost: a\r\ncontent-LENGTH: 5\r\n\r\nhello";
    let chunked = "POST /chunked HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n";
    let ignored =
        "POST /ignore HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n\r\n\r\n\r\n0\r\n\r\n";
    let requests = [sized, chunked, sized, ignored, "\r\n", sized, LAST].concat();
    let expected = [
        "200 /sizedhello",
        "200 /chunkedhello",
        "200 /sizedhello",
        "200 /ignore",
        "200 /sizedhello",
        "200 /last",
    ];
    assert_eq!(exchange(&requests).await, expected);
}

#[tokio::test]
async fn a_chunked_body_that_nobody_reads_is_passed_over() {
    locally(async {
        let server = Server::start(LIMITS).await;
        let mut client = server.connect().await;
        let head = "POST /ignore HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
        client.write_all(head.as_bytes()).await.unwrap();
        server.settle().await;
        // The end of the body, and the next request with it, after the response.
        let rest = format!("4\r\nbody\r\n0\r\n\r\n{head}0\r\n\r\n{LAST}");
        client.write_all(rest.as_bytes()).await.unwrap();
        let text = read_to_end(&mut client).await;
        assert_eq!(text.matches("HTTP/1.1 200").count(), 3, "{text}");
        assert!(text.ends_with("/last"), "{text}");
    })
    .await;
}

#[tokio::test]
async fn a_body_longer_than_a_read_arrives_whole() {
    let body = "b".repeat(200_000);
    let request = format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n{body}{LAST}", body.len());
    assert_eq!(exchange(&request).await, [format!("200 /{body}"), "200 /last".to_owned()]);
}

#[tokio::test]
async fn a_client_may_wait_for_100_continue() {
    locally(async {
        let mut client = Server::start(LIMITS).await.connect().await;
        let head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n";
        client.write_all(head.as_bytes()).await.unwrap();
        let mut interim = [0; 25];
        client.read_exact(&mut interim).await.unwrap();
        assert_eq!(&interim, b"HTTP/1.1 100 Continue\r\n\r\n");
        client.write_all(format!("hello{LAST}").as_bytes()).await.unwrap();
        let text = read_to_end(&mut client).await;
        assert!(text.contains("/hello") && text.ends_with("/last"), "{text}");
    })
    .await;
}

/// Sends `request` again and again, and reads nothing, until the server reads no more.
async fn flood(server: &Server, request: &str) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let client = socket.connect(server.address).await.unwrap();
    let requests = request.repeat(1000);
    loop {
        server.settle().await;
        if client.try_write(requests.as_bytes()).is_err() {
            return client;
        }
    }
}

#[tokio::test]
async fn a_client_that_reads_nothing_keeps_no_core_busy() {
    locally(async {
        for request in ["GET /large HTTP/1.1\r\nHost: a\r\n\r\n", "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n"] {
            let server = Server::start(LIMITS).await;
            let _client = flood(&server, request).await;
            server.settle().await;
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_response_that_is_not_taken_is_given_up() {
    locally(async {
        let server = Server::start(LIMITS).await;
        let mut client = flood(&server, "GET /large HTTP/1.1\r\nHost: a\r\n\r\n").await;
        tokio::time::advance(LIMITS.response_timeout + Duration::from_secs(1)).await;
        server.settle().await;
        let mut rest = Vec::new();
        let end = client.read_to_end(&mut rest).await;
        assert!(end.is_err() || !rest.is_empty(), "{end:?}");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_head_that_does_not_arrive_is_told_so() {
    locally(async {
        let server = Server::start(LIMITS).await;
        let chunked = format!("{CHUNKED}0\r\n\r\n");
        for before in ["", "GET /first HTTP/1.1\r\nHost: a\r\n\r\n", &chunked] {
            let started = tokio::time::Instant::now();
            let mut client = server.connect().await;
            client.write_all(format!("{before}GET / HT").as_bytes()).await.unwrap();
            let text = read_to_end(&mut client).await;
            assert!(text.contains("HTTP/1.1 408 "), "{text}");
            assert_eq!(text.contains("/first"), !before.is_empty(), "{text}");
            assert!(started.elapsed() < LIMITS.head_timeout * 2, "{:?}", started.elapsed());
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection_is_closed_without_a_word() {
    locally(async {
        let server = Server::start(LIMITS).await;
        for before in ["", "GET /first HTTP/1.1\r\nHost: a\r\n\r\n"] {
            let started = tokio::time::Instant::now();
            let mut client = server.connect().await;
            client.write_all(before.as_bytes()).await.unwrap();
            let text = read_to_end(&mut client).await;
            assert_eq!(text.matches("HTTP/1.1").count(), before.matches("HTTP/1.1").count(), "{text}");
            assert!(started.elapsed() >= LIMITS.keep_alive_timeout, "{:?}", started.elapsed());
        }
    })
    .await;
}

#[tokio::test]
async fn the_time_between_requests_is_announced() {
    locally(async {
        let mut client = Server::start(LIMITS).await.connect().await;
        client.write_all(LAST.as_bytes()).await.unwrap();
        let text = read_to_end(&mut client).await;
        assert!(text.contains("\r\nkeep-alive: timeout=620\r\n"), "{text}");
    })
    .await;
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused_while_it_arrives() {
    locally(async {
        for before in ["", &format!("{CHUNKED}5\r\nhello\r\n0\r\n\r\n")] {
            let mut client = Server::start(LIMITS).await.connect().await;
            let head = format!("{before}GET / HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n", "x".repeat(MAX_HEAD));
            client.write_all(head.as_bytes()).await.unwrap();
            let text = read_to_end(&mut client).await;
            assert_eq!(text.matches("HTTP/1.1 200 ").count(), before.matches("HTTP/1.1").count(), "{text}");
            assert!(text.contains("HTTP/1.1 431 "), "{text}");
        }

        let mut client = Server::start(LIMITS).await.connect().await;
        let fits = "x".repeat(MAX_HEAD - LAST.len() - "X: \r\n".len());
        let head = LAST.replace("\r\n\r\n", &format!("\r\nX: {fits}\r\n\r\n"));
        assert_eq!(head.len(), MAX_HEAD);
        client.write_all(head.as_bytes()).await.unwrap();
        let text = read_to_end(&mut client).await;
        assert!(text.starts_with("HTTP/1.1 200 "), "{text}");
    })
    .await;
}

#[tokio::test]
async fn the_connection_that_is_idle_longest_makes_room() {
    locally(async {
        let server = Server::start(ConnectionLimits { max_connections: 2, ..LIMITS }).await;
        let mut clients = Vec::new();
        for _ in 0..3 {
            clients.push(server.connect().await);
            server.settle().await;
        }
        assert_eq!(read_to_end(&mut clients[0]).await, "");
        for client in &mut clients[1..] {
            client.write_all(LAST.as_bytes()).await.unwrap();
            assert!(read_to_end(client).await.ends_with("/last"));
        }
    })
    .await;
}

#[tokio::test]
async fn a_connection_that_was_used_makes_room_as_well() {
    locally(async {
        let server = Server::start(ConnectionLimits { max_connections: 1, ..LIMITS }).await;
        let mut first = server.connect().await;
        first.write_all(b"GET /first HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
        server.settle().await;
        let _second = server.connect().await;
        assert!(read_to_end(&mut first).await.ends_with("/first"));
    })
    .await;
}

#[tokio::test]
async fn a_client_that_has_gone_ends_the_work_for_it() {
    locally(async {
        let server = Server::start(LIMITS).await;
        let mut client = server.connect().await;
        client.write_all(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n").await.unwrap();
        server.settle().await;
        client.set_zero_linger().unwrap();
        drop(client);
        let before = server.runs.get();
        while server.runs.get() == before {
            yield_now().await;
        }
        server.settle().await;
    })
    .await;
}
