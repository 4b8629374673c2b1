//! Connections of a server that stops.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{LAST, LIMITS, Server, locally, read_to_end};
use crate::connection::Stage;

const FIRST: &[u8] = b"GET /first HTTP/1.1\r\nHost: a\r\n\r\n";

/// Opens a connection whose first request was answered.
async fn used(server: &Server) -> tokio::net::TcpStream {
    let mut client = server.connect().await;
    client.write_all(FIRST).await.unwrap();
    let mut response = [0; 1024];
    let length = client.read(&mut response).await.unwrap();
    assert!(response[..length].ends_with(b"/first"));
    client
}

#[tokio::test]
async fn a_request_during_the_drain_is_answered_and_ends_its_connection() {
    locally(async {
        let server = Server::start(LIMITS).await;
        let (mut old, mut new) = (used(&server).await, server.connect().await);
        server.registry.advance(Stage::Draining);
        server.settle().await;
        for client in [&mut old, &mut new] {
            client.write_all(FIRST).await.unwrap();
            let text = read_to_end(client).await;
            assert!(text.starts_with("HTTP/1.1 200 ") && text.ends_with("/first"), "{text}");
            assert!(text.contains("\r\nconnection: close\r\n") && !text.contains("keep-alive"), "{text}");
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection_is_closed_after_the_drain() {
    locally(async {
        let server = Server::start(LIMITS).await;
        let (mut used, mut unused) = (used(&server).await, server.connect().await);
        server.settle().await;
        server.registry.advance(Stage::Draining);
        tokio::time::advance(Duration::from_secs(5)).await;
        server.settle().await;
        for client in [&used, &unused] {
            assert!(client.try_read(&mut [0]).is_err(), "it is still open");
        }
        server.registry.advance(Stage::Closing);
        let started = tokio::time::Instant::now();
        for client in [&mut used, &mut unused] {
            assert_eq!(read_to_end(client).await, "");
        }
        assert_eq!(started.elapsed(), Duration::ZERO);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_has_just_come_may_send_its_request_after_the_drain() {
    locally(async {
        let server = Server::start(LIMITS).await;
        let (mut prompt, mut silent) = (server.connect().await, server.connect().await);
        server.settle().await;
        server.registry.advance(Stage::Draining);
        server.registry.advance(Stage::Closing);
        server.settle().await;
        prompt.write_all(FIRST).await.unwrap();
        assert!(read_to_end(&mut prompt).await.ends_with("/first"));

        let started = tokio::time::Instant::now();
        assert_eq!(read_to_end(&mut silent).await, "");
        assert!(started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());
    })
    .await;
}

#[tokio::test]
async fn a_request_that_has_arrived_when_idle_connections_are_closed_is_answered() {
    locally(async {
        let server = Server::start(LIMITS).await;
        let (mut idle, mut begun) = (used(&server).await, used(&server).await);
        let (head, rest) = LAST.split_at(9);
        begun.write_all(head.as_bytes()).await.unwrap();
        server.settle().await;
        // The server's task has not run when both happen.
        idle.write_all(FIRST).await.unwrap();
        server.registry.advance(Stage::Draining);
        server.registry.advance(Stage::Closing);
        assert!(read_to_end(&mut idle).await.ends_with("/first"));

        begun.write_all(rest.as_bytes()).await.unwrap();
        assert!(read_to_end(&mut begun).await.ends_with("/last"));
    })
    .await;
}
