use std::sync::Arc;

use super::{Application, ApplicationEvent, ApplicationEventKind, ApprovalError, facts_of, history};
use crate::account::{Account, AccountRef, Fact, FactValue};
use crate::search::{FindDuplicates, PossibleDuplicate};
use crate::staff::StaffCaller;
use crate::store::Store;

/// What a decision needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApplicationDetails {
    /// The application.
    pub application: Application,
    /// Its history, oldest first.
    pub events: Vec<ApplicationEvent>,
    /// The facts that staff asked to correct or that the owner changed, in the order of [`Fact`].
    pub changes: Vec<FactChange>,
    /// Accounts that may be the same person or organisation.
    pub duplicates: Vec<ComparedDuplicate>,
}

/// A fact that staff asked to correct or that the owner changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactChange {
    /// The fact.
    pub fact: Fact,
    /// The vetted value, or the one at the time of the request.
    pub old: Option<FactValue>,
    /// The value that waits for a decision.
    pub new: Option<FactValue>,
    /// Whether staff asked to correct the fact.
    pub is_requested: bool,
}

/// An account that may be the same person or organisation as the applicant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComparedDuplicate {
    /// The account, with the reasons.
    pub duplicate: PossibleDuplicate,
    /// The facts that have the same value in both accounts.
    pub agreeing: Vec<Fact>,
    /// Whether the member of staff may see the account.
    pub is_visible: bool,
}

/// Reads one application, for staff.
pub struct ReadApplication {
    /// Where applications are kept.
    pub store: Arc<dyn Store>,
}

impl ReadApplication {
    /// Returns the application with everything that a decision needs.
    ///
    /// # Errors
    ///
    /// [`ApprovalError::UnknownApplication`].
    pub fn run(
        &self,
        caller: &StaffCaller,
        account: &AccountRef,
    ) -> Result<ApplicationDetails, ApprovalError> {
        let (application, events) = self.history(caller, account)?;
        let search = FindDuplicates { store: self.store.clone() };
        let found = search.run(&AccountRef::Id(application.account.id))?;
        let duplicates = found.map(|found| found.possible).unwrap_or_default();
        let compare = |duplicate: PossibleDuplicate| {
            let account = &duplicate.found.account;
            let (agreeing, is_visible) = (agreeing(&application.account, account), caller.sees(account));
            ComparedDuplicate { duplicate, agreeing, is_visible }
        };
        let duplicates = duplicates.into_iter().map(compare).collect();
        let changes = changes(&application.account, &events);
        Ok(ApplicationDetails { application, events, changes, duplicates })
    }

    /// Returns the application and its history, oldest first.
    ///
    /// # Errors
    ///
    /// [`ApprovalError::UnknownApplication`].
    pub fn history(
        &self,
        caller: &StaffCaller,
        account: &AccountRef,
    ) -> Result<(Application, Vec<ApplicationEvent>), ApprovalError> {
        let mut repositories = self.store.autocommit()?;
        let mut approvals = repositories.approvals();
        let found = approvals.find(account)?.filter(|found| caller.sees(&found.account));
        let application = found.ok_or(ApprovalError::UnknownApplication)?;
        let events = history(&mut *approvals, &application.account)?;
        Ok((application, events))
    }
}

fn agreeing(one: &Account, other: &Account) -> Vec<Fact> {
    let agrees = |fact: &Fact| fact.of(one).is_some_and(|value| fact.of(other) == Some(value));
    Fact::ALL.iter().copied().filter(agrees).collect()
}

fn changes(account: &Account, events: &[ApplicationEvent]) -> Vec<FactChange> {
    if let Some(pending) = &account.pending_changes {
        let change = |(fact, new): (Fact, Option<&FactValue>)| FactChange {
            fact,
            old: fact.of(account),
            new: new.cloned(),
            is_requested: false,
        };
        return pending.iter().map(change).collect();
    }
    let requested = events.iter().rev().find_map(|event| match &event.kind {
        ApplicationEventKind::ChangesRequested { fields, facts, .. } => Some((fields, facts)),
        _ => None,
    });
    let Some((fields, then)) = requested.filter(|_| !account.is_approved()) else { return Vec::new() };
    let now = facts_of(account);
    let change = |fact: &Fact| {
        let (old, new) = (then.get(fact).cloned(), now.get(fact).cloned());
        let is_requested = fields.contains(fact);
        (is_requested || old != new).then_some(FactChange { fact: *fact, old, new, is_requested })
    };
    Fact::ALL.iter().filter_map(change).collect()
}
