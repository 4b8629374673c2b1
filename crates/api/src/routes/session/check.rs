//! The question that a gateway asks about each request: who sent it, and may that account do it?

use std::sync::LazyLock;

use actix_web::{HttpRequest, HttpResponse, web};
use sihha_domain::FieldError;
use sihha_domain::account::{Account, Role};

use crate::app::App;
use crate::authorization::{Access, PathAccess};
use crate::extract::{Bearer, FieldReader};
use crate::problem::ApiError;

/// The path, with and without a trailing slash.
const PATHS: [&str; 2] = ["/api/auth/check", "/api/auth/check/"];
/// Paths of gateways that append the path and the query of the request that they ask about.
const BELOW: &str = "/api/auth/check/{request}*";

static ACCESS: LazyLock<PathAccess> = LazyLock::new(|| PathAccess(vec![(None, Access::Account)]));

/// Registers the question. It is not a row of the table of operations, because gateways ask it with
/// the method of the request that they ask about.
pub(crate) fn configure(config: &mut web::ServiceConfig) {
    for path in PATHS {
        config.service(web::resource(path).app_data(&*ACCESS).to(check));
    }
    config.service(web::resource(BELOW).app_data(&*ACCESS).to(check_below));
}

/// **Permissions**: account holders, by an access token of an active session.
async fn check(
    app: web::Data<App>,
    Bearer(caller): Bearer,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let conditions = Conditions::read(request.query_string())?;
    respond(&app, Bearer(caller), &conditions).await
}

/// Ignores the query: it is that of the request that the gateway asks about.
///
/// **Permissions**: account holders, by an access token of an active session.
async fn check_below(app: web::Data<App>, bearer: Bearer) -> Result<HttpResponse, ApiError> {
    respond(&app, bearer, &Conditions::default()).await
}

async fn respond(
    app: &App,
    Bearer(caller): Bearer,
    conditions: &Conditions,
) -> Result<HttpResponse, ApiError> {
    let session = caller.session;
    let account = app.account(caller).await?;
    if !conditions.hold(&account) {
        return Err(ApiError::Forbidden);
    }
    let mut response = HttpResponse::Ok();
    response.insert_header(("X-User-Id", account.id.to_string()));
    response.insert_header(("X-Role", account.role().as_str()));
    response.insert_header(("X-Approved", account.is_approved().to_string()));
    response.insert_header(("X-Session-Id", session.to_string()));
    Ok(response.finish())
}

/// What the gateway requires of the account.
#[derive(Default)]
struct Conditions {
    is_approved: bool,
    /// The roles of which the account must have one; no condition if there are none.
    roles: Vec<Role>,
}

impl Conditions {
    fn read(query: &str) -> Result<Self, ApiError> {
        let parameters =
            web::Query::<Vec<(String, String)>>::from_query(query).map_err(|_| ApiError::UNREADABLE)?;
        let (mut conditions, mut reader) = (Self::default(), FieldReader::new());
        for (name, value) in parameters.into_inner() {
            match name.as_str() {
                "approved" if ["1", "true"].contains(&value.as_str()) => conditions.is_approved = true,
                "approved" => reader.add(&name, FieldError::UnknownChoice { choices: &["1", "true"] }),
                "role" => match value.split(',').map(Role::parse).collect::<Option<Vec<_>>>() {
                    Some(roles) => conditions.roles.extend(roles),
                    None => reader.add(&name, FieldError::UnknownChoice { choices: &Role::NAMES }),
                },
                // A misspelt condition must not let anyone in.
                _ => reader.add(&name, FieldError::UnknownChoice { choices: &["approved", "role"] }),
            }
        }
        reader.finish(Some(conditions)).map_err(ApiError::InvalidFields)
    }

    fn hold(&self, account: &Account) -> bool {
        (account.is_approved() || !self.is_approved)
            && (self.roles.is_empty() || self.roles.contains(&account.role()))
    }
}
