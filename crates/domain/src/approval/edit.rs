//! What all changes to applications have in common.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::history::{history, missing_decision};
use super::{
    Application, ApplicationEvent, ApplicationEventKind, Approval, ApprovalError, Outcome, StaffRequest,
};
use crate::clock::Clock;
use crate::ids::RecordId;
use crate::mail::Outbox;
use crate::randomness::Randomness;
use crate::staff::{Actor, StaffCaller};
use crate::store::{Repositories, Store, in_transaction};

/// Changes applications, each in a transaction of its own.
#[derive(Clone)]
pub struct ApplicationEditor {
    /// Where applications are kept.
    pub store: Arc<dyn Store>,
    /// Writes the notices of decisions.
    pub outbox: Outbox,
    /// Tells the time of each change.
    pub clock: Arc<dyn Clock>,
    /// Makes the ids of events.
    pub randomness: Arc<dyn Randomness>,
}

impl ApplicationEditor {
    /// Locks the application, changes it with `change`, and saves and records the result. A held
    /// decision that is due takes effect before.
    pub(super) fn run(
        &self,
        request: &StaffRequest<'_>,
        mut change: impl FnMut(&mut Edit<'_>) -> Result<(), ApprovalError>,
    ) -> Result<Outcome, ApprovalError> {
        in_transaction(&*self.store, |transaction| {
            let found = transaction.approvals().lock(&request.account)?;
            let application = found
                .filter(|found| request.caller.sees(&found.account))
                .ok_or(ApprovalError::UnknownApplication)?;
            // After the lock, so that a later change has a later time.
            let now = self.clock.now();
            let id = application.account.id;
            if let Some(repeat) = &request.repeat
                && let Some(repeated) = repeat.find::<ApprovalError>(transaction, id, now)?
            {
                return Ok(repeated);
            }
            let mut edit = Edit::new(transaction, &*self.randomness, application, now);
            edit.settle_if_due(&self.outbox)?;
            change(&mut edit)?;
            let application = edit.save()?;
            if let Some(repeat) = &request.repeat {
                repeat.record(transaction, id, &application, now)?;
            }
            Ok(Outcome::Done(application))
        })
    }
}

/// A locked application that is being changed in a transaction.
pub(super) struct Edit<'a> {
    pub(super) transaction: &'a mut dyn Repositories,
    pub(super) application: Application,
    pub(super) now: DateTime<Utc>,
    randomness: &'a dyn Randomness,
    appended: i64,
}

impl<'a> Edit<'a> {
    pub(super) fn new(
        transaction: &'a mut dyn Repositories,
        randomness: &'a dyn Randomness,
        application: Application,
        now: DateTime<Utc>,
    ) -> Self {
        Self { transaction, application, now, randomness, appended: 0 }
    }

    /// Writes the application, and returns it.
    pub(super) fn save(mut self) -> Result<Application, ApprovalError> {
        self.application.account.submitted_at = self.application.last_submitted_at();
        self.transaction.approvals().save(&self.application)?;
        Ok(self.application)
    }

    /// Appends an event, with the time at which the decision takes effect, if it is held. Returns it.
    pub(super) fn append(
        &mut self,
        by: Option<&Actor>,
        kind: ApplicationEventKind,
    ) -> Result<ApplicationEvent, ApprovalError> {
        if self.appended == 0 {
            self.keep_earlier_decision()?;
        }
        // Ids have milliseconds, and those of one transaction must be in order.
        let id_time = self.now + TimeDelta::milliseconds(self.appended);
        self.appended += 1;
        let is_held = kind.is_decision();
        let event = ApplicationEvent {
            id: RecordId::generate(id_time, self.randomness),
            at: self.now,
            by: by.cloned(),
            effective_at: self.application.effective_at.filter(|_| is_held),
            kind,
        };
        self.transaction.approvals().append(self.application.account.id, &event)?;
        Ok(event)
    }

    /// Appends the decision in force, if the previous release made it.
    fn keep_earlier_decision(&mut self) -> Result<(), ApprovalError> {
        let account = &self.application.account;
        if account.approval.as_ref().and_then(Approval::decision).is_none() {
            return Ok(());
        }
        let mut approvals = self.transaction.approvals();
        let events = approvals.events(account.id)?;
        if let Some(missing) = missing_decision(account, &events) {
            approvals.append(account.id, &missing)?;
        }
        Ok(())
    }

    /// Returns the last event that changed the state.
    pub(super) fn last_change(&mut self) -> Result<Option<ApplicationEvent>, ApprovalError> {
        let events = history(&mut *self.transaction.approvals(), &self.application.account)?;
        let changes_state =
            |event: &ApplicationEvent| !matches!(event.kind, ApplicationEventKind::TakenOver { .. });
        Ok(events.into_iter().rfind(changes_state))
    }

    /// Checks that nobody but `caller` holds the application.
    ///
    /// # Errors
    ///
    /// [`ApprovalError::ClaimedByOther`].
    pub(super) fn check_claim(&self, caller: &StaffCaller) -> Result<(), ApprovalError> {
        match self.application.claim_at(self.now) {
            Some(claim) if !claim.by.is_same(&caller.actor) => {
                Err(ApprovalError::ClaimedByOther { by: claim.by.clone(), until: claim.until })
            }
            _ => Ok(()),
        }
    }

    /// Returns the error for a request that the state of the application does not allow.
    pub(super) fn already_decided(&mut self) -> Result<ApprovalError, ApprovalError> {
        let state = self.application.state;
        if let Some(event) = self.last_change()? {
            let by = event.by.map(|actor| actor.name);
            return Ok(ApprovalError::AlreadyDecided { state, by, at: event.at });
        }
        let at = self.application.last_submitted_at();
        Ok(ApprovalError::AlreadyDecided { state, by: None, at })
    }
}
