//! Which path answers to what. Every path answers with and without a trailing slash.

use std::future::{Ready, ready};

use actix_web::{FromRequest, Handler, HttpResponse, Responder, web};

use crate::openapi;
use crate::problem::ApiError;
use crate::routes::{account, docs, health, session, specialite};

pub(crate) fn configure(config: &mut web::ServiceConfig) {
    post(config, "/api/user/register", account::register::patient);
    post(config, "/api/doctor/register", account::register::doctor);
    post(config, "/api/hospital/register", account::register::hospital);
    post(config, "/api/labo/register", account::register::labo);
    post(config, "/api/user/login", session::login::patient);
    post(config, "/api/doctor/login", session::login::doctor);
    post(config, "/api/hospital/login", session::login::hospital);
    post(config, "/api/labo/login", session::login::labo);
    get(config, "/api/me", account::me::read);
    get(config, "/api/specialites", specialite::list::list);
    get(config, "/health/live", health::live::live);
    get(config, "/health/ready", health::ready::ready);
    get(config, "/openapi.json", openapi::serve);
    get(config, "/docs", docs::page);
    get(config, "/docs/{file}", docs::file);
    config.default_service(web::to(|| refuse(ApiError::NotFound)));
}

fn get<F, Args>(config: &mut web::ServiceConfig, path: &str, handler: F)
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    let resource = web::resource(both_forms(path))
        .route(web::get().to(handler.clone()))
        .route(web::head().to(handler))
        .default_service(web::to(|| refuse(ApiError::MethodNotAllowed("GET, HEAD"))));
    config.service(resource);
}

fn post<F, Args>(config: &mut web::ServiceConfig, path: &str, handler: F)
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    let resource = web::resource(both_forms(path))
        .route(web::post().to(handler))
        .default_service(web::to(|| refuse(ApiError::MethodNotAllowed("POST"))));
    config.service(resource);
}

fn both_forms(path: &str) -> [String; 2] {
    [path.to_owned(), format!("{path}/")]
}

fn refuse(error: ApiError) -> Ready<Result<HttpResponse, ApiError>> {
    ready(Err(error))
}
