//! The limit of actix-web on this machine without a database: it only verifies the token and sends
//! the response's bytes.

use std::io::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use actix_web::http::header::AUTHORIZATION;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use sihha_domain::clock::Clock;
use sihha_domain::ids::TokenId;
use sihha_domain::session::{AccessClaims, Claims, RefreshClaims, TokenClaims, TokenIssuer};
use sihha_infra::jwt::JwtIssuer;
use sihha_infra::system::{SystemClock, SystemRandomness};

use crate::accounts::issuer;
use crate::load::cores;
use crate::process::{Process, until_we_end};

/// Starts the reference as a separate process of this program. It responds to `me` with the bytes
/// of `answer`.
pub(crate) fn start(folder: &Path, answer: &[u8]) -> anyhow::Result<Process> {
    let file = folder.join("me.json");
    std::fs::write(&file, answer)?;
    Process::start(until_we_end(std::env::current_exe()?).arg("reference").arg(file))
}

struct Reference {
    issuer: JwtIssuer,
    me: Vec<u8>,
}

/// Serves until the process is killed.
pub(crate) fn serve(me: &PathBuf) -> anyhow::Result<()> {
    let reference = Arc::new(Reference { issuer: issuer()?, me: std::fs::read(me)? });
    let listener = TcpListener::bind("127.0.0.1:0")?;
    writeln!(std::io::stdout(), "http://{}", listener.local_addr()?)?;
    actix_web::rt::System::new().block_on(async {
        HttpServer::new(move || {
            App::new()
                .app_data(web::Data::from(Arc::clone(&reference)))
                .route("/api/me", web::get().to(read_me))
                .route("/api/token/refresh", web::post().to(refresh))
                .route("/api/token/verify", web::post().to(constant))
        })
        .workers(cores())
        .listen(listener)?
        .run()
        .await
    })?;
    Ok(())
}

async fn read_me(reference: web::Data<Reference>, request: HttpRequest) -> HttpResponse {
    let header = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = header.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
    match reference.issuer.verify(token, SystemClock.now()) {
        Ok(_) => HttpResponse::Ok().content_type("application/json").body(reference.me.clone()),
        Err(_) => HttpResponse::Unauthorized().finish(),
    }
}

/// Verifies one token and signs two.
async fn refresh(reference: web::Data<Reference>, body: web::Json<RefreshRequest>) -> HttpResponse {
    let now = SystemClock.now();
    let Ok(claims) = reference.issuer.verify(&body.refresh, now) else {
        return HttpResponse::Unauthorized().finish();
    };
    let claims = claims.common();
    let refresh = TokenClaims { id: claims.id.successor(), ..claims.clone() };
    let access = TokenClaims { id: TokenId::generate(&SystemRandomness), ..refresh.clone() };
    let (access, refresh) = (Claims::Access(AccessClaims(access)), Claims::Refresh(RefreshClaims(refresh)));
    let sign = |claims| reference.issuer.issue(claims).map(|token| token.expose().to_owned());
    match (sign(&access), sign(&refresh)) {
        (Ok(access), Ok(refresh)) => HttpResponse::Ok().json(RefreshResponse { access, refresh }),
        _ => HttpResponse::InternalServerError().finish(),
    }
}

/// Reads the body, because actix-web closes a connection with an unread body.
async fn constant(_body: web::Bytes) -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body("{}")
}

#[derive(serde::Deserialize)]
struct RefreshRequest {
    refresh: String,
}

#[derive(serde::Serialize)]
struct RefreshResponse {
    access: String,
    refresh: String,
}
