use super::{Account, PendingChanges};

impl Account {
    /// Returns the account as its owner wants it: with the changes that wait for a decision of staff.
    #[must_use]
    pub fn wanted(&self) -> Self {
        self.pending_changes.as_ref().map_or_else(|| self.clone(), |changes| changes.applied_to(self))
    }

    /// Returns the account with the vetted facts of `self` and the other facts of `wanted`, and with
    /// the changes that turn the former into those of `wanted`.
    pub(super) fn with_pending_changes_to(&self, wanted: &Self) -> Self {
        let back = PendingChanges::between(wanted, self);
        let kept = back.map_or_else(|| wanted.clone(), |back| back.applied_to(wanted));
        Self { pending_changes: PendingChanges::between(self, wanted), ..kept }
    }
}
