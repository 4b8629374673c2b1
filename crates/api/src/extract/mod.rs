//! Extractors of requests.

mod admitted;
mod bearer;
mod client;
mod fields;
mod form;
mod idempotency;
pub(crate) mod json;
mod language;
mod staff;
mod staff_post;

pub(crate) use admitted::Admitted;
pub(crate) use bearer::Bearer;
pub(crate) use client::Client;
pub(crate) use fields::{Field, FieldReader, Object};
pub(crate) use form::Form;
pub(crate) use idempotency::{IDEMPOTENCY_KEY, Repeatable};
pub(crate) use json::{BodyLimits, Json};
pub(crate) use language::{AccountLanguage, ResponseLanguage};
pub(crate) use staff::Staff;
pub(crate) use staff_post::StaffPost;
