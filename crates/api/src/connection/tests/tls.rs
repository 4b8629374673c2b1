//! HTTP/1.1 over TLS.

use std::fs;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio_rustls::client::TlsStream;
use tokio_rustls::{TlsAcceptor, TlsConnector};

use super::{ConnectionLimits, LAST, LIMITS, Server, locally, read_to_end};
use crate::connection::Stage;
use crate::tls::{CertificateFiles, TlsCertificate};

const HSTS: &str = "\r\nstrict-transport-security: max-age=31536000; includeSubDomains\r\n";

/// A certificate for `localhost`, and its key.
static PEM: LazyLock<[String; 2]> = LazyLock::new(|| {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    [cert.pem(), signing_key.serialize_pem()]
});

fn acceptor() -> TlsAcceptor {
    let folder = tempfile::tempdir().unwrap();
    let files = CertificateFiles { certificate: folder.path().join("cert"), key: folder.path().join("key") };
    fs::write(&files.certificate, &PEM[0]).unwrap();
    fs::write(&files.key, &PEM[1]).unwrap();
    Arc::new(TlsCertificate::open(files).unwrap()).acceptor().unwrap()
}

pub(super) async fn start(limits: ConnectionLimits) -> Server {
    Server::start_with(limits, Some(acceptor())).await
}

/// Performs the handshake of a client that knows only this protocol.
pub(super) async fn shake_hands(tcp: TcpStream, protocol: &str) -> TlsStream<TcpStream> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(PEM[0].as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![protocol.as_bytes().to_vec()];
    let name = ServerName::try_from("localhost").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, tcp).await.unwrap()
}

/// Returns what the server sends until it closes the connection. While time stands still, a moment
/// passes before the client reads, and the server does not wait longer for it.
async fn read_what_comes(client: &mut TlsStream<TcpStream>) -> String {
    let mut read = Vec::new();
    let _ = client.read_to_end(&mut read).await;
    String::from_utf8(read).unwrap()
}

async fn connect(server: &Server) -> TlsStream<TcpStream> {
    shake_hands(server.connect().await, "http/1.1").await
}

#[tokio::test]
async fn requests_that_arrive_together_are_answered_in_their_order() {
    locally(async {
        let server = start(LIMITS).await;
        let mut client = connect(&server).await;
        let body = "b".repeat(100_000);
        let chunked = "POST /chunked HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n";
        let sized =
            format!("POST /sized HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        let requests = [chunked.repeat(100), sized, LAST.to_owned()].concat();
        // Neither side may wait for the other to read.
        let (mut reader, mut writer) = tokio::io::split(&mut client);
        let (text, written) = tokio::join!(read_to_end(&mut reader), writer.write_all(requests.as_bytes()));
        written.unwrap();
        assert_eq!(text.matches("/chunkedhello").count(), 100);
        assert!(text.contains(&format!("/sized{body}")) && text.ends_with("/last"));
        assert_eq!(text.matches(HSTS).count(), 102);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn the_limits_of_heads_and_of_idle_connections_are_the_same() {
    locally(async {
        let server = start(LIMITS).await;
        let mut client = connect(&server).await;
        client.write_all(b"GET / HT").await.unwrap();
        let text = read_what_comes(&mut client).await;
        assert!(text.starts_with("HTTP/1.1 408 ") && text.contains(HSTS), "{text}");

        let mut client = connect(&server).await;
        client.write_all(b"no request\r\n\r\n").await.unwrap();
        let text = read_what_comes(&mut client).await;
        assert!(text.starts_with("HTTP/1.1 400 ") && text.contains(HSTS), "{text}");

        let started = tokio::time::Instant::now();
        let mut client = connect(&server).await;
        client.write_all(b"GET /first HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
        assert!(read_what_comes(&mut client).await.ends_with("/first"));
        assert!(started.elapsed() >= LIMITS.keep_alive_timeout, "{:?}", started.elapsed());
    })
    .await;
}

/// Connects with a small window, so that few unread bytes fill it.
pub(super) async fn connect_narrowly(server: &Server, protocol: &str) -> TlsStream<TcpStream> {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    shake_hands(socket.connect(server.address).await.unwrap(), protocol).await
}

#[tokio::test(start_paused = true)]
async fn a_client_that_reads_nothing_keeps_no_core_busy_and_is_given_up() {
    locally(async {
        let server = start(LIMITS).await;
        let mut client = connect_narrowly(&server, "http/1.1").await;
        let requests = "GET /large HTTP/1.1\r\nHost: a\r\n\r\n".repeat(100);
        client.write_all(requests.as_bytes()).await.unwrap();
        server.settle().await;
        tokio::time::advance(LIMITS.response_timeout + Duration::from_secs(1)).await;
        server.settle().await;
        let mut read = Vec::new();
        let end = client.read_to_end(&mut read).await;
        let answers = String::from_utf8_lossy(&read).matches("HTTP/1.1 200").count();
        assert!(end.is_err() && answers < 100, "{end:?}, {answers} answers");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_handshake_that_does_not_come_ends_after_the_time_of_a_head() {
    locally(async {
        let server = start(LIMITS).await;
        for begin in [&b""[..], &[22, 3, 1, 1]] {
            let started = tokio::time::Instant::now();
            let mut client = server.connect().await;
            client.write_all(begin).await.unwrap();
            assert_eq!(client.read_to_end(&mut Vec::new()).await.unwrap_or_default(), 0);
            assert_eq!(started.elapsed().as_secs(), LIMITS.head_timeout.as_secs());
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_handshake_that_does_not_come_neither_takes_a_place_nor_delays_a_stop() {
    locally(async {
        let server = start(ConnectionLimits { max_connections: 1, ..LIMITS }).await;
        let started = tokio::time::Instant::now();
        let mut first = server.connect().await;
        server.settle().await;
        let mut second = server.connect().await;
        assert_eq!(first.read_to_end(&mut Vec::new()).await.unwrap(), 0);
        assert_eq!(started.elapsed(), Duration::ZERO);

        server.registry.advance(Stage::Closing);
        assert_eq!(second.read_to_end(&mut Vec::new()).await.unwrap(), 0);
        assert!(started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());
    })
    .await;
}

#[tokio::test]
async fn a_client_that_speaks_no_tls_gets_no_answer() {
    locally(async {
        let server = start(LIMITS).await;
        let mut client = server.connect().await;
        client.write_all(LAST.as_bytes()).await.unwrap();
        let mut read = Vec::new();
        let _ = client.read_to_end(&mut read).await;
        assert!(!String::from_utf8_lossy(&read).contains("HTTP"));
        assert!(!read.is_empty(), "a TLS alert");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn idle_connections_are_closed_when_the_server_stops() {
    locally(async {
        let server = start(LIMITS).await;
        let mut client = connect(&server).await;
        client.write_all(b"GET /first HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
        server.settle().await;
        server.registry.advance(Stage::Draining);
        server.settle().await;
        let started = tokio::time::Instant::now();
        server.registry.advance(Stage::Closing);
        assert!(read_to_end(&mut client).await.ends_with("/first"));
        assert_eq!(started.elapsed(), Duration::ZERO);
    })
    .await;
}
