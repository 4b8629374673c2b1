//! Conditional requests (RFC 9110 §13): a client names the version of a document that it knows.

use std::convert::Infallible;
use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::{
    ContentType, ETAG, EntityTag, Header, IF_MATCH, IF_NONE_MATCH, IfMatch, IfNoneMatch, VARY,
};
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::problem::ApiError;

/// A JSON document and its entity tag. The tag is a digest of the document, so it differs whenever
/// any of its values does, also if the command line or another instance changed it.
pub(crate) struct TaggedDocument {
    body: Vec<u8>,
    tag: EntityTag,
}

impl TaggedDocument {
    /// Writes `value` as JSON.
    pub(crate) fn of(value: &impl Serialize) -> Result<Self, ApiError> {
        let body = serde_json::to_vec(value).map_err(|error| ApiError::Internal(error.to_string()))?;
        let tag = entity_tag(&body);
        Ok(Self { body, tag })
    }

    /// Returns the response with the document.
    pub(crate) fn response(self) -> HttpResponse {
        HttpResponse::Ok()
            .insert_header((ETAG, self.tag))
            .insert_header((VARY, "Accept-Language"))
            .insert_header(ContentType::json())
            .body(self.body)
    }
}

/// Returns the strong entity tag of a representation: a digest of its bytes.
pub(crate) fn entity_tag(body: &[u8]) -> EntityTag {
    let mut half = [0; 16];
    half.copy_from_slice(&Sha256::digest(body)[..16]);
    EntityTag::new_strong(format!("{:032x}", u128::from_be_bytes(half)))
}

/// The conditions of a request, where it has any.
pub(crate) struct Conditions {
    if_match: Option<IfMatch>,
    if_none_match: Option<IfNoneMatch>,
}

impl FromRequest for Conditions {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self::of(req)))
    }
}

impl Conditions {
    /// Reads the conditions of a request.
    pub(crate) fn of(req: &HttpRequest) -> Self {
        // A condition that cannot be read names no known version.
        let if_match = || IfMatch::parse(req).unwrap_or(IfMatch::Items(Vec::new()));
        let if_none_match = || IfNoneMatch::parse(req).unwrap_or(IfNoneMatch::Items(Vec::new()));
        Self {
            if_match: req.headers().contains_key(IF_MATCH).then(if_match),
            if_none_match: req.headers().contains_key(IF_NONE_MATCH).then(if_none_match),
        }
    }

    /// Returns the response to a `GET` of `document`: without a body if the client has it.
    pub(crate) fn read(&self, document: TaggedDocument) -> Result<HttpResponse, ApiError> {
        if !self.match_holds(&document.tag) {
            return Err(ApiError::PreconditionFailed);
        }
        if self.none_match_holds(&document.tag) {
            return Ok(document.response());
        }
        Ok(HttpResponse::NotModified().insert_header((ETAG, document.tag)).finish())
    }

    /// Fails if the client must not change the document, because it knows another version of it.
    /// The caller checks again if the document changes before the write.
    pub(crate) fn check_change(
        &self,
        document: impl FnOnce() -> Result<TaggedDocument, ApiError>,
    ) -> Result<(), ApiError> {
        if self.if_match.is_none() && self.if_none_match.is_none() {
            return Ok(());
        }
        let tag = document()?.tag;
        let holds = self.match_holds(&tag) && self.none_match_holds(&tag);
        if holds { Ok(()) } else { Err(ApiError::PreconditionFailed) }
    }

    /// Compares strongly (RFC 9110 §13.1.1): a weak tag is no known version.
    fn match_holds(&self, tag: &EntityTag) -> bool {
        match &self.if_match {
            None | Some(IfMatch::Any) => true,
            Some(IfMatch::Items(tags)) => tags.iter().any(|known| known.strong_eq(tag)),
        }
    }

    /// Returns whether the client lacks the version with this tag. Compares weakly (RFC 9110
    /// §13.1.2).
    pub(crate) fn none_match_holds(&self, tag: &EntityTag) -> bool {
        match &self.if_none_match {
            None => true,
            Some(IfNoneMatch::Any) => false,
            Some(IfNoneMatch::Items(tags)) => !tags.iter().any(|known| known.weak_eq(tag)),
        }
    }
}
