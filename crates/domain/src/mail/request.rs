use std::sync::Arc;

use super::{MailRequest, TokenPurpose};
use crate::account::EmailAddress;
use crate::clock::Clock;
use crate::store::{Store, StoreError};

/// Takes requests of people without a session for a mail with a link.
pub struct RequestMail {
    /// Stores the requests.
    pub store: Arc<dyn Store>,
    /// Tells when a request came.
    pub clock: Arc<dyn Clock>,
}

impl RequestMail {
    /// Stores the request. [`AnswerMailRequests`](super::AnswerMailRequests) answers it: here it takes
    /// the same time whether an account has the address or not.
    ///
    /// # Errors
    ///
    /// The error of the store.
    pub fn run(&self, purpose: TokenPurpose, email: EmailAddress) -> Result<(), StoreError> {
        let request = MailRequest { purpose, email, requested_at: self.clock.now() };
        self.store.autocommit()?.mail_requests().add(&request)
    }
}
