use chrono::{DateTime, Utc};

use super::edit::{ApplicationEditor, Edit};
use super::{Application, ApplicationEventKind, Approval, ApprovalError, ApprovalState};
use crate::account::{Account, AccountRef};
use crate::randomness::Randomness;
use crate::session::{Caller, TokenError};
use crate::staff::Actor;
use crate::store::{Repositories, in_transaction};

/// Sends a corrected application again, on behalf of the applicant.
pub struct Resubmit {
    /// Changes the application.
    pub editor: ApplicationEditor,
}

impl Resubmit {
    /// Makes the application pending, if corrections were requested or it was rejected. A held
    /// decision on it is undone. An application that is pending stays as it is.
    ///
    /// # Errors
    ///
    /// [`ApprovalError::Token`] if the caller's session has ended;
    /// [`ApprovalError::UnknownApplication`] if the account needs no approval;
    /// [`ApprovalError::AlreadyDecided`] if it is approved.
    pub fn run(&self, caller: &Caller) -> Result<Application, ApprovalError> {
        in_transaction(&*self.editor.store, |transaction| {
            let (id, now) = (caller.profile_id, self.editor.clock.now());
            if !transaction.accounts().lock_in_session(id, caller.session, now)? {
                return Err(TokenError::SessionEnded.into());
            }
            let found = transaction.approvals().lock(&AccountRef::Id(id))?;
            let application = found.ok_or(ApprovalError::UnknownApplication)?;
            let mut edit = Edit::new(transaction, &*self.editor.randomness, application, now);
            edit.settle_if_due(&self.editor.outbox)?;
            resubmit(&mut edit)?;
            edit.save()
        })
    }
}

fn resubmit(edit: &mut Edit<'_>) -> Result<(), ApprovalError> {
    match edit.application.account.approval {
        Some(Approval::Pending) | None => return Ok(()),
        Some(Approval::Approved(_)) => return Err(edit.already_decided()?),
        Some(Approval::ChangesRequested(_) | Approval::Rejected(_)) => {}
    }
    if edit.application.effective_at.is_some() {
        edit.end_hold(None)?;
    }
    edit.append(None, ApplicationEventKind::Resubmitted)?;
    let application = &mut edit.application;
    application.account.approval = Some(Approval::Pending);
    application.state = ApprovalState::Pending;
    application.resubmitted_at = Some(edit.now);
    application.possible_duplicates = None;
    Ok(())
}

/// Records the pending changes of `changed`, an approved account that this transaction has locked, and
/// returns the account. The account itself was updated before. A held decision is undone: it was made
/// on other values.
pub(crate) fn submit_changes(
    transaction: &mut dyn Repositories,
    changed: &Account,
    now: DateTime<Utc>,
    randomness: &dyn Randomness,
) -> Result<Account, ApprovalError> {
    let found = transaction.approvals().lock(&AccountRef::Id(changed.id))?;
    let mut application = found.ok_or(ApprovalError::UnknownApplication)?;
    let had_changes = application.account.pending_changes.is_some();
    application.account = changed.clone();
    let mut edit = Edit::new(transaction, randomness, application, now);
    if edit.application.effective_at.is_some() {
        edit.end_hold(None)?;
    }
    edit.application.state = edit.application.state_in_force();
    if changed.pending_changes.is_some() {
        if !had_changes {
            edit.application.submitted_at = now;
        }
        edit.application.possible_duplicates = None;
        edit.append(None, ApplicationEventKind::ChangesSubmitted)?;
    }
    Ok(edit.save()?.account)
}

impl Edit<'_> {
    /// Takes back the held decision.
    pub(super) fn end_hold(&mut self, by: Option<&Actor>) -> Result<(), ApprovalError> {
        self.application.effective_at = None;
        self.application.state = self.application.state_in_force();
        self.append(by, ApplicationEventKind::Undone)?;
        Ok(())
    }
}
