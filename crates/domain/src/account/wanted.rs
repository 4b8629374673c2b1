use super::{Account, PendingChanges};
use crate::approval::Approval;

impl Account {
    /// Returns the account as its owner wants it: with the changes that wait for a decision of staff.
    #[must_use]
    pub fn wanted(&self) -> Self {
        self.pending_changes.as_ref().map_or_else(|| self.clone(), |changes| changes.applied_to(self))
    }

    /// Returns the account after its owner changed it to `wanted`. One that staff approved keeps its
    /// vetted facts, and their changes wait for a decision.
    pub(super) fn with_changes_to(&self, wanted: Self) -> Self {
        if !matches!(self.approval, Some(Approval::Approved(_))) {
            return wanted;
        }
        let pending_changes = PendingChanges::between(self, &wanted);
        let back = PendingChanges::between(&wanted, self);
        Self { pending_changes, ..back.map_or_else(|| wanted.clone(), |back| back.applied_to(&wanted)) }
    }
}
