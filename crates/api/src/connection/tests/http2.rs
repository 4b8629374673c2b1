//! HTTP/2, with the client of `h2`.

use actix_web::web::Bytes;
use futures_util::future::join_all;
use h2::Reason;
use h2::client::{ResponseFuture, SendRequest};
use http::{Method, Request, Response};
use tokio::task::{JoinHandle, spawn_local};

use super::tls::{shake_hands, start};
use super::{ConnectionLimits, LIMITS, Server, locally};
use crate::connection::Stage;
use crate::connection::stream::LINGER;

/// A client, and its connection's outcome.
struct Client {
    requests: SendRequest<Bytes>,
    connection: JoinHandle<Result<(), h2::Error>>,
}

impl Client {
    async fn connect(server: &Server) -> Self {
        let tls = shake_hands(server.connect().await, "h2").await;
        let (requests, connection) = h2::client::handshake(tls).await.unwrap();
        Self { requests, connection: spawn_local(connection) }
    }

    async fn send(&mut self, method: Method, path: &str, body: &str) -> ResponseFuture {
        let uri = format!("https://localhost{path}");
        let request = Request::builder().method(method).uri(uri).body(()).unwrap();
        let mut requests = self.requests.clone().ready().await.unwrap();
        let (response, mut stream) = requests.send_request(request, body.is_empty()).unwrap();
        if !body.is_empty() {
            stream.send_data(Bytes::copy_from_slice(body.as_bytes()), true).unwrap();
        }
        response
    }

    async fn get(&mut self, path: &str) -> (Response<()>, String) {
        read(self.send(Method::GET, path, "").await).await.unwrap()
    }
}

async fn read(response: ResponseFuture) -> Result<(Response<()>, String), h2::Error> {
    let (parts, mut body) = response.await?.into_parts();
    let mut bytes = Vec::new();
    while let Some(piece) = body.data().await {
        let piece = piece?;
        body.flow_control().release_capacity(piece.len())?;
        bytes.extend_from_slice(&piece);
    }
    Ok((Response::from_parts(parts, ()), String::from_utf8(bytes).unwrap()))
}

#[tokio::test]
async fn many_requests_are_answered_simultaneously() {
    locally(async {
        let server = start(LIMITS).await;
        let mut client = Client::connect(&server).await;
        let mut never = client.send(Method::GET, "/never", "").await;
        let body = "b".repeat(200_000);
        let mut responses = Vec::new();
        for number in 0..90 {
            responses.push(client.send(Method::POST, &format!("/{number}"), &body).await);
        }
        for (number, response) in join_all(responses.into_iter().map(read)).await.into_iter().enumerate() {
            let (response, text) = response.unwrap();
            assert!(response.status() == 200 && text == format!("/{number}{body}"), "{response:?}");
        }
        let waiting = std::future::poll_fn(|context| {
            std::task::Poll::Ready(std::pin::Pin::new(&mut never).poll(context))
        });
        assert!(waiting.await.is_pending());
    })
    .await;
}

#[tokio::test]
async fn a_response_has_the_headers_of_tls_and_none_of_the_connection() {
    locally(async {
        let mut client = Client::connect(&start(LIMITS).await).await;
        let (response, body) = client.get("/large").await;
        assert_eq!((response.status().as_u16(), body.len()), (200, 64 * 1024));
        let header = |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap());
        assert_eq!(header("strict-transport-security"), Some("max-age=31536000; includeSubDomains"));
        assert_eq!(header("content-length"), Some("65536"));
        assert!(header("date").unwrap().ends_with(" GMT"));
        assert_eq!((header("connection"), header("keep-alive")), (None, None));

        let response = client.send(Method::HEAD, "/large", "").await;
        let (response, body) = read(response).await.unwrap();
        assert_eq!((response.headers()["content-length"].as_bytes(), body.as_str()), (&b"65536"[..], ""));
        let (_, body) = read(client.send(Method::POST, "/ignore", "body").await).await.unwrap();
        assert_eq!(body, "/ignore");
    })
    .await;
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused_and_the_connection_lives() {
    locally(async {
        let mut client = Client::connect(&start(LIMITS).await).await;
        client.get("/settings-have-arrived").await;
        let request = Request::get("https://localhost/").header("x", "x".repeat(17_000)).body(()).unwrap();
        let mut requests = client.requests.clone().ready().await.unwrap();
        let refused = requests.send_request(request, true).unwrap().0.await.unwrap();
        assert_eq!(refused.status(), 431);
        assert_eq!(client.get("/next").await.1, "/next");
    })
    .await;
}

