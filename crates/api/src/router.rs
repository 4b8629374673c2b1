//! Which path answers to what. Every path answers with and without a trailing slash.

use std::future::{Ready, ready};

use actix_web::{FromRequest, Handler, HttpResponse, Resource, Responder, Route, web};

use crate::openapi;
use crate::problem::ApiError;
use crate::routes::{account, docs, health, key, password, session, specialite};

pub(crate) fn configure(config: &mut web::ServiceConfig) {
    // What is asked for most comes first: paths are tried in this order.
    let own_account = || {
        [
            web::get().to(account::me::read),
            web::head().to(account::me::read),
            web::patch().to(account::me::change),
        ]
    };
    resource(config, "/api/me", "GET, HEAD, PATCH", own_account);
    post(config, "/api/token/refresh", session::token::refresh);
    post(config, "/api/token/verify", session::token::verify);
    post(config, "/api/token/blacklist", session::token::blacklist);
    post(config, "/api/user/register", account::register::patient);
    post(config, "/api/doctor/register", account::register::doctor);
    post(config, "/api/hospital/register", account::register::hospital);
    post(config, "/api/labo/register", account::register::labo);
    post(config, "/api/user/login", session::login::patient);
    post(config, "/api/doctor/login", session::login::doctor);
    post(config, "/api/hospital/login", session::login::hospital);
    post(config, "/api/labo/login", session::login::labo);
    post(config, "/api/me/password", password::change::change);
    let own_sessions = || {
        [
            web::get().to(session::manage::list),
            web::head().to(session::manage::list),
            web::delete().to(session::manage::revoke_others),
        ]
    };
    resource(config, "/api/me/sessions", "GET, HEAD, DELETE", own_sessions);
    resource(config, "/api/me/sessions/{id}", "DELETE", || [web::delete().to(session::manage::revoke)]);
    get(config, "/api/specialites", specialite::list::list);
    get(config, "/.well-known/jwks.json", key::list::list);
    get(config, "/health/live", health::live::live);
    get(config, "/health/ready", health::ready::ready);
    get(config, "/openapi.json", openapi::serve);
    get(config, "/docs", docs::page);
    get(config, "/docs/{file}", docs::file);
    config.default_service(web::to(|| refuse(ApiError::NotFound)));
}

fn get<F, Args>(config: &mut web::ServiceConfig, path: &str, handler: F)
where
    F: Handler<Args> + Copy,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    let routes = || [web::get().to(handler), web::head().to(handler)];
    resource(config, path, "GET, HEAD", routes);
}

fn post<F, Args>(config: &mut web::ServiceConfig, path: &str, handler: F)
where
    F: Handler<Args> + Copy,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    resource(config, path, "POST", || [web::post().to(handler)]);
}

/// `path`, with and without a slash at its end; `allowed` names the methods of `routes`.
///
/// Two resources and not one with two paths: that would be matched by a regular expression, at each request.
fn resource<R: IntoIterator<Item = Route>>(
    config: &mut web::ServiceConfig,
    path: &str,
    allowed: &'static str,
    routes: impl Fn() -> R,
) {
    for path in [path.to_owned(), format!("{path}/")] {
        let refusal = web::to(move || refuse(ApiError::MethodNotAllowed(allowed)));
        let resource = web::resource(path).default_service(refusal);
        config.service(routes().into_iter().fold(resource, Resource::route));
    }
}

fn refuse(error: ApiError) -> Ready<Result<HttpResponse, ApiError>> {
    ready(Err(error))
}
