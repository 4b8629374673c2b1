use chrono::{DateTime, Utc};

use super::{
    Claims, EndReason, EndedSession, LockedAccount, Rotation, RotationOutcome, Session, SigningError, Token,
    TokenError,
};
use crate::ids::{ProfileId, SessionId, TokenDigest, TokenId};
use crate::store::{BatchResults, StoreError};

/// Signs tokens, and verifies the tokens that it signed.
pub trait TokenIssuer: Send + Sync {
    /// Signs `claims`.
    fn issue(&self, claims: &Claims) -> Result<Token, SigningError>;

    /// Returns the claims of `token` if this issuer signed it and it has not expired at `now`.
    ///
    /// MUST accept only the algorithm of its own key (RFC 8725 §3.1), and MUST NOT fetch or use a
    /// key that the token names or contains.
    fn verify(&self, token: &str, now: DateTime<Utc>) -> Result<Claims, TokenError>;
}

/// Stores which tokens of the legacy backend open no session.
pub trait LegacyTokenRepository {
    /// Blocks `tokens`. Returns how many of them were not blocked before.
    fn block(&mut self, tokens: &[TokenId], at: DateTime<Utc>) -> Result<usize, StoreError>;

    /// Returns whether the token is blocked.
    fn is_blocked(&mut self, token: TokenId) -> Result<bool, StoreError>;
}

/// Stores sessions. A session is *live* until it is revoked or its `expires_at` is reached.
pub trait SessionRepository {
    /// Inserts `session`, whose newest refresh token is `current`, unless the account's sessions
    /// were revoked after `not_before`, the time when they were last revoked as far as the caller
    /// knows. Returns whether it was inserted.
    ///
    /// MUST wait while another transaction has locked the account
    /// ([`AccountRepository::lock`](crate::account::AccountRepository::lock)), and then see what
    /// that transaction changed.
    fn insert_unless_revoked(
        &mut self,
        session: &Session,
        current: &TokenDigest,
        not_before: Option<DateTime<Utc>>,
    ) -> Result<bool, StoreError>;

    /// Inserts `session`, whose newest refresh token is `current`, unless a session with its id
    /// exists. Returns whether it was inserted. MUST wait as
    /// [`SessionRepository::insert_unless_revoked`] does.
    fn adopt(&mut self, session: &Session, current: &TokenDigest) -> Result<bool, StoreError>;

    /// Revokes the oldest live sessions of the account, so that [`Session::MAX_PER_ACCOUNT`]
    /// remain. `newest`, which was just inserted, remains. Deletes the account's oldest ended
    /// sessions beyond the same number. Changes up to a thousand sessions of each kind in one call.
    ///
    /// MUST see every session that was inserted before the call, so that the last of several
    /// simultaneous logins leaves no more than the maximum. MUST skip sessions that others have
    /// locked, and not wait for them.
    fn revoke_oldest(
        &mut self,
        profile_id: ProfileId,
        newest: SessionId,
        at: DateTime<Utc>,
    ) -> Result<(), StoreError>;

    /// Locks the account until the transaction ends, so that nobody can revoke all of its sessions
    /// meanwhile. Returns `None` if the account does not exist.
    fn lock_owner(&mut self, id: ProfileId) -> Result<Option<LockedAccount>, StoreError>;

    /// Marks up to `limit` sessions as restored from a backup: those that are live at `now`, were
    /// opened before `moment` and come after `after`, in the order of their accounts' ids and their
    /// own. Returns both ids of each.
    ///
    /// The next rotation of a marked session accepts any token as its newest one, and removes the
    /// mark.
    fn mark_restored(
        &mut self,
        moment: DateTime<Utc>,
        after: Option<(ProfileId, SessionId)>,
        now: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<(ProfileId, SessionId)>, StoreError>;

    /// Replaces each presented token by its successor, if the session is live at `now` and the
    /// token is its newest one.
    ///
    /// The token before the newest one, if it was replaced after `grace_since`, changes nothing and
    /// gets the result of its first use. Any other token of a live session was stolen, and its use
    /// revokes the session.
    ///
    /// The caller passes at most one rotation for each session. The adapter MUST return a result
    /// for each.
    ///
    /// MUST make a number of round trips that does not depend on the number of rotations, and MUST
    /// NOT wait for a lock of another transaction. A rotation that would have to wait is not made:
    /// its result is [`StoreError::Locked`], and the caller tries again.
    ///
    /// Each rotation MUST be atomic: of many simultaneous uses of one token, on any number of
    /// instances, one replaces it.
    fn rotate(
        &mut self,
        rotations: &[Rotation],
        now: DateTime<Utc>,
        grace_since: DateTime<Utc>,
    ) -> Result<BatchResults<RotationOutcome>, StoreError>;

    /// Revokes the session if it is live and belongs to the account. Returns whether it was
    /// revoked.
    fn revoke(
        &mut self,
        profile_id: ProfileId,
        id: SessionId,
        at: DateTime<Utc>,
        reason: EndReason,
    ) -> Result<bool, StoreError>;

    /// Revokes the session `id` if it is live and so is `caller`, and both belong to the account.
    /// Returns whether it was revoked. MUST read no other session, regardless of their number.
    fn revoke_as(
        &mut self,
        profile_id: ProfileId,
        caller: SessionId,
        id: SessionId,
        at: DateTime<Utc>,
    ) -> Result<bool, StoreError>;

    /// Revokes all live sessions of the account except `except`, and stores `at` as the time when
    /// they were revoked. Returns the number of revoked sessions.
    fn revoke_all(
        &mut self,
        profile_id: ProfileId,
        except: Option<SessionId>,
        at: DateTime<Utc>,
        reason: EndReason,
    ) -> Result<u64, StoreError>;

    /// Makes the caller the only one that may purge sessions, until its transaction ends. Returns
    /// `false` if another transaction is purging. MUST NOT wait.
    fn lock_purge(&mut self) -> Result<bool, StoreError>;

    /// Deletes up to `limit` sessions that expired before the day of `now` (UTC). Returns their
    /// number. MUST skip sessions that others have locked, and not wait for them.
    fn purge_expired(&mut self, now: DateTime<Utc>, limit: u32) -> Result<u32, StoreError>;

    /// Deletes up to `limit` sessions that were revoked before `moment`. Returns their number. MUST
    /// skip sessions that others have locked, and not wait for them.
    fn purge_ended(&mut self, moment: DateTime<Utc>, limit: u32) -> Result<u32, StoreError>;

    /// Finds the session if it is live at `now` and belongs to the account.
    fn find_live(
        &mut self,
        profile_id: ProfileId,
        id: SessionId,
        now: DateTime<Utc>,
    ) -> Result<Option<Session>, StoreError>;

    /// Returns whether the session is live at `now`, belongs to the account, and has `token` as its
    /// newest one. A session that [`SessionRepository::mark_restored`] marked accepts any token.
    fn is_newest(
        &mut self,
        profile_id: ProfileId,
        id: SessionId,
        token: &TokenDigest,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError>;

    /// Lists up to `limit` sessions of the account that are live at `now`, the newest first.
    fn live(
        &mut self,
        profile_id: ProfileId,
        now: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<Session>, StoreError>;

    /// Lists up to `limit` sessions of the account that were revoked at `since` or later, the last
    /// revoked first.
    fn ended(
        &mut self,
        profile_id: ProfileId,
        since: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<EndedSession>, StoreError>;
}