#[tokio::test]
async fn streams_beyond_the_first_of_each_connection_are_limited_together() {
    locally(async {
        let server = start(ConnectionLimits { max_connections: 3, ..LIMITS }).await;
        let mut client = Client::connect(&server).await;
        let mut waiting = Vec::new();
        for _ in 0..4 {
            waiting.push(client.send(Method::GET, "/never", "").await);
        }
        let refused = client.send(Method::GET, "/refused", "").await.await.unwrap_err();
        assert_eq!(refused.reason(), Some(Reason::REFUSED_STREAM));
        let mut other = Client::connect(&server).await;
        assert_eq!(other.get("/first").await.1, "/first");
        drop(waiting);
        server.settle().await;
        assert_eq!(client.get("/again").await.1, "/again");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection_is_closed() {
    locally(async {
        let server = start(LIMITS).await;
        for is_used in [false, true] {
            let started = tokio::time::Instant::now();
            let mut client = Client::connect(&server).await;
            if is_used {
                client.get("/first").await;
            }
            let _ = client.connection.await.unwrap();
            let idle = started.elapsed().as_secs() - LIMITS.keep_alive_timeout.as_secs();
            assert!(idle <= LINGER.as_secs(), "{idle}");
        }
    })
    .await;
}

#[tokio::test]
async fn the_connection_that_is_idle_longest_makes_room() {
    locally(async {
        let server = start(ConnectionLimits { max_connections: 2, ..LIMITS }).await;
        let mut busy = Client::connect(&server).await;
        let _never = busy.send(Method::GET, "/never", "").await;
        server.settle().await;
        let mut idle = Client::connect(&server).await;
        idle.get("/first").await;
        let mut third = Client::connect(&server).await;
        idle.connection.await.unwrap().unwrap();
        assert_eq!(third.get("/third").await.1, "/third");
        assert_eq!(busy.get("/busy").await.1, "/busy");
    })
    .await;
}

#[tokio::test]
async fn a_request_during_the_drain_is_answered_and_ends_its_connection() {
    locally(async {
        let server = start(LIMITS).await;
        let mut client = Client::connect(&server).await;
        client.get("/first").await;
        server.registry.advance(Stage::Draining);
        server.settle().await;
        assert!(!client.connection.is_finished());
        assert_eq!(client.get("/last").await.1, "/last");
        client.connection.await.unwrap().unwrap();
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_stop_ends_idle_connections_and_lets_requests_finish() {
    locally(async {
        let server = start(LIMITS).await;
        let (mut idle, unused) = (Client::connect(&server).await, Client::connect(&server).await);
        idle.get("/first").await;
        let mut busy = Client::connect(&server).await;
        let uri = Request::post("https://localhost/busy").body(()).unwrap();
        let (response, mut body) = busy.requests.send_request(uri, false).unwrap();
        server.settle().await;
        server.registry.advance(Stage::Draining);
        server.registry.advance(Stage::Closing);
        let started = tokio::time::Instant::now();
        let _ = idle.connection.await.unwrap();
        assert!(started.elapsed() <= LINGER, "{:?}", started.elapsed());
        let _ = unused.connection.await.unwrap();
        assert!(started.elapsed() <= LINGER * 2, "{:?}", started.elapsed());

        server.settle().await;
        body.send_data(Bytes::from_static(b"body"), true).unwrap();
        assert_eq!(read(response).await.unwrap().1, "/busybody");
        let _ = busy.connection.await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_body_of_another_length_than_announced_is_refused() {
    locally(async {
        let server = start(LIMITS).await;
        for (announced, body) in [("3", "hello"), ("7", "hello")] {
            let mut client = Client::connect(&server).await;
            let request = Request::post("https://localhost/announced").header("content-length", announced);
            let mut requests = client.requests.clone().ready().await.unwrap();
            let (response, mut stream) = requests.send_request(request.body(()).unwrap(), false).unwrap();
            stream.send_data(Bytes::from(body), true).unwrap();
            let refused = read(response).await.err().and_then(|error| error.reason());
            assert_eq!(refused, Some(Reason::PROTOCOL_ERROR), "{announced}");
            assert!(client.get("/first").await.0.status().is_success(), "{announced}");
        }
    })
    .await;
}
