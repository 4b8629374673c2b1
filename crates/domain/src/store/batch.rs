use std::collections::HashMap;

use super::error::StoreError;
use crate::ids::SessionId;

/// Results of a batch call, by session. An adapter MUST return a result for each session that it
/// was called with.
pub type BatchResults<T> = HashMap<SessionId, Result<T, StoreError>>;

/// Returns the result of one session of a batch.
///
/// # Errors
///
/// The error of the batch or of the session. [`StoreError::Unexpected`] if the adapter returned no
/// result for the session: it is then unknown what the adapter did, so nothing may be concluded
/// about the session.
pub(crate) fn result_of<T: Clone>(
    results: &Result<BatchResults<T>, StoreError>,
    session: SessionId,
) -> Result<T, StoreError> {
    let missing = || Err(StoreError::Unexpected("a batch call returned no result for a session".to_owned()));
    let results = results.as_ref().map_err(StoreError::clone)?;
    results.get(&session).cloned().unwrap_or_else(missing)
}
