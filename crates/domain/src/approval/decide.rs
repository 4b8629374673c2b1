use chrono::TimeDelta;

use super::edit::{ApplicationEditor, Edit};
use super::{
    Application, ApplicationEventKind, ApprovalError, ApprovalState, Outcome, RejectionReason, StaffRequest,
    facts_of,
};
use crate::account::Fact;
use crate::reason::Reason;

/// What a member of staff decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DecisionKind {
    /// Approves the application, or accepts changes to vetted facts.
    Approve {
        /// A note for staff.
        note: Option<Reason>,
    },
    /// Rejects the application, or refuses changes to vetted facts. At least one of the two is given.
    Reject {
        /// The kind of reason.
        code: Option<RejectionReason>,
        /// The reason, for the applicant.
        reason: Option<Reason>,
    },
    /// Takes back an approval or a rejection.
    Reopen {
        /// The reason, for staff.
        reason: Reason,
    },
    /// Asks for corrections.
    RequestChanges {
        /// The message to the applicant.
        message: Reason,
        /// The facts to correct.
        fields: Vec<Fact>,
    },
}

/// Decides on applications.
pub struct Decide {
    /// Changes the application.
    pub editor: ApplicationEditor,
}

impl Decide {
    /// Maximum time for which a decision is held.
    pub const MAX_HOLD: TimeDelta = TimeDelta::seconds(60);

    /// Decides on the application, and ends the claim on it. For the applicant, the decision takes
    /// effect after `hold`, which is zero to [`Self::MAX_HOLD`]; until then it can be undone.
    ///
    /// A rejection revokes the account's sessions when it takes effect, and so does a reopening of an
    /// approved account.
    ///
    /// # Errors
    ///
    /// [`ApprovalError::UnknownApplication`]; [`ApprovalError::ClaimedByOther`];
    /// [`ApprovalError::AlreadyDecided`] if the state does not allow the decision, or another one is
    /// held; [`ApprovalError::KeyReused`].
    pub fn run(
        &self,
        request: &StaffRequest<'_>,
        kind: &DecisionKind,
        hold: TimeDelta,
    ) -> Result<Outcome, ApprovalError> {
        self.editor.run(request, |edit| {
            edit.check_claim(request.caller)?;
            let is_held = edit.application.effective_at.is_some();
            match event_of(kind, &edit.application).filter(|_| !is_held) {
                Some(event) => self.decide(edit, request, event, hold),
                None => Err(edit.already_decided()?),
            }
        })
    }

    /// Decides immediately, regardless of claims and of an earlier decision, which is replaced. The
    /// same decision again changes nothing.
    ///
    /// # Errors
    ///
    /// [`ApprovalError::UnknownApplication`]; [`ApprovalError::AlreadyDecided`] if the decision makes
    /// no sense in the application's state; [`ApprovalError::KeyReused`].
    pub fn reconsider(
        &self,
        request: &StaffRequest<'_>,
        kind: &DecisionKind,
    ) -> Result<Outcome, ApprovalError> {
        self.editor.run(request, |edit| {
            if edit.application.effective_at.is_some() {
                edit.end_hold(Some(&request.caller.actor))?;
            }
            let event = event_of(kind, &edit.application).or_else(|| replacement(kind, &edit.application));
            match event {
                Some(event) => self.decide(edit, request, event, TimeDelta::zero()),
                None => Err(edit.already_decided()?),
            }
        })
    }

    /// Takes back the held decision of the same member of staff.
    ///
    /// # Errors
    ///
    /// [`ApprovalError::UnknownApplication`]; [`ApprovalError::NothingToUndo`];
    /// [`ApprovalError::AlreadyDecided`] if another member of staff decided;
    /// [`ApprovalError::KeyReused`].
    pub fn undo(&self, request: &StaffRequest<'_>) -> Result<Outcome, ApprovalError> {
        self.editor.run(request, |edit| {
            if edit.application.effective_at.is_none() {
                return Err(ApprovalError::NothingToUndo);
            }
            let actor = &request.caller.actor;
            let decided = edit.last_change()?.and_then(|event| event.by);
            if !decided.is_some_and(|by| by.is_same(actor)) {
                return Err(edit.already_decided()?);
            }
            edit.end_hold(Some(actor))
        })
    }

    fn decide(
        &self,
        edit: &mut Edit<'_>,
        request: &StaffRequest<'_>,
        event: ApplicationEventKind,
        hold: TimeDelta,
    ) -> Result<(), ApprovalError> {
        let is_held = hold > TimeDelta::zero();
        edit.application.effective_at = is_held.then(|| edit.now + hold.min(Decide::MAX_HOLD));
        edit.application.claim = None;
        if let Some(state) = event.state() {
            edit.application.state = state;
        }
        let event = edit.append(Some(&request.caller.actor), event)?;
        if is_held { Ok(()) } else { edit.put_in_force(&event, &self.editor.outbox) }
    }
}

/// Returns the event of a decision; `None` if the state does not allow it.
fn event_of(kind: &DecisionKind, application: &Application) -> Option<ApplicationEventKind> {
    use ApprovalState::{Approved, ChangesPending, ChangesRequested, Pending, Rejected};
    Some(match (kind.clone(), application.state) {
        (DecisionKind::Approve { note }, Pending | ChangesRequested) => {
            ApplicationEventKind::Approved { note }
        }
        (DecisionKind::Approve { note }, ChangesPending) => ApplicationEventKind::ChangesAccepted { note },
        (DecisionKind::Reject { code, reason }, Pending | ChangesRequested) => {
            ApplicationEventKind::Rejected { code, reason }
        }
        (DecisionKind::Reject { code, reason }, ChangesPending) => {
            ApplicationEventKind::ChangesRefused { code, reason }
        }
        (DecisionKind::Reopen { reason }, Approved | Rejected) => ApplicationEventKind::Reopened { reason },
        (DecisionKind::RequestChanges { message, fields }, Pending) => {
            let facts = facts_of(&application.account);
            ApplicationEventKind::ChangesRequested { message, fields, facts }
        }
        _ => return None,
    })
}

/// Returns the event of a decision that replaces the opposite one.
fn replacement(kind: &DecisionKind, application: &Application) -> Option<ApplicationEventKind> {
    match (kind.clone(), application.state) {
        (DecisionKind::Approve { note }, ApprovalState::Rejected) => {
            Some(ApplicationEventKind::Approved { note })
        }
        (DecisionKind::Reject { code, reason }, ApprovalState::Approved) => {
            Some(ApplicationEventKind::Rejected { code, reason })
        }
        _ => None,
    }
}
