use super::ApprovalError;
use super::edit::{ApplicationEditor, Edit};
use crate::account::AccountRef;
use crate::ids::ProfileId;
use crate::store::{StoreError, in_transaction};

/// Puts held decisions in force when their time has come.
#[derive(Clone)]
pub struct SettleDecisions {
    /// Changes the applications.
    pub editor: ApplicationEditor,
    /// Maximum number of decisions in a batch.
    pub batch_size: u32,
}

impl SettleDecisions {
    /// Puts one batch in force. Returns the number of decisions; 0 if none is left.
    ///
    /// # Errors
    ///
    /// The first error of the store. It prevents no other decision from taking effect.
    pub fn batch(&self) -> Result<u32, StoreError> {
        let now = self.editor.clock.now();
        let due = self.editor.store.autocommit()?.approvals().due(now, self.batch_size)?;
        let outcomes: Vec<_> = due.into_iter().map(|id| self.settle(id)).collect();
        let mut settled = 0;
        for outcome in outcomes {
            settled += u32::from(outcome.map_err(|error| match error {
                ApprovalError::Store(error) => error,
                other => StoreError::Unexpected(format!("a decision cannot take effect: {other}")),
            })?);
        }
        Ok(settled)
    }

    fn settle(&self, id: ProfileId) -> Result<bool, ApprovalError> {
        in_transaction(&*self.editor.store, |transaction| {
            let Some(application) = transaction.approvals().lock(&AccountRef::Id(id))? else {
                return Ok(false);
            };
            let now = self.editor.clock.now();
            let mut edit = Edit::new(transaction, &*self.editor.randomness, application, now);
            // The request of another instance may have done it meanwhile.
            let is_settled = edit.settle_if_due(&self.editor.outbox)?;
            if is_settled {
                edit.save()?;
            }
            Ok(is_settled)
        })
    }
}
