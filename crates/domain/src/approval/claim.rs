use chrono::{DateTime, TimeDelta, Utc};

use super::edit::{ApplicationEditor, Edit};
use super::{
    Application, ApplicationClaim, ApplicationEventKind, ApprovalError, ApprovalState, Outcome, QueueCursor,
    QueueFilter, Repeat, StaffRequest,
};
use crate::account::AccountRef;
use crate::idempotency::{IdempotentRequest, Operation};
use crate::staff::StaffCaller;
use crate::store::Repositories;

/// Number of applications that a request for the next one reads in one step. More than one, because
/// others may claim the first ones meanwhile.
const CANDIDATES: u32 = 20;

/// Claims applications, so that two members of staff do not read the same one.
pub struct Claim {
    /// Changes the application.
    pub editor: ApplicationEditor,
}

impl Claim {
    /// How long a claim lasts.
    pub const LEASE: TimeDelta = TimeDelta::minutes(15);

    /// Claims the application for [`Self::LEASE`] from now. With `take_over`, also one that another
    /// member holds, which the history keeps. A person at the terminal claims nothing.
    ///
    /// # Errors
    ///
    /// [`ApprovalError::UnknownApplication`]; [`ApprovalError::ClaimedByOther`];
    /// [`ApprovalError::KeyReused`].
    pub fn run(&self, request: &StaffRequest<'_>, take_over: bool) -> Result<Outcome, ApprovalError> {
        self.editor.run(request, |edit| {
            match edit.check_claim(request.caller) {
                Err(ApprovalError::ClaimedByOther { by, .. }) if take_over => {
                    let from = by.name.as_str().to_owned();
                    edit.append(Some(&request.caller.actor), ApplicationEventKind::TakenOver { from })?;
                }
                checked => checked?,
            }
            claim(edit, request.caller);
            Ok(())
        })
    }

    /// Gives up the claim of the member, if there is one.
    ///
    /// # Errors
    ///
    /// [`ApprovalError::UnknownApplication`]; [`ApprovalError::ClaimedByOther`];
    /// [`ApprovalError::KeyReused`].
    pub fn release(&self, request: &StaffRequest<'_>) -> Result<Outcome, ApprovalError> {
        self.editor.run(request, |edit| {
            edit.check_claim(request.caller)?;
            edit.application.claim = None;
            Ok(())
        })
    }

    /// Claims the oldest application that matches `filter` and that nobody holds. Returns `None` if
    /// there is none. A filter without states means applications that wait for a decision.
    ///
    /// # Errors
    ///
    /// [`ApprovalError::KeyReused`].
    pub fn next(
        &self,
        caller: &StaffCaller,
        filter: &QueueFilter,
        repeat: Option<&Repeat<'_>>,
    ) -> Result<Option<Outcome>, ApprovalError> {
        let now = self.editor.clock.now();
        if let Some(repeated) = answered(repeat, now, &mut *self.editor.store.autocommit()?)? {
            return Ok(Some(repeated));
        }
        let Some(mut filter) = filter.within(caller) else { return Ok(None) };
        if filter.states.is_empty() {
            filter.states = vec![ApprovalState::Pending, ApprovalState::ChangesPending];
        }
        let mut after = None;
        loop {
            filter.free_at = Some(self.editor.clock.now());
            let page = self.editor.store.autocommit()?.approvals().page(&filter, after, CANDIDATES)?;
            for candidate in &page {
                match self.claim_free(caller, candidate, repeat) {
                    // It changed meanwhile.
                    Err(
                        ApprovalError::ClaimedByOther { .. }
                        | ApprovalError::AlreadyDecided { .. }
                        | ApprovalError::UnknownApplication,
                    ) => {}
                    outcome => return outcome.map(Some),
                }
            }
            match page.last() {
                Some(last) => after = Some(QueueCursor::after(last)),
                None => return Ok(None),
            }
        }
    }

    fn claim_free(
        &self,
        caller: &StaffCaller,
        candidate: &Application,
        repeat: Option<&Repeat<'_>>,
    ) -> Result<Outcome, ApprovalError> {
        let account = AccountRef::Id(candidate.account.id);
        let request = StaffRequest { caller, account, repeat: repeat.cloned() };
        let mut repeated = None;
        let outcome = self.editor.run(&request, |edit| {
            // A simultaneous repetition may have claimed another application since.
            repeated = answered(repeat, edit.now, edit.transaction)?;
            if repeated.is_some() {
                return Err(ApprovalError::UnknownApplication);
            }
            if let Some(claim) = edit.application.claim_at(edit.now) {
                return Err(ApprovalError::ClaimedByOther { by: claim.by.clone(), until: claim.until });
            }
            if edit.application.state != candidate.state {
                return Err(edit.already_decided()?);
            }
            claim(edit, caller);
            Ok(())
        });
        repeated.map_or(outcome, Ok)
    }
}

/// Returns the answer to the same request. The request names no account, so that only its key finds it.
fn answered(
    repeat: Option<&Repeat<'_>>,
    now: DateTime<Utc>,
    repositories: &mut dyn Repositories,
) -> Result<Option<Outcome>, ApprovalError> {
    let Some(repeat) = repeat else { return Ok(None) };
    let since = now - IdempotentRequest::KEPT;
    let found = repositories.idempotency().find_by_key(Operation::Staff, &repeat.request.key, since)?;
    Ok(repeat.answered(found)?)
}

fn claim(edit: &mut Edit<'_>, caller: &StaffCaller) {
    if caller.actor.id.is_some() {
        let until = edit.now + Claim::LEASE;
        edit.application.claim = Some(ApplicationClaim { by: caller.actor.clone(), until });
    }
}
