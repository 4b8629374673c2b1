use chrono::{DateTime, Utc};

use super::{
    RecoveryDigest, StaffEndReason, StaffMember, StaffRef, StaffRotation, StaffRotationOutcome, StaffSession,
};
use crate::account::EmailAddress;
use crate::ids::{SessionId, StaffId, TokenDigest};
use crate::password::PasswordHash;
use crate::store::StoreError;

/// The stored second factor of a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSecondFactor {
    /// The encrypted [`OtpSecret`](super::OtpSecret).
    pub sealed_secret: Vec<u8>,
    /// The digests of the recovery codes.
    pub recovery_codes: Vec<RecoveryDigest>,
}

/// The data that a login of staff is checked against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaffCredentials {
    /// The member's id.
    pub id: StaffId,
    /// The password's hash.
    pub password: PasswordHash,
    /// The encrypted [`OtpSecret`](super::OtpSecret).
    pub sealed_secret: Vec<u8>,
    /// Whether the member may log in.
    pub is_enabled: bool,
}

/// Stores members of staff.
pub trait StaffRepository {
    /// Inserts `member`, who has never logged in. Returns `false`, and inserts nothing, if another
    /// member has the e-mail, case-insensitively. An account of another kind may have it.
    ///
    /// The caller MUST run it in a transaction.
    fn insert(
        &mut self,
        member: &StaffMember,
        password: &PasswordHash,
        second_factor: &StoredSecondFactor,
    ) -> Result<bool, StoreError>;

    /// Finds the member.
    fn find(&mut self, member: &StaffRef) -> Result<Option<StaffMember>, StoreError>;

    /// Finds the member, and locks it until the transaction ends. MUST wait while another transaction
    /// has locked it, and then see what that transaction changed.
    fn lock(&mut self, member: &StaffRef) -> Result<Option<StaffMember>, StoreError>;

    /// Lists up to `limit` members whose id is greater than `after`, in the order of their ids, which
    /// is that of their creation.
    fn page(&mut self, after: Option<StaffId>, limit: u32) -> Result<Vec<StaffMember>, StoreError>;

    /// Lists the ids of admins who may log in, in order.
    fn enabled_admins(&mut self) -> Result<Vec<StaffId>, StoreError>;

    /// Stores name, directorate, role, scope and `disabled_at` of `member`.
    fn update(&mut self, member: &StaffMember) -> Result<(), StoreError>;

    /// Returns the credentials of the member with that e-mail, case-insensitively.
    fn credentials(&mut self, email: &EmailAddress) -> Result<Option<StaffCredentials>, StoreError>;

    /// Locks the member as [`StaffRepository::lock`] does, and returns the credentials.
    fn lock_credentials(&mut self, id: StaffId) -> Result<Option<StaffCredentials>, StoreError>;

    /// Replaces the password's hash.
    fn set_password(&mut self, id: StaffId, new: &PasswordHash) -> Result<(), StoreError>;

    /// Replaces the secret and all recovery codes. The next code of any time step is accepted.
    fn set_second_factor(&mut self, id: StaffId, new: &StoredSecondFactor) -> Result<(), StoreError>;

    /// Uses the code of a time step. Returns `false`, and changes nothing, if that step or a later one
    /// was used before.
    ///
    /// MUST be atomic: of many simultaneous uses of one step, one returns `true`.
    fn use_step(&mut self, id: StaffId, step: i64) -> Result<bool, StoreError>;

    /// Uses a recovery code. Returns `false` if the member has no such code, or it was used before.
    ///
    /// MUST be atomic: of many simultaneous uses of one code, one returns `true`.
    fn use_recovery_code(
        &mut self,
        id: StaffId,
        code: &RecoveryDigest,
        at: DateTime<Utc>,
    ) -> Result<bool, StoreError>;

    /// Stores when the member last logged in.
    fn note_login(&mut self, id: StaffId, at: DateTime<Utc>) -> Result<(), StoreError>;
}

/// Stores the sessions of staff. A session is *live* until it is revoked or its `expires_at` is
/// reached.
pub trait StaffSessionRepository {
    /// Inserts `session`, whose newest refresh token is `current`.
    fn insert(&mut self, session: &StaffSession, current: &TokenDigest) -> Result<(), StoreError>;

    /// Returns the member, enabled or not, if the session is live at `now` and belongs to it.
    fn member(
        &mut self,
        staff_id: StaffId,
        id: SessionId,
        now: DateTime<Utc>,
    ) -> Result<Option<StaffMember>, StoreError>;

    /// Replaces the presented token by its successor, if the session is live at `now` and the token is
    /// its newest one. The rules and requirements are those of
    /// [`SessionRepository::rotate`](crate::session::SessionRepository::rotate), except that it may
    /// wait for a lock.
    fn rotate(
        &mut self,
        rotation: &StaffRotation,
        now: DateTime<Utc>,
        grace_since: DateTime<Utc>,
    ) -> Result<StaffRotationOutcome, StoreError>;

    /// Revokes the session if it is live and belongs to the member. Returns whether it was revoked.
    fn revoke(
        &mut self,
        staff_id: StaffId,
        id: SessionId,
        at: DateTime<Utc>,
        reason: StaffEndReason,
    ) -> Result<bool, StoreError>;

    /// Revokes all live sessions of the member. Returns their number.
    fn revoke_all(
        &mut self,
        staff_id: StaffId,
        at: DateTime<Utc>,
        reason: StaffEndReason,
    ) -> Result<u64, StoreError>;

    /// Deletes up to `limit` sessions that would have expired before `moment`, revoked or not. Returns
    /// their number.
    fn purge(&mut self, moment: DateTime<Utc>, limit: u32) -> Result<u32, StoreError>;
}
