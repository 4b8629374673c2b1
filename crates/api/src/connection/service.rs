use std::convert::Infallible;
use std::net::SocketAddr;
use std::rc::Rc;

use actix_http::body::{BoxBody, MessageBody, SizedStream};
use actix_http::error::DispatchError;
use actix_http::header::{CONTENT_LENGTH, HeaderName, HeaderValue};
use actix_http::{ConnectionType, HttpMessage, HttpService, KeepAlive, Payload, Request, Response};
use actix_service::{Service, ServiceFactory, fn_factory, fn_service};
use actix_web::rt::net::TcpStream;
use futures_util::stream;

use super::flow::{Flow, Rest};
use super::framing::ChunkScanner;
use super::response::{PIECE, complete};
use super::stream::{Connection, LINGER};
use super::transport::Transport;
use super::{Shared, http2, setup};

const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");

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
    A::Service: 'static,
    <A::Service as Service<Request>>::Future: 'static,
{
    fn_factory(move || {
        let (app, shared) = (app.new_service(()), shared.clone());
        async move {
            let app = Rc::new(app.await?);
            let http1 = Rc::new(http1(Rc::clone(&app), &shared).new_service(()).await?);
            let serve = move |tcp| serve(tcp, Rc::clone(&app), Rc::clone(&http1), shared.clone());
            fn_service(serve).new_service(()).await
        }
    })
}

/// Serves one connection.
async fn serve<A, H>(tcp: TcpStream, app: Rc<A>, http1: Rc<H>, shared: Shared) -> Result<(), DispatchError>
where
    A: Service<Request>,
    A::Response: Into<Response<BoxBody>>,
    A::Error: Into<Response<BoxBody>>,
    A::Future: 'static,
    H: Service<(Connection, Option<SocketAddr>), Response = (), Error = DispatchError>,
{
    let peer = tcp.peer_addr().ok();
    let slot = shared.registry.add(shared.limited_address(peer));
    let transport = match &shared.tls {
        None => Transport::Plain(tcp),
        Some(tls) => match setup::handshake(tls, tcp, &slot, &shared).await {
            Ok(transport) => transport,
            Err(error) => {
                tracing::debug!(%error, "TLS handshake failed");
                return Ok(());
            }
        },
    };
    if transport.is_http2() {
        http2::serve(transport, slot, peer, &*app, &shared).await;
        return Ok(());
    }
    http1.call((Connection::new(transport, slot, &shared), peer)).await
}

/// Serves `app` on connections of HTTP/1.1.
fn http1<S>(
    app: Rc<S>,
    shared: &Shared,
) -> impl ServiceFactory<
    (Connection, Option<SocketAddr>),
    Config = (),
    Response = (),
    Error = DispatchError,
    InitError = (),
> + use<S>
where
    S: Service<Request> + 'static,
    S::Response: Into<Response<BoxBody>>,
    S::Error: Into<Response<BoxBody>> + 'static,
    S::Future: 'static,
{
    let is_tls = shared.tls.is_some();
    let keep_alive =
        HeaderValue::from_str(&format!("timeout={}", shared.limits.keep_alive_timeout.as_secs()))
            .unwrap_or_else(|_| HeaderValue::from_static("timeout=1"));
    let exchange = move |mut request: Request| {
        let body = body(&mut request);
        let exchange = request.conn_data::<Rc<Flow>>().map(|flow| Exchange::begin(flow, body));
        let (answer, keep_alive) = (app.call(request), keep_alive.clone());
        async move {
            let mut response = complete(answer.await, is_tls);
            if exchange.is_some_and(|exchange| exchange.0.is_draining()) {
                response.head_mut().set_connection_type(ConnectionType::Close);
            } else {
                response.headers_mut().insert(KEEP_ALIVE, keep_alive);
            }
            Ok::<_, Infallible>(response.map_body(|_, body| in_pieces(body)))
        }
    };
    HttpService::build()
        // `Connection` enforces both: actix-http does not limit the time of heads after the first.
        .keep_alive(KeepAlive::Os)
        .client_request_timeout(std::time::Duration::ZERO)
        .client_disconnect_timeout(LINGER)
        .h1_write_buffer_size(PIECE)
        .on_connect_ext(|connection: &Connection, data| {
            data.insert(connection.flow());
        })
        .h1(fn_service(exchange))
}

/// A request that the service is processing.
struct Exchange(Rc<Flow>);

impl Exchange {
    fn begin(flow: &Rc<Flow>, body: Rest) -> Self {
        flow.begin(body);
        Self(Rc::clone(flow))
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.0.end();
    }
}

fn body(request: &mut Request) -> Rest {
    if matches!(request.payload(), Payload::None) {
        return Rest::Bytes(0);
    }
    if request.chunked().unwrap_or(false) {
        return Rest::Chunks(ChunkScanner::default());
    }
    let length = request.headers().get(CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.trim().parse().ok());
    length.map_or(Rest::Endless, Rest::Bytes)
}

/// Splits a large body: the dispatcher copies a whole piece even while the previous one waits to be
/// sent.
fn in_pieces(body: BoxBody) -> BoxBody {
    match body.try_into_bytes() {
        Ok(mut rest) if rest.len() > PIECE => {
            let length = rest.len() as u64;
            let pieces = std::iter::from_fn(move || {
                let piece = rest.split_to(PIECE.min(rest.len()));
                (!piece.is_empty()).then_some(Ok::<_, Infallible>(piece))
            });
            BoxBody::new(SizedStream::new(length, stream::iter(pieces)))
        }
        Ok(bytes) => BoxBody::new(bytes),
        Err(body) => body,
    }
}
