//! Lists, reads, changes, disables and enables members of staff.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{
    ManagementRequest, StaffCaller, StaffDetails, StaffEndReason, StaffError, StaffMember, StaffRef,
    StaffRepository,
};
use crate::account::EmailAddress;
use crate::clock::Clock;
use crate::idempotency::Outcome;
use crate::ids::StaffId;
use crate::store::{Repositories, Store, StoreError, in_transaction};

/// Lists staff.
pub struct ListStaff {
    /// Stores the members.
    pub store: Arc<dyn Store>,
}

impl ListStaff {
    /// Returns up to `limit` members after `after`, in the order of their creation.
    pub fn page(&self, after: Option<StaffId>, limit: u32) -> Result<Vec<StaffMember>, StoreError> {
        self.store.autocommit()?.staff().page(after, limit)
    }
}

/// Reads a member of staff.
pub struct ReadStaff {
    /// Stores the members.
    pub store: Arc<dyn Store>,
}

impl ReadStaff {
    /// Returns the member.
    ///
    /// # Errors
    ///
    /// [`StaffError::UnknownMember`].
    pub fn run(&self, member: &StaffRef) -> Result<StaffMember, StaffError> {
        self.store.autocommit()?.staff().find(member)?.ok_or(StaffError::UnknownMember)
    }
}

impl ReadStaff {
    /// Returns the e-mails of these members, without those that do not exist.
    ///
    /// # Errors
    ///
    /// If the store fails.
    pub fn emails(&self, ids: &[StaffId]) -> Result<BTreeMap<StaffId, EmailAddress>, StoreError> {
        let mut store = self.store.autocommit()?;
        let mut emails = BTreeMap::new();
        for id in ids {
            if let Some(member) = store.staff().find(&StaffRef::Id(*id))? {
                emails.insert(*id, member.email);
            }
        }
        Ok(emails)
    }
}

/// Changes name, role or scope of a member of staff.
pub struct ChangeStaff {
    /// Stores the members.
    pub store: Arc<dyn Store>,
}

impl ChangeStaff {
    /// Gives the member the values of `wanted`, which hold from the member's next request on.
    ///
    /// # Errors
    ///
    /// [`StaffError::UnknownMember`]; [`StaffError::LastAdmin`], except at the terminal.
    pub fn run(
        &self,
        caller: &StaffCaller,
        member: &StaffRef,
        wanted: &StaffDetails,
    ) -> Result<StaffMember, StaffError> {
        let StaffDetails { name, directorate, role, scope } = wanted.clone();
        in_transaction(&*self.store, |transaction| {
            change(transaction, caller, member, |found| StaffMember {
                name: name.clone(),
                directorate: directorate.clone(),
                role,
                scope: scope.clone(),
                ..found
            })
        })
    }
}

/// Disables a member of staff, who may then not log in.
pub struct DisableStaff {
    /// Stores the members.
    pub store: Arc<dyn Store>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
}

impl DisableStaff {
    /// Disables the member, and revokes all sessions of the member. A disabled member stays as it is.
    ///
    /// # Errors
    ///
    /// [`StaffError::UnknownMember`]; [`StaffError::LastAdmin`], except at the terminal;
    /// [`StaffError::KeyReused`].
    pub fn run(
        &self,
        request: &ManagementRequest<'_, StaffMember>,
        member: &StaffRef,
    ) -> Result<Outcome<StaffMember>, StaffError> {
        request.run(&*self.store, &*self.clock, None, |transaction| {
            change(transaction, request.caller, member, |found| StaffMember {
                disabled_at: found.disabled_at.or_else(|| Some(self.clock.now())),
                ..found
            })
        })
    }
}

/// Enables a disabled member of staff.
pub struct EnableStaff {
    /// Stores the members.
    pub store: Arc<dyn Store>,
    /// Tells how old a recorded request is.
    pub clock: Arc<dyn Clock>,
}

impl EnableStaff {
    /// Enables the member, who may then log in. Sessions that were revoked stay revoked.
    ///
    /// # Errors
    ///
    /// [`StaffError::UnknownMember`]; [`StaffError::KeyReused`].
    pub fn run(
        &self,
        request: &ManagementRequest<'_, StaffMember>,
        member: &StaffRef,
    ) -> Result<Outcome<StaffMember>, StaffError> {
        request.run(&*self.store, &*self.clock, None, |transaction| {
            change(transaction, request.caller, member, |found| StaffMember { disabled_at: None, ..found })
        })
    }
}

fn change(
    transaction: &mut dyn Repositories,
    caller: &StaffCaller,
    member: &StaffRef,
    change: impl Fn(StaffMember) -> StaffMember,
) -> Result<StaffMember, StaffError> {
    let found = transaction.staff().find(member)?.ok_or(StaffError::UnknownMember)?;
    let is_at_terminal = caller.actor.id.is_none();
    let has_other_admin = is_at_terminal
        || change(found.clone()).is_enabled_admin()
        || lock_admins(&mut *transaction.staff(), found.id)?;
    let found = transaction.staff().lock(&StaffRef::Id(found.id))?.ok_or(StaffError::UnknownMember)?;
    let changed = change(found.clone());
    if found.is_enabled_admin() && !changed.is_enabled_admin() && !has_other_admin {
        return Err(StaffError::LastAdmin);
    }
    transaction.staff().update(&changed)?;
    if let Some(at) = changed.disabled_at.filter(|_| found.is_enabled()) {
        transaction.staff_sessions().revoke_all(found.id, at, StaffEndReason::Disabled)?;
    }
    Ok(changed)
}

/// Locks all admins who may log in. Returns whether there is one besides `member`.
///
/// Each change that removes an admin locks all of them, in the order of their ids. So of two admins
/// who disable each other simultaneously, one sees that the other was first.
fn lock_admins(staff: &mut dyn StaffRepository, member: StaffId) -> Result<bool, StoreError> {
    let mut has_other = false;
    for id in staff.enabled_admins()? {
        let admin = staff.lock(&StaffRef::Id(id))?;
        has_other |= id != member && admin.is_some_and(|admin| admin.is_enabled_admin());
    }
    Ok(has_other)
}
