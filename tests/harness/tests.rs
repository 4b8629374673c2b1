//! Tests of the harness, against servers that misbehave.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::thread;

use sihha_tests::Client;

/// More bytes than the kernel buffers for a connection.
const LARGE: usize = 32 * 1024 * 1024;

/// Starts a server that reads the beginning of one request, sends `response`, and closes the
/// connection. The rest of the request is unread, so the kernel resets the connection.
fn hasty_server(response: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.read_exact(&mut [0; 16]).unwrap();
        stream.write_all(response.as_bytes()).unwrap();
    });
    address
}

#[test]
fn a_response_is_read_even_if_the_server_closes_before_everything_is_sent() {
    let response = "HTTP/1.1 431 Request Header Fields Too Large\r\nContent-Length: 0\r\n\r\n";
    let client = Client::new(hasty_server(response));
    assert_eq!(client.send_bytes(&vec![b'x'; LARGE]), response);

    let client = Client::new(hasty_server("HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\n{}"));
    let response = client.post_text("/", &"x".repeat(LARGE));
    assert_eq!((response.status, response.text.as_str()), (413, "{}"));
}

#[test]
#[should_panic(expected = "no response")]
fn bytes_without_a_response_fail_their_test() {
    let _ = Client::new(hasty_server("")).send_bytes(&vec![b'x'; LARGE]);
}

#[test]
#[should_panic(expected = "a response")]
fn a_request_without_a_response_fails_its_test() {
    let _ = Client::new(hasty_server("")).post_text("/", &"x".repeat(LARGE));
}
