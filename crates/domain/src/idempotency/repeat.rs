use chrono::{DateTime, Utc};

use super::{IdempotentRequest, Operation, RecordedRequest};
use crate::ids::ProfileId;
use crate::store::{Repositories, StoreError};

/// A request of staff that may be repeated. Its result is a `T`.
pub struct Repeat<'a, T> {
    /// The key and the content. About an account, the key is the member's own
    /// ([`IdempotencyKey::of_member`](super::IdempotencyKey::of_member)).
    pub request: IdempotentRequest,
    /// Writes the answer, which a repetition gets again.
    pub answer: &'a dyn Fn(&T) -> String,
}

// Derived, it would require the trait of `T`.
impl<T> Clone for Repeat<'_, T> {
    fn clone(&self) -> Self {
        Self { request: self.request.clone(), answer: self.answer }
    }
}

/// The outcome of a request that may be repeated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome<T> {
    /// The request was done, with this result.
    Done(T),
    /// The request was done before. Contains the answer that it got.
    Repeated(String),
}

impl<T> Outcome<T> {
    /// Returns the result, if the request was done now. A request without a key always is.
    #[must_use]
    pub fn done(self) -> Option<T> {
        match self {
            Self::Done(result) => Some(result),
            Self::Repeated(_) => None,
        }
    }

    /// Returns the answer that the request got before, or else what `answer` writes.
    #[must_use]
    pub fn into_answer(self, answer: &dyn Fn(&T) -> String) -> String {
        match self {
            Self::Done(result) => answer(&result),
            Self::Repeated(answer) => answer,
        }
    }
}

/// The key was used for another request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the key was used for another request")]
pub struct KeyReused;

impl<T> Repeat<'_, T> {
    /// Returns the answer to the same request about the account `owner`, if it was recorded. The caller
    /// has locked the account, so that a simultaneous request waits for the answer.
    ///
    /// # Errors
    ///
    /// [`KeyReused`] if another request was recorded.
    pub(crate) fn find<E: From<KeyReused> + From<StoreError>>(
        &self,
        repositories: &mut dyn Repositories,
        owner: ProfileId,
        now: DateTime<Utc>,
    ) -> Result<Option<Outcome<T>>, E> {
        let since = now - IdempotentRequest::KEPT;
        let found = repositories.idempotency().find(owner, Operation::Staff, &self.request.key, since)?;
        Ok(self.answered(found)?)
    }

    /// Returns the recorded answer, if `recorded` is the same request.
    ///
    /// # Errors
    ///
    /// [`KeyReused`] if it is another one.
    pub(crate) fn answered(
        &self,
        recorded: Option<RecordedRequest>,
    ) -> Result<Option<Outcome<T>>, KeyReused> {
        match recorded {
            Some(recorded) if recorded.content != self.request.content => Err(KeyReused),
            recorded => Ok(recorded.and_then(|recorded| recorded.answer).map(Outcome::Repeated)),
        }
    }

    /// Records the request with its answer.
    pub(crate) fn record(
        &self,
        repositories: &mut dyn Repositories,
        owner: ProfileId,
        result: &T,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let answer = (self.answer)(result);
        repositories.idempotency().record(owner, Operation::Staff, &self.request, now, Some(&answer))
    }
}
