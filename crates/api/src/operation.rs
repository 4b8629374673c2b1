//! An operation of the API: its path, its callers, its handler and its documentation.

use std::future::ready;

use actix_web::http::Method;
use actix_web::{FromRequest, Handler, HttpResponse, Responder, Route, web};

use crate::authorization::{Access, PathAccess};
use crate::openapi::Description;
use crate::problem::ApiError;

/// One row of the table of operations in [`crate::routes`].
pub(crate) struct Operation {
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    pub(crate) access: Access,
    /// Describes the operation in the OpenAPI document; `None` if the document omits it.
    pub(crate) describe: Option<Box<dyn Fn() -> Description + Send + Sync>>,
    route: Box<dyn Fn(Method) -> Route + Send + Sync>,
}

impl Operation {
    /// Creates an operation that the OpenAPI document omits.
    pub(crate) fn new<F, Args>(method: Method, path: &'static str, access: Access, handler: F) -> Self
    where
        F: Handler<Args> + Send + Sync,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        let route = Box::new(move |method| web::method(method).to(handler.clone()));
        Self { method, path, access, describe: None, route }
    }

    /// Adds the operation to the OpenAPI document.
    pub(crate) fn described(mut self, describe: impl Fn() -> Description + Send + Sync + 'static) -> Self {
        self.describe = Some(Box::new(describe));
        self
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
                let (path, access, allow) = (operation.path, PathAccess::default(), String::new());
                endpoints.push(Self { path, operations: Vec::new(), access, allow });
                endpoints.len() - 1
            });
            let endpoint = &mut endpoints[index];
            for method in operation.methods() {
                let separator = if endpoint.allow.is_empty() { "" } else { ", " };
                endpoint.allow = format!("{}{separator}{method}", endpoint.allow);
                endpoint.access.0.push((Some(method), operation.access));
            }
            endpoint.operations.push(operation);
        }
        endpoints
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
            for operation in &self.operations {
                for method in operation.methods() {
                    resource = resource.route((operation.route)(method));
                }
            }
            config.service(resource);
        }
    }
}
