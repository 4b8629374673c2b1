//! An operation of the API: its path, its callers, its limit, its handler and its documentation.

use std::future::ready;

use actix_web::http::Method;
use actix_web::{FromRequest, Handler, HttpResponse, Responder, Route, web};

use crate::authorization::{Access, PathAccess};
use crate::extract::Admitted;
use crate::network_limits::{PathLimits, RequestKind};
use crate::openapi::Description;
use crate::problem::ApiError;

/// One row of the table of operations in [`crate::routes`].
pub(crate) struct Operation {
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    pub(crate) access: Access,
    /// How many of its requests a network may send; `None` is any number.
    pub(crate) limit: Option<RequestKind>,
    /// Describes the operation in the OpenAPI document; `None` if the document omits it.
    pub(crate) describe: Option<Box<dyn Fn() -> Description + Send + Sync>>,
    route: Box<dyn Fn(Method, Option<RequestKind>) -> Route + Send + Sync>,
}

impl Operation {
    /// Creates an operation that the OpenAPI document omits.
    pub(crate) fn new<F, Args>(method: Method, path: &'static str, access: Access, handler: F) -> Self
    where
        F: Handler<Args> + Send + Sync,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        let route = Box::new(move |method, limit: Option<RequestKind>| {
            let (route, handler) = (web::method(method), handler.clone());
            match limit {
                Some(_) => route.to(move |Admitted(args): Admitted<Args>| handler.call(args)),
                None => route.to(handler),
            }
        });
        Self { method, path, access, limit: None, describe: None, route }
    }

    /// Adds the operation to the OpenAPI document.
    pub(crate) fn described(mut self, describe: impl Fn() -> Description + Send + Sync + 'static) -> Self {
        self.describe = Some(Box::new(describe));
        self
    }

    /// Limits the requests of each network.
    pub(crate) fn limited(self, kind: RequestKind) -> Self {
        Self { limit: Some(kind), ..self }
    }

    /// Returns the methods that the operation answers to: HEAD is answered as GET without the body
    /// (RFC 9110 §9.3.2).
    fn methods(&self) -> impl Iterator<Item = Method> {
        let head = (self.method == Method::GET).then_some(Method::HEAD);
        std::iter::once(self.method.clone()).chain(head)
    }
}

/// The operations of one path.
pub(crate) struct Endpoint {
    pub(crate) path: &'static str,
    pub(crate) operations: Vec<Operation>,
    access: PathAccess,
    limits: PathLimits,
    /// Value of the `Allow` header.
    allow: String,
}

impl Endpoint {
    /// Groups operations by path, in the order of each path's first operation.
    pub(crate) fn group(operations: Vec<Operation>) -> Vec<Self> {
        let mut endpoints: Vec<Self> = Vec::new();
        for operation in operations {
            let index = endpoints.iter().position(|endpoint| endpoint.path == operation.path);
            let index = index.unwrap_or_else(|| {
                endpoints.push(Self::at(operation.path));
                endpoints.len() - 1
            });
            let endpoint = &mut endpoints[index];
            for method in operation.methods() {
                let separator = if endpoint.allow.is_empty() { "" } else { ", " };
                endpoint.allow = format!("{}{separator}{method}", endpoint.allow);
                endpoint.limits.0.extend(operation.limit.map(|kind| (method.clone(), kind)));
                endpoint.access.0.push((Some(method), operation.access));
            }
            endpoint.operations.push(operation);
        }
        endpoints
    }

    fn at(path: &'static str) -> Self {
        let (access, limits) = (PathAccess::default(), PathLimits::default());
        Self { path, operations: Vec::new(), access, limits, allow: String::new() }
    }

    /// Registers the path with and without a trailing slash.
    ///
    /// Two resources instead of one with two paths, which actix would match by a regular expression
    /// on each request.
    pub(crate) fn configure(&'static self, config: &mut web::ServiceConfig) {
        for path in [self.path.to_owned(), format!("{}/", self.path)] {
            let not_allowed = || ready(Err::<HttpResponse, _>(ApiError::MethodNotAllowed(&self.allow)));
            let mut resource =
                web::resource(path).app_data(&self.access).default_service(web::to(not_allowed));
            if !self.limits.0.is_empty() {
                resource = resource.app_data(&self.limits);
            }
            for operation in &self.operations {
                for method in operation.methods() {
                    resource = resource.route((operation.route)(method, operation.limit));
                }
            }
            config.service(resource);
        }
    }
}
