use std::sync::Arc;

use super::{MailToken, MailTokenError, StoredMailToken, TokenPurpose};
use crate::clock::Clock;
use crate::store::{Store, StoreError};

/// Reads what a link of a mail is about, without using it.
pub struct ReadMailLink {
    /// Stores tokens.
    pub store: Arc<dyn Store>,
    /// Tells which tokens have expired.
    pub clock: Arc<dyn Clock>,
}

impl ReadMailLink {
    /// Returns the token if it can be used now for one of `purposes`, or why it cannot.
    ///
    /// # Errors
    ///
    /// The error of the store.
    pub fn run(
        &self,
        token: &MailToken,
        purposes: &[TokenPurpose],
    ) -> Result<Result<StoredMailToken, MailTokenError>, StoreError> {
        let found = self.store.autocommit()?.mail_tokens().find(token.profile_id(), token.digest())?;
        Ok(StoredMailToken::usable(found, purposes, self.clock.now()))
    }
}
