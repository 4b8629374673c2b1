//! How a decision takes effect for the applicant.

use super::edit::Edit;
use super::{
    ApplicationEvent, ApplicationEventKind, Approval, ApprovalError, ChangeRequest, Decision, RejectionReason,
};
use crate::account::Account;
use crate::mail::{Addressee, Content, Outbox};
use crate::reason::Reason;
use crate::session::EndReason;
use crate::staff::Actor;

impl Edit<'_> {
    /// Puts a held decision in force that takes effect now or took effect before. Returns whether
    /// there was one.
    pub(super) fn settle_if_due(&mut self, outbox: &Outbox) -> Result<bool, ApprovalError> {
        if self.application.effective_at.is_none_or(|at| at > self.now) {
            return Ok(false);
        }
        let events = self.transaction.approvals().events(self.application.account.id)?;
        if let Some(decided) = events.iter().rfind(|event| event.kind.is_decision()) {
            self.put_in_force(decided, outbox)?;
        }
        self.application.effective_at = None;
        self.application.state = self.application.state_in_force();
        Ok(true)
    }

    /// Changes what is in force for the applicant as the decision says, and adds a notice of it.
    pub(super) fn put_in_force(
        &mut self,
        decided: &ApplicationEvent,
        outbox: &Outbox,
    ) -> Result<(), ApprovalError> {
        self.change_as_decided(decided)?;
        let Some(notice) = notice(&decided.kind) else { return Ok(()) };
        let applicant = Addressee::from(&self.application.account);
        Ok(outbox.send(self.transaction, &applicant, &notice, self.now)?)
    }

    fn change_as_decided(&mut self, decided: &ApplicationEvent) -> Result<(), ApprovalError> {
        let ApplicationEvent { at, by, kind, .. } = decided;
        // Every decision has an author.
        let Some(by) = by else { return Ok(()) };
        let decision = |reason: &Option<Reason>, code: &Option<RejectionReason>| Decision {
            by: by.name.clone(),
            at: *at,
            reason: reason.clone(),
            code: code.clone(),
        };
        match kind {
            ApplicationEventKind::Approved { note } => {
                self.application.account.approval = Some(Approval::Approved(decision(note, &None)));
                self.verify_identifiers(by)
            }
            ApplicationEventKind::Rejected { code, reason } => {
                self.revoke_sessions(EndReason::Rejected)?;
                self.change_facts(|account| account.pending_changes = None)?;
                self.application.account.approval = Some(Approval::Rejected(decision(reason, code)));
                Ok(())
            }
            ApplicationEventKind::ChangesRequested { message, fields, .. } => {
                let request = ChangeRequest { at: *at, message: message.clone(), fields: fields.clone() };
                self.application.account.approval = Some(Approval::ChangesRequested(request));
                Ok(())
            }
            ApplicationEventKind::Reopened { .. } => {
                if self.application.account.is_approved() {
                    self.revoke_sessions(EndReason::Reopened)?;
                }
                self.application.account.approval = Some(Approval::Pending);
                Ok(())
            }
            ApplicationEventKind::ChangesAccepted { .. } => {
                self.change_facts(|account| {
                    if let Some(changes) = account.pending_changes.take() {
                        *account = changes.applied_to(account);
                    }
                })?;
                self.verify_identifiers(by)
            }
            ApplicationEventKind::ChangesRefused { .. } => {
                self.change_facts(|account| account.pending_changes = None)
            }
            ApplicationEventKind::Resubmitted
            | ApplicationEventKind::ChangesSubmitted
            | ApplicationEventKind::Undone
            | ApplicationEventKind::TakenOver { .. } => Ok(()),
        }
    }

    /// Changes the account's facts, and the claims of its identifiers.
    fn change_facts(&mut self, change: impl FnOnce(&mut Account)) -> Result<(), ApprovalError> {
        let stored = self.application.account.clone();
        change(&mut self.application.account);
        if self.application.account == stored {
            return Ok(());
        }
        let changed = &self.application.account;
        match self.transaction.accounts().update(&stored, changed, self.now)? {
            Some(field) => Err(ApprovalError::Taken(field)),
            None => Ok(()),
        }
    }

    fn verify_identifiers(&mut self, by: &Actor) -> Result<(), ApprovalError> {
        let id = self.application.account.id;
        Ok(self.transaction.accounts().verify_identifiers(id, &by.name, self.now)?)
    }

    fn revoke_sessions(&mut self, reason: EndReason) -> Result<(), ApprovalError> {
        let id = self.application.account.id;
        self.transaction.sessions().revoke_all(id, None, self.now, reason)?;
        Ok(())
    }
}

/// Returns what the applicant is told about the decision. The reason of a reopening is for staff.
fn notice(decided: &ApplicationEventKind) -> Option<Content> {
    use ApplicationEventKind::{Approved, ChangesAccepted, ChangesRefused, ChangesRequested, Rejected};
    Some(match decided {
        Approved { .. } => Content::approved(),
        Rejected { code, reason } => Content::rejected(code.as_ref(), reason.as_ref()),
        ChangesRequested { message, fields, .. } => Content::changes_requested(message, fields),
        ChangesAccepted { .. } => Content::changes_accepted(),
        ChangesRefused { code, reason } => Content::changes_refused(code.as_ref(), reason.as_ref()),
        _ => return None,
    })
}
