use std::sync::Arc;

use super::{Application, Approval, ApprovalError, ApprovalRepository, Decision};
use crate::account::{AccountRef, Role};
use crate::clock::Clock;
use crate::ids::{ProfileId, RecordId};
use crate::randomness::Randomness;
use crate::reason::Reason;
use crate::session::EndReason;
use crate::staff_name::StaffName;
use crate::store::{Repositories, Store, in_transaction};

/// A decision that a member of staff requests.
#[derive(Debug, Clone)]
pub struct DecisionRequest {
    /// The account of the application.
    pub account: AccountRef,
    /// The role applied for. An account of another role has no such application.
    pub role: Option<Role>,
    /// The member of staff who decides.
    pub by: StaffName,
    /// Whether an opposite earlier decision may be replaced.
    pub reconsider: bool,
}

/// Approves or rejects an application.
pub struct Decide {
    /// Where approvals are kept.
    pub store: Arc<dyn Store>,
    /// Tells the time of the decision.
    pub clock: Arc<dyn Clock>,
    /// Makes the decision's id.
    pub randomness: Arc<dyn Randomness>,
}

impl Decide {
    /// Approves the application, so that the account may log in. Approving it again changes
    /// nothing.
    ///
    /// # Errors
    ///
    /// [`ApprovalError::UnknownApplication`]; [`ApprovalError::AlreadyDecided`] if it was rejected,
    /// unless `reconsider` is set.
    pub fn approve(
        &self,
        request: &DecisionRequest,
        reason: Option<Reason>,
    ) -> Result<Application, ApprovalError> {
        self.decide(request, reason, Approval::Approved)
    }

    /// Rejects the application and revokes the account's sessions. Rejecting it again changes
    /// nothing.
    ///
    /// # Errors
    ///
    /// [`ApprovalError::UnknownApplication`]; [`ApprovalError::AlreadyDecided`] if it was approved,
    /// unless `reconsider` is set.
    pub fn reject(&self, request: &DecisionRequest, reason: Reason) -> Result<Application, ApprovalError> {
        self.decide(request, Some(reason), Approval::Rejected)
    }

    fn decide(
        &self,
        request: &DecisionRequest,
        reason: Option<Reason>,
        outcome: fn(Decision) -> Approval,
    ) -> Result<Application, ApprovalError> {
        let wanted = outcome(Decision { by: request.by.clone(), at: self.clock.now(), reason });
        in_transaction(&*self.store, |transaction| self.decide_in(transaction, request, &wanted))
    }

    fn decide_in(
        &self,
        transaction: &mut dyn Repositories,
        request: &DecisionRequest,
        wanted: &Approval,
    ) -> Result<Application, ApprovalError> {
        let found = transaction.approvals().lock(&request.account)?;
        let mut application = found
            .filter(|found| request.role.is_none_or(|role| found.role == role))
            .ok_or(ApprovalError::UnknownApplication)?;
        if application.approval.state() == wanted.state() {
            return Ok(application);
        }
        if application.approval != Approval::Pending && !request.reconsider {
            return Err(ApprovalError::AlreadyDecided(Box::new(application.approval)));
        }
        let id = application.id;
        let mut approvals = transaction.approvals();
        // The previous release replaces decisions without appending them.
        if !approvals.decisions(id)?.contains(&application.approval) {
            self.append(&mut *approvals, id, &application.approval)?;
        }
        self.append(&mut *approvals, id, wanted)?;
        approvals.record(id, wanted)?;
        drop(approvals);
        if let Approval::Rejected(decision) = wanted {
            transaction.sessions().revoke_all(id, None, decision.at, EndReason::Rejected)?;
        }
        application.approval = wanted.clone();
        Ok(application)
    }

    fn append(
        &self,
        approvals: &mut dyn ApprovalRepository,
        id: ProfileId,
        decided: &Approval,
    ) -> Result<(), ApprovalError> {
        let Some(decision) = decided.decision() else { return Ok(()) };
        let record = RecordId::generate(decision.at, &*self.randomness);
        Ok(approvals.append(id, record, decided)?)
    }
}
