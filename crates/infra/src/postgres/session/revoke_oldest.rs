//! Keeps the number of an account's sessions at the maximum.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Text, Timestamptz, Uuid as SqlUuid};
use sihha_domain::ids::{ProfileId, SessionId};
use sihha_domain::session::{EndReason, Session};
use sihha_domain::store::StoreError;

use crate::postgres::cached_sql::CachedSql;
use crate::postgres::store_connection::StoreConnection;

/// Maximum number of live and of ended sessions that one statement changes. An account can have
/// more sessions than that from the time before there was a maximum; the next logins change the
/// rest.
const BATCH: i64 = 1000;

/// Returns a row if an account has more sessions than the maximum.
const HAS_MORE: &str = "
    SELECT 1 WHERE EXISTS (
        SELECT FROM sessions
        WHERE profile_id = $1 AND ended_at IS NULL AND expires_at > $2 AND id <> $3
        OFFSET $4 - 1 LIMIT 1
    ) OR EXISTS (SELECT FROM sessions WHERE profile_id = $1 AND ended_at IS NOT NULL OFFSET $4 LIMIT 1)";

const REVOKE_OLDEST: &str = "
    WITH live AS MATERIALIZED (
        SELECT id FROM sessions
        WHERE profile_id = $1 AND ended_at IS NULL AND expires_at > $2 AND id <> $3
        ORDER BY id DESC OFFSET $4 - 1 LIMIT $5
    ), ended AS MATERIALIZED (
        SELECT id FROM sessions WHERE profile_id = $1 AND ended_at IS NOT NULL
        ORDER BY ended_at DESC, id DESC OFFSET $4 LIMIT $5
    ), free AS MATERIALIZED (
        SELECT id FROM sessions
        WHERE id = ANY (ARRAY(SELECT id FROM live)) AND profile_id = $1 AND ended_at IS NULL
        FOR NO KEY UPDATE SKIP LOCKED
    ), over AS MATERIALIZED (
        SELECT id FROM sessions WHERE id = ANY (ARRAY(SELECT id FROM ended)) AND profile_id = $1
        FOR UPDATE SKIP LOCKED
    ), removed AS (DELETE FROM sessions USING over WHERE sessions.id = over.id AND profile_id = $1)
    UPDATE sessions SET ended_at = $2, end_reason = $6
    FROM free WHERE sessions.id = free.id AND profile_id = $1";

/// Revokes the oldest live sessions of an account beyond the maximum, and deletes its oldest ended
/// sessions beyond the same number.
///
/// This runs after the statement that inserts the session, so that its snapshot contains every session
/// that was inserted before. In nearly all cases there are no more, which a simple statement finds out for
/// two thirds of the cost. Rows that others have locked are skipped: the next login finds them again.
pub(super) fn revoke_oldest(
    connection: &mut StoreConnection,
    owner: ProfileId,
    newest: SessionId,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let statement = |sql| {
        CachedSql::<Integer>::new(sql)
            .bind::<SqlUuid, _>(owner.as_uuid())
            .bind::<Timestamptz, _>(at)
            .bind::<SqlUuid, _>(newest.as_uuid())
            .bind::<BigInt, _>(i64::from(Session::MAX_PER_ACCOUNT))
    };
    let more: Option<i32> = connection.run(|pg| statement(HAS_MORE).get_result(pg).optional())?;
    if more.is_none() {
        return Ok(());
    }
    let query = statement(REVOKE_OLDEST)
        .bind::<BigInt, _>(BATCH)
        .bind::<Text, _>(EndReason::TooManySessions.as_str());
    connection.run(|pg| query.execute(pg)).map(|_| ())
}
