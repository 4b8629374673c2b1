use chrono::{DateTime, Utc};

use super::{Application, ApprovalError};
use crate::account::AccountRef;
use crate::idempotency::{IdempotentRequest, Operation, RecordedRequest};
use crate::staff::StaffCaller;
use crate::store::{Repositories, StoreError};

/// A request of a member of staff to change an application.
#[derive(Clone)]
pub struct StaffRequest<'a> {
    /// The member of staff.
    pub caller: &'a StaffCaller,
    /// The account of the application.
    pub account: AccountRef,
    /// The request's key, if it has one.
    pub repeat: Option<Repeat<'a>>,
}

/// A request that may be repeated.
#[derive(Clone)]
pub struct Repeat<'a> {
    /// The key, which is the member's own
    /// ([`IdempotencyKey::of_member`](crate::idempotency::IdempotencyKey::of_member)), and the content.
    pub request: IdempotentRequest,
    /// Writes the answer, which a repetition gets again.
    pub answer: &'a dyn Fn(&Application) -> String,
}

/// The outcome of a request to change an application.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "a request has one, and most are done")]
pub enum Outcome {
    /// The request was done. Contains the application as it is now.
    Done(Application),
    /// The request was done before. Contains the answer that it got.
    Repeated(String),
}

impl Repeat<'_> {
    /// Returns the answer to the same request, if it was recorded by `find`.
    ///
    /// # Errors
    ///
    /// [`ApprovalError::KeyReused`] if another request was.
    pub(super) fn answered(
        &self,
        now: DateTime<Utc>,
        find: impl FnOnce(DateTime<Utc>) -> Result<Option<RecordedRequest>, StoreError>,
    ) -> Result<Option<Outcome>, ApprovalError> {
        match find(now - IdempotentRequest::KEPT)? {
            Some(recorded) if recorded.content != self.request.content => Err(ApprovalError::KeyReused),
            recorded => Ok(recorded.and_then(|recorded| recorded.answer).map(Outcome::Repeated)),
        }
    }

    /// Records the request with its answer.
    pub(super) fn record(
        &self,
        transaction: &mut dyn Repositories,
        application: &Application,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let answer = (self.answer)(application);
        let mut records = transaction.idempotency();
        records.record(application.account.id, Operation::Staff, &self.request, now, Some(&answer))
    }
}
