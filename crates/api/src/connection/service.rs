use std::convert::Infallible;
use std::future::ready;
use std::rc::Rc;

use actix_http::body::{BoxBody, MessageBody, SizedStream};
use actix_http::error::DispatchError;
use actix_http::header::{CONTENT_LENGTH, HeaderName, HeaderValue};
use actix_http::{ConnectionType, HttpMessage, HttpService, KeepAlive, Payload, Request, Response};
use actix_service::{Service, ServiceFactory, ServiceFactoryExt, apply_fn_factory, fn_service};
use actix_web::rt::net::TcpStream;
use futures_util::stream;

use super::Shared;
use super::flow::{Flow, Rest};
use super::framing::ChunkScanner;
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
        let (answer, keep_alive) = (app.call(request), keep_alive.clone());
        async move {
            let mut response: Response<BoxBody> = answer.await?.into();
            if exchange.is_some_and(|exchange| exchange.0.is_draining()) {
                response.head_mut().set_connection_type(ConnectionType::Close);
            } else {
                response.headers_mut().insert(KEEP_ALIVE, keep_alive);
            }
            Ok::<_, A::Error>(response.map_body(|_, body| in_pieces(body)))
        }
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
