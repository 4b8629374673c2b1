use std::future::ready;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use actix_http::body::{BodySize, BoxBody, MessageBody};
use actix_http::error::DispatchError;
use actix_http::header::{CONTENT_LENGTH, HeaderName, HeaderValue};
use actix_http::{ConnectionType, HttpMessage, HttpService, KeepAlive, Payload, Request, Response};
use actix_service::{Service, ServiceFactory, ServiceFactoryExt, apply_fn_factory, fn_service};
use actix_web::rt::net::TcpStream;
use actix_web::web::Bytes;
use pin_project_lite::pin_project;

use super::Shared;
use super::flow::{Body, Flow};
use super::stream::{Connection, LINGER};

const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");

/// Maximum size of a piece in which a response's body is copied to be sent, in bytes.
const PIECE: usize = 8 * 1024;

/// Serves `app` on TCP connections that respect the limits.
pub(crate) fn connected<A>(
    app: A,
    shared: Shared,
) -> impl ServiceFactory<TcpStream, Config = (), Response = (), Error = DispatchError, InitError = ()>
where
    A: ServiceFactory<Request, Config = (), InitError = ()> + 'static,
    A::Response: Into<Response<BoxBody>>,
    A::Error: Into<Response<BoxBody>> + 'static,
    A::Future: 'static,
    <A::Service as Service<Request>>::Future: 'static,
{
    let keep_alive =
        HeaderValue::from_str(&format!("timeout={}", shared.limits.keep_alive_timeout.as_secs()))
            .unwrap_or_else(|_| HeaderValue::from_static("timeout=1"));
    let exchange = apply_fn_factory(app, move |mut request: Request, app: &A::Service| {
        let body = body(&mut request);
        let exchange = request.conn_data::<Rc<Flow>>().map(|flow| Exchange::begin(flow, body));
        Respond { service: app.call(request), exchange, keep_alive: keep_alive.clone() }
    });
    let http = HttpService::build()
        // `Connection` enforces both: actix-http does not limit the time of heads after the first.
        .keep_alive(KeepAlive::Os)
        .client_request_timeout(std::time::Duration::ZERO)
        .client_disconnect_timeout(LINGER)
        .h1_write_buffer_size(PIECE)
        .on_connect_ext(|connection: &Connection, data| {
            data.insert(connection.flow());
        })
        .h1(exchange);
    fn_service(move |tcp: TcpStream| {
        let connection = Connection::new(tcp, &shared);
        let peer = connection.peer_addr();
        ready(Ok::<_, DispatchError>((connection, peer)))
    })
    .and_then(http)
}

/// A request that the service is processing.
struct Exchange(Rc<Flow>);

impl Exchange {
    fn begin(flow: &Rc<Flow>, body: Body) -> Self {
        flow.begin(body);
        Self(Rc::clone(flow))
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.0.end();
    }
}

fn body(request: &mut Request) -> Body {
    if matches!(request.payload(), Payload::None) {
        return Body::Sized(0);
    }
    if request.chunked().unwrap_or(false) {
        return Body::Chunked;
    }
    let length = request.headers().get(CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.trim().parse().ok());
    length.map_or(Body::Endless, Body::Sized)
}

pin_project! {
    /// The service's response with its body in pieces. It announces the keep-alive timeout or,
    /// while the server stops, the close of the connection.
    struct Respond<F> {
        #[pin]
        service: F,
        exchange: Option<Exchange>,
        keep_alive: HeaderValue,
    }
}

impl<F, R, E> Future for Respond<F>
where
    F: Future<Output = Result<R, E>>,
    R: Into<Response<BoxBody>>,
{
    type Output = Result<Response<BoxBody>, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mut response: Response<BoxBody> = ready!(this.service.poll(context))?.into();
        let exchange = this.exchange.take();
        if exchange.is_some_and(|exchange| exchange.0.is_draining()) {
            response.head_mut().set_connection_type(ConnectionType::Close);
        } else {
            response.headers_mut().insert(KEEP_ALIVE, this.keep_alive.clone());
        }
        Poll::Ready(Ok(response.map_body(|_, body| in_pieces(body))))
    }
}

/// Splits a large body: the dispatcher copies a whole piece even while the previous one waits to be
/// sent.
fn in_pieces(body: BoxBody) -> BoxBody {
    match body.try_into_bytes() {
        Ok(bytes) if bytes.len() > PIECE => BoxBody::new(Pieces(bytes)),
        Ok(bytes) => BoxBody::new(bytes),
        Err(body) => body,
    }
}

/// A body that is sent in pieces.
struct Pieces(Bytes);

impl MessageBody for Pieces {
    type Error = std::convert::Infallible;

    fn size(&self) -> BodySize {
        BodySize::Sized(self.0.len() as u64)
    }

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let rest = &mut self.get_mut().0;
        let next = rest.split_to(PIECE.min(rest.len()));
        Poll::Ready((!next.is_empty()).then_some(Ok(next)))
    }
}
