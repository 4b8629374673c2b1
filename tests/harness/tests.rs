//! Tests of the harness, against servers that misbehave.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::thread;

use sihha_tests::Client;

/// More bytes than the kernel buffers for a connection.
const LARGE: usize = 32 * 1024 * 1024;

/// Starts a server that reads the beginning of one request, sends `answer`, and closes the connection. The rest of the
/// request is unread, so the kernel resets the connection.
fn hasty_server(answer: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.read_exact(&mut [0; 16]).unwrap();
        stream.write_all(answer.as_bytes()).unwrap();
    });
    address
}

#[test]
fn an_answer_counts_although_the_server_closed_before_everything_was_sent() {
    let answer = "HTTP/1.1 431 Request Header Fields Too Large\r\nContent-Length: 0\r\n\r\n";
    let client = Client::new(hasty_server(answer));
    assert_eq!(client.send_bytes(&vec![b'x'; LARGE]), answer);

    let client = Client::new(hasty_server("HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\n{}"));
    let answer = client.post_text("/", &"x".repeat(LARGE));
    assert_eq!((answer.status, answer.text.as_str()), (413, "{}"));
}

#[test]
#[should_panic(expected = "no answer")]
fn bytes_without_an_answer_fail_their_test() {
    let _ = Client::new(hasty_server("")).send_bytes(&vec![b'x'; LARGE]);
}

#[test]
#[should_panic(expected = "an answer")]
fn a_request_without_an_answer_fails_its_test() {
    let _ = Client::new(hasty_server("")).post_text("/", &"x".repeat(LARGE));
}
