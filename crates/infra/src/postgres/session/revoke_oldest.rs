//! Keeps the number of an account's sessions at the maximum.

use chrono::{DateTime, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Text, Timestamptz, Uuid as SqlUuid};
use sihha_domain::ids::{ProfileId, SessionId};
use sihha_domain::session::{EndReason, Session};
use uuid::Uuid;

use crate::postgres::libpq::PqConnection;

/// Maximum number of live and of ended sessions that one statement changes. An account can have
/// more sessions than that from the time before there was a maximum; the next logins change the
/// rest.
const BATCH: i64 = 1000;

/// Revokes the oldest live sessions of an account beyond the maximum, and deletes its oldest ended
/// sessions beyond the same number.
///
/// This statement runs after the one that inserts the session, so that its snapshot contains every
/// session that was inserted before. It reads the account's rows by an index, and in nearly all
/// cases it writes nothing. It skips rows that others have locked: the next login finds them again.
///
/// It is a query fragment because Diesel does not cache prepared statements of `sql_query`.
pub(super) struct RevokeOldest {
    owner: Uuid,
    newest: Uuid,
    at: DateTime<Utc>,
}

impl RevokeOldest {
    pub(super) fn new(owner: ProfileId, newest: SessionId, at: DateTime<Utc>) -> Self {
        Self { owner: owner.as_uuid(), newest: newest.as_uuid(), at }
    }
}

impl QueryId for RevokeOldest {
    type QueryId = Self;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl QueryFragment<Pg> for RevokeOldest {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        const OTHERS: i64 = Session::MAX_PER_ACCOUNT as i64 - 1;
        const ENDED: i64 = Session::MAX_PER_ACCOUNT as i64;
        out.push_sql("WITH live AS MATERIALIZED (SELECT id FROM sessions WHERE profile_id = ");
        out.push_bind_param::<SqlUuid, _>(&self.owner)?;
        out.push_sql(" AND ended_at IS NULL AND expires_at > ");
        out.push_bind_param::<Timestamptz, _>(&self.at)?;
        out.push_sql(" AND id <> ");
        out.push_bind_param::<SqlUuid, _>(&self.newest)?;
        out.push_sql(" ORDER BY id DESC OFFSET ");
        out.push_bind_param::<BigInt, _>(&OTHERS)?;
        out.push_sql(" LIMIT ");
        out.push_bind_param::<BigInt, _>(&BATCH)?;
        out.push_sql("), ended AS MATERIALIZED (SELECT id FROM sessions WHERE profile_id = ");
        out.push_bind_param::<SqlUuid, _>(&self.owner)?;
        out.push_sql(" AND ended_at IS NOT NULL ORDER BY ended_at DESC, id DESC OFFSET ");
        out.push_bind_param::<BigInt, _>(&ENDED)?;
        out.push_sql(" LIMIT ");
        out.push_bind_param::<BigInt, _>(&BATCH)?;
        out.push_sql(
            "), free AS MATERIALIZED (SELECT id FROM sessions WHERE id = ANY (ARRAY(SELECT id FROM live)) \
             AND profile_id = ",
        );
        out.push_bind_param::<SqlUuid, _>(&self.owner)?;
        out.push_sql(
            " AND ended_at IS NULL FOR NO KEY UPDATE SKIP LOCKED), \
             over AS MATERIALIZED (SELECT id FROM sessions WHERE id = ANY (ARRAY(SELECT id FROM ended)) \
             AND profile_id = ",
        );
        out.push_bind_param::<SqlUuid, _>(&self.owner)?;
        out.push_sql(
            " FOR UPDATE SKIP LOCKED), \
             removed AS (DELETE FROM sessions USING over WHERE sessions.id = over.id AND profile_id = ",
        );
        out.push_bind_param::<SqlUuid, _>(&self.owner)?;
        out.push_sql(") UPDATE sessions SET ended_at = ");
        out.push_bind_param::<Timestamptz, _>(&self.at)?;
        out.push_sql(", end_reason = ");
        out.push_bind_param::<Text, _>(EndReason::TooManySessions.as_str())?;
        out.push_sql(" FROM free WHERE sessions.id = free.id AND profile_id = ");
        out.push_bind_param::<SqlUuid, _>(&self.owner)?;
        Ok(())
    }
}

impl RunQueryDsl<PqConnection> for RevokeOldest {}
