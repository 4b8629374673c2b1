use chrono::{DateTime, Utc};

use super::{
    Claims, EndReason, EndedSession, LockedAccount, Rotation, RotationOutcome, Session, SigningError, Token,
    TokenError,
};
use crate::ids::{ProfileId, SessionId, TokenDigest};
use crate::store::StoreError;

/// Signs tokens, and reads those it signed.
pub trait TokenIssuer: Send + Sync {
    /// Signs `claims`.
    fn issue(&self, claims: &Claims) -> Result<Token, SigningError>;

    /// What `token` says, if this issuer signed it and it has not expired at `now`.
    ///
    /// MUST accept no algorithm but its own (RFC 8725 §3.1), and MUST NOT fetch or use a key that the token
    /// names or carries.
    fn verify(&self, token: &str, now: DateTime<Utc>) -> Result<Claims, TokenError>;
}

/// Keeps sessions. A session is *live* until it is ended or `expires_at` has come.
pub trait SessionRepository {
    /// Adds `session`, whose newest refresh token is `current`, unless all sessions of its account were ended since
    /// `not_before`, when they were ended last; whether it did. MUST wait while another transaction has locked the
    /// account ([`AccountRepository::lock`](crate::account::AccountRepository::lock)), and see what that one did.
    fn insert_unless_revoked(
        &mut self,
        session: &Session,
        current: &TokenDigest,
        not_before: Option<DateTime<Utc>>,
    ) -> Result<bool, StoreError>;

    /// Adds `session`, whose newest refresh token is `current`, unless one of that id was added before. Returns whether
    /// it was added. MUST wait as [`SessionRepository::insert_unless_revoked`] does.
    fn adopt(&mut self, session: &Session, current: &TokenDigest) -> Result<bool, StoreError>;

    /// Ends the oldest live sessions of the account, so that [`Session::MAX_PER_ACCOUNT`] are left with `newest`, which
    /// was just added and stays. Removes the account's ended sessions beyond as many. Each up to a thousand at a time.
    ///
    /// MUST see every session that was added before the call, so that of several logins at the same moment the last
    /// leaves no more than the maximum. MUST leave sessions that others have locked, and not wait for them.
    fn revoke_oldest(
        &mut self,
        profile_id: ProfileId,
        newest: SessionId,
        at: DateTime<Utc>,
    ) -> Result<(), StoreError>;

    /// Locks the account of that id until the transaction ends, or `None` if there is none: meanwhile nobody
    /// ends all of its sessions.
    fn lock_owner(&mut self, id: ProfileId) -> Result<Option<LockedAccount>, StoreError>;

    /// Marks at most `limit` of the sessions that are live at `now` and were opened before `moment`, of those whose ids come
    /// after `after`, in the order of their ids. Returns their ids. The next rotation of a marked session takes any token as
    /// its newest one, and removes the mark.
    fn mark_restored(
        &mut self,
        moment: DateTime<Utc>,
        after: Option<SessionId>,
        now: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<SessionId>, StoreError>;

    /// Replaces each token that was presented by its successor, if the session is live at `now` and the token its
    /// newest one. If it is the one before, replaced after `grace_since`, changes nothing and returns what
    /// the first use found. Any other token of a live session is theft, and ends the session. The outcomes are in the
    /// rotations' places.
    ///
    /// MUST take a bounded number of round trips, however many the rotations are, and MUST NOT wait for a lock of
    /// another transaction. A rotation that it would have to wait for, or whose session another token of this call
    /// belongs to, is left undone: [`StoreError::Locked`]; ask again.
    ///
    /// Each MUST be atomic: of many uses of one token at the same moment, in one call or on however many instances,
    /// one replaces it.
    fn rotate(
        &mut self,
        rotations: &[Rotation],
        now: DateTime<Utc>,
        grace_since: DateTime<Utc>,
    ) -> Vec<Result<RotationOutcome, StoreError>>;

    /// Ends the account's session of that id if it is live. Returns whether it was.
    fn end(
        &mut self,
        profile_id: ProfileId,
        id: SessionId,
        at: DateTime<Utc>,
        reason: EndReason,
    ) -> Result<bool, StoreError>;

    /// Ends the account's session of that id if it is live, and the session `caller` of the same account as well.
    /// Returns whether it ended. MUST touch no more than these two, however many the account has.
    fn revoke_as(
        &mut self,
        profile_id: ProfileId,
        caller: SessionId,
        id: SessionId,
        at: DateTime<Utc>,
    ) -> Result<bool, StoreError>;

    /// Ends all live sessions of the account but one, and notes when; how many those were.
    fn revoke_all(
        &mut self,
        profile_id: ProfileId,
        except: Option<SessionId>,
        at: DateTime<Utc>,
        reason: EndReason,
    ) -> Result<u64, StoreError>;

    /// Whether the caller alone may remove sessions that are over, until its transaction ends; `false` if another
    /// does. MUST NOT wait.
    fn lock_purge(&mut self) -> Result<bool, StoreError>;

    /// Removes at most `limit` sessions that expired before the day of `now` (UTC); how many those were. MUST leave
    /// what is in use at this moment, and not wait for it.
    fn purge_expired(&mut self, now: DateTime<Utc>, limit: u32) -> Result<u32, StoreError>;

    /// Removes at most `limit` sessions that were ended before `moment`; how many those were. MUST leave what is in
    /// use at this moment, and not wait for it.
    fn purge_ended(&mut self, moment: DateTime<Utc>, limit: u32) -> Result<u32, StoreError>;

    /// The account's session of that id if it is live. Else `None`.
    fn find_live(
        &mut self,
        profile_id: ProfileId,
        id: SessionId,
        now: DateTime<Utc>,
    ) -> Result<Option<Session>, StoreError>;

    /// The live sessions of the account, at most `limit`, the newest first.
    fn live(
        &mut self,
        profile_id: ProfileId,
        now: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<Session>, StoreError>;

    /// The sessions of the account that were ended at `since` or later, at most `limit`, the last to end first.
    fn ended(
        &mut self,
        profile_id: ProfileId,
        since: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<EndedSession>, StoreError>;
}
