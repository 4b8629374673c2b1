use actix_web::http::StatusCode;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;
use utoipa::openapi::content::Content;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::{Array, Components, ObjectBuilder, Schema, Type};
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Required, Response, ResponseBuilder};

use super::{errors, headers, texts};
use crate::authorization::Access;
use crate::extract::IDEMPOTENCY_KEY;
use crate::network_limits::RequestKind;
use crate::problem::ProblemCode;

/// Documentation of an operation, except for what its row says and what all operations of its kind
/// have in common.
pub(crate) struct Description {
    operation: Operation,
    /// Errors that only this operation returns.
    errors: Vec<ProblemCode>,
    schemas: Vec<(String, RefOr<Schema>)>,
    /// Headers of the responses of a success.
    headers: Vec<&'static str>,
}

impl Description {
    /// Starts the documentation of the operation `id`, which clients name their function after.
    pub(crate) fn new(id: impl Into<String>, tag: &str, summary: impl Into<String>) -> Self {
        let mut operation = Operation::new();
        operation.operation_id = Some(id.into());
        operation.tags = Some(vec![tag.to_owned()]);
        operation.summary = Some(summary.into());
        Self { operation, errors: Vec::new(), schemas: Vec::new(), headers: vec![headers::REQUEST_ID] }
    }

    /// Adds what the summary leaves out.
    pub(crate) fn details(mut self, details: &str) -> Self {
        self.operation.description = Some(format!("{details}\n\n"));
        self
    }

    /// Adds a parameter of the query with the values of `T`.
    pub(crate) fn query<T: ToSchema>(mut self, name: &str, description: &str) -> Self {
        let parameter = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Query);
        let schema = self.reference::<T>();
        self.parameter(parameter.description(Some(description)).schema(Some(schema)))
    }

    /// Adds a parameter of the path or the query.
    pub(crate) fn parameter(mut self, parameter: impl Into<Parameter>) -> Self {
        self.operation.parameters.get_or_insert_default().push(RefOr::T(parameter.into()));
        self
    }

    /// Adds a header of the request.
    fn header(self, name: &str, description: &str, value: ObjectBuilder) -> Self {
        let parameter = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Header);
        let value = value.schema_type(Type::String).build();
        self.parameter(parameter.description(Some(description)).schema(Some(value)))
    }

    /// Adds a header that the client may send.
    pub(crate) fn optional_header(self, name: &str, description: &str) -> Self {
        self.header(name, description, ObjectBuilder::new())
    }

    /// Adds the header with which a client may repeat the request, and its errors.
    pub(crate) fn repeatable(self) -> Self {
        const KEY: &str = r#"^("[!#-\[\]-~]{1,255}"|[!#-\[\]-~]{1,255})$"#;
        let description = "Chosen by the client, such as a UUID. If there is no response, the same request with the same \
            key takes effect once, within 24 hours.";
        self.header(IDEMPOTENCY_KEY, description, ObjectBuilder::new().pattern(Some(KEY)))
            .errors(&[ProblemCode::InvalidIdempotencyKey, ProblemCode::IdempotencyKeyReused])
    }

    /// Adds the `ETag`, and what a client that has a version may send to read only another one.
    pub(crate) fn conditional_read(mut self) -> Self {
        self.headers.push(headers::ETAG);
        let response = ResponseBuilder::new().description("The client has the current version");
        self.header("If-None-Match", "The versions that the client has, or `*`.", ObjectBuilder::new())
            .respond(StatusCode::NOT_MODIFIED, response)
            .errors(&[ProblemCode::PreconditionFailed])
    }

    /// Adds the `ETag`, and what a client may send to change only the version that it knows.
    pub(crate) fn conditional_change(mut self) -> Self {
        self.headers.push(headers::ETAG);
        self.header("If-Match", "The versions that the client knows, or `*`.", ObjectBuilder::new())
            .errors(&[ProblemCode::PreconditionFailed])
    }

    /// Sets the request body.
    pub(crate) fn request<T: ToSchema>(mut self, media_type: &str, example: impl Serialize) -> Self {
        let known = self.schemas.len();
        let content = content(self.reference::<T>(), example);
        self.schemas[known..].iter_mut().for_each(|(_, schema)| texts::add_rules(schema));
        let body = RequestBodyBuilder::new().content(media_type, content).required(Some(Required::True));
        self.operation.request_body = Some(RefOr::T(body.build()));
        self
    }

    /// Lets clients leave out the request body.
    pub(crate) fn optional_body(mut self) -> Self {
        if let Some(RefOr::T(body)) = &mut self.operation.request_body {
            body.required = Some(Required::False);
        }
        self
    }

    /// Sets the response of a success, with a body.
    pub(crate) fn response<T: ToSchema>(
        mut self,
        status: StatusCode,
        description: &str,
        example: impl Serialize,
    ) -> Self {
        let content = content(self.reference::<T>(), example);
        self.respond(
            status,
            ResponseBuilder::new().description(description).content("application/json", content),
        )
    }

    /// Sets the response of a success, with a list.
    pub(crate) fn list<T: ToSchema>(mut self, description: &str, example: impl Serialize) -> Self {
        let content = content(Array::new(self.reference::<T>()), example);
        let response = ResponseBuilder::new().description(description).content("application/json", content);
        self.respond(StatusCode::OK, response)
    }

    /// Sets the response of a success, without a body.
    pub(crate) fn no_content(self, description: &str) -> Self {
        self.respond(StatusCode::NO_CONTENT, ResponseBuilder::new().description(description))
    }

    /// Adds errors that only this operation returns.
    pub(crate) fn errors(mut self, codes: &[ProblemCode]) -> Self {
        self.errors.extend(codes);
        self
    }

    fn respond(mut self, status: StatusCode, response: ResponseBuilder) -> Self {
        let response: Response = response.build();
        self.operation.responses.responses.insert(status.as_str().to_owned(), RefOr::T(response));
        self
    }

    fn reference<T: ToSchema>(&mut self) -> Ref {
        self.schemas.push((T::name().into_owned(), T::schema()));
        T::schemas(&mut self.schemas);
        Ref::from_schema_name(T::name())
    }

    /// Returns the whole operation, and adds what it refers to to `components`.
    pub(crate) fn finish(
        self,
        access: Access,
        limit: Option<RequestKind>,
        components: &mut Components,
    ) -> Operation {
        let Self { mut operation, mut errors, schemas, headers } = self;
        components.schemas.extend(schemas);
        operation.description.get_or_insert_default().push_str(access.permissions());
        operation.security = Some(access.security());
        for response in operation.responses.responses.values_mut() {
            if let RefOr::T(response) = response {
                response.headers.extend(headers::references(|name| headers.contains(&name), components));
            }
        }
        if operation.request_body.is_some() {
            errors.extend(errors::OF_BODIES);
        }
        if access.needs_token() {
            errors.extend(errors::OF_ACCESS_TOKENS);
        }
        if matches!(access, Access::Staff | Access::Admin) {
            errors.push(ProblemCode::Forbidden);
        }
        if access == Access::Account {
            errors.push(ProblemCode::InsufficientScope);
        }
        if operation.request_body.is_some() || access.needs_token() {
            errors.extend(errors::OF_LOAD);
        }
        errors.extend(limit.map(|_| ProblemCode::TooManyRequests));
        operation.responses.responses.extend(errors::responses(&errors, components));
        operation
    }
}

fn content(schema: impl Into<RefOr<Schema>>, example: impl Serialize) -> Content {
    ContentBuilder::new().schema(Some(schema)).example(Some(json!(example))).build()
}
