use std::sync::Arc;

use chrono::TimeDelta;

use super::send_link::AccountLink;
use super::{MailRequest, Outbox, TokenPurpose};
use crate::clock::Clock;
use crate::rate_limit::{RateKey, RateLimit};
use crate::store::{Store, StoreError};

/// Answers the requests that [`RequestMail`](super::RequestMail) took.
#[derive(Clone)]
pub struct AnswerMailRequests {
    /// Stores requests and accounts.
    pub store: Arc<dyn Store>,
    /// Writes the mails.
    pub outbox: Outbox,
    /// Tells the time of the mails.
    pub clock: Arc<dyn Clock>,
    /// Maximum number of requests in a batch.
    pub batch_size: u32,
}

impl AnswerMailRequests {
    /// Maximum number of mails that confirm one address and that people without a session ask for. Less
    /// than [`Outbox::MAILS`], because such a mail is of no use to an owner who forgot the password: else
    /// anybody could keep that owner from getting a link.
    const VERIFICATIONS: RateLimit = RateLimit { max: 3, within: TimeDelta::hours(1) };

    /// Answers one batch. Returns the number of requests; 0 if none waits.
    ///
    /// # Errors
    ///
    /// The first error of the store. It prevents no other answer, and its request is answered later.
    pub fn batch(&self) -> Result<u32, StoreError> {
        let requests = self.store.autocommit()?.mail_requests().page(self.batch_size)?;
        let outcomes: Vec<_> = requests.iter().map(|request| self.answer(request)).collect();
        let mut answered = 0;
        for outcome in outcomes {
            outcome?;
            answered += 1;
        }
        Ok(answered)
    }

    fn answer(&self, request: &MailRequest) -> Result<(), StoreError> {
        let found = self.store.autocommit()?.passwords().find(&request.email)?;
        if let Some(account) = found.filter(|account| !account.is_suspended) {
            let now = self.clock.now();
            let link = match request.purpose {
                TokenPurpose::ResetPassword => Some(AccountLink::ResetPassword),
                TokenPurpose::VerifyEmail if !account.is_email_verified => {
                    let key = RateKey::new("resend", &request.email.canonical());
                    let may_send =
                        self.store.autocommit()?.rate_limits().take(&key, Self::VERIFICATIONS, now)?;
                    may_send.then_some(AccountLink::VerifyEmail)
                }
                _ => None,
            };
            if let Some(link) = link {
                self.outbox.send_link(&*self.store, account.id, link, now)?;
            }
        }
        // Another instance that answers it as well is too soon after this mail.
        self.store.autocommit()?.mail_requests().remove(request)
    }
}
