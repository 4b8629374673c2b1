//! Extractors of requests.

mod bearer;
mod client;
mod fields;
mod json;

pub(crate) use bearer::Bearer;
pub(crate) use client::Client;
pub(crate) use fields::{Field, FieldReader, Object};
pub(crate) use json::{BodyLimits, Json};
