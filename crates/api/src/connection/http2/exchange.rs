use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, SystemTime};

use actix_http::body::{BodySize, BoxBody, MessageBody};
use actix_http::error::PayloadError;
use actix_http::header::{
    CONNECTION, CONTENT_LENGTH, DATE, HeaderMap, HeaderValue, HttpDate, TRANSFER_ENCODING, UPGRADE,
};
use actix_http::{Method, Payload, Request, Response, StatusCode};
use actix_web::web::Bytes;
use futures_util::stream;
use h2::server::SendResponse;
use h2::{Reason, RecvStream, SendStream};
use tokio::time::{Instant, timeout_at};

use crate::connection::response::{PIECE, complete};

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The response was sent.
    Sent,
    /// The client took the request back, or did not receive the response.
    Reset,
}

/// Returns the request for the service, and whether it asks for a response without its body.
pub(super) fn request(request: http::Request<RecvStream>, peer: Option<SocketAddr>) -> (Request, bool) {
    let (parts, body) = request.into_parts();
    let payload = if body.is_end_stream() { Payload::None } else { payload(body) };
    let mut request = Request::with_payload(payload);
    let is_head = parts.method == Method::HEAD;
    let head = request.head_mut();
    (head.uri, head.method, head.version) = (parts.uri, parts.method, parts.version);
    head.headers = parts.headers.into();
    head.peer_addr = peer;
    (request, is_head)
}

fn payload(mut body: RecvStream) -> Payload {
    let pieces = stream::poll_fn(move |context| {
        body.poll_data(context).map(|piece| {
            let released = piece?.and_then(|piece| {
                // The client may send as much again.
                body.flow_control().release_capacity(piece.len())?;
                Ok(piece)
            });
            Some(released.map_err(|error| PayloadError::Incomplete(Some(io::Error::other(error)))))
        })
    });
    Payload::Stream { payload: Box::pin(pieces) }
}

/// Waits for the service's answer, and sends it. Drops the work if the client takes the request back.
pub(super) async fn exchange<R, E>(
    answer: impl Future<Output = Result<R, E>>,
    mut respond: SendResponse<Bytes>,
    is_head: bool,
    is_tls: bool,
    timeout: Duration,
) -> Outcome
where
    R: Into<Response<BoxBody>>,
    E: Into<Response<BoxBody>>,
{
    let mut answer = pin!(answer);
    let answered = poll_fn(|context| match respond.poll_reset(context) {
        Poll::Ready(_) => Poll::Ready(None),
        Poll::Pending => answer.as_mut().poll(context).map(Some),
    });
    let Some(answer) = answered.await else { return Outcome::Reset };
    let (response, body) = complete(answer, is_tls).into_parts();
    let size = body.size();
    let is_complete = is_head || size.is_eof();
    let head = head(response.status(), response.headers(), size);
    let sent = match respond.send_response(head, is_complete) {
        Ok(_) if is_complete => true,
        Ok(sender) => send(sender, body, timeout).await,
        Err(_) => false,
    };
    if sent { Outcome::Sent } else { Outcome::Reset }
}

/// Returns the head of a response. The connection is not its business in HTTP/2 (RFC 9113 §8.2.2).
fn head(status: StatusCode, headers: &HeaderMap, size: BodySize) -> http::Response<()> {
    let mut head = http::Response::new(());
    *head.status_mut() = status;
    let sent = head.headers_mut();
    for (name, value) in headers {
        if ![CONNECTION, TRANSFER_ENCODING, UPGRADE].contains(name) {
            sent.append(name, value.clone());
        }
    }
    if let BodySize::Sized(length) = size {
        sent.insert(CONTENT_LENGTH, length.into());
    }
    if !sent.contains_key(DATE)
        && let Ok(date) = HeaderValue::from_str(&now().to_string())
    {
        sent.insert(DATE, date);
    }
    head
}

#[expect(clippy::disallowed_methods, reason = "actix-http sends the time of the system in HTTP/1.1")]
fn now() -> HttpDate {
    SystemTime::now().into()
}

/// Sends the body. Returns false if the client does not receive it in time, counted from the moment
/// when it first has no room.
async fn send(mut sender: SendStream<Bytes>, body: BoxBody, timeout: Duration) -> bool {
    let mut body = pin!(body);
    let mut deadline = None;
    while let Some(part) = poll_fn(|context| body.as_mut().poll_next(context)).await {
        let Ok(mut part) = part else {
            sender.send_reset(Reason::INTERNAL_ERROR);
            return true;
        };
        while !part.is_empty() {
            sender.reserve_capacity(part.len().min(PIECE));
            let room = match poll_fn(|context| Poll::Ready(sender.poll_capacity(context))).await {
                Poll::Ready(room) => room,
                Poll::Pending => {
                    let deadline = *deadline.get_or_insert_with(|| Instant::now() + timeout);
                    let room = poll_fn(|context| sender.poll_capacity(context));
                    let Ok(room) = timeout_at(deadline, room).await else {
                        sender.send_reset(Reason::CANCEL);
                        return false;
                    };
                    room
                }
            };
            let Some(Ok(room)) = room else { return false };
            if sender.send_data(part.split_to(room.min(part.len())), false).is_err() {
                return false;
            }
        }
    }
    sender.send_data(Bytes::new(), true).is_ok()
}
