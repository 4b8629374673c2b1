//! The sessions that one account has at most.

use chrono::{DateTime, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Text, Timestamptz, Uuid as SqlUuid};
use sihha_domain::ids::{ProfileId, SessionId};
use sihha_domain::session::{EndReason, Session};
use uuid::Uuid;

use crate::postgres::libpq::PqConnection;

/// Maximum number of rows of either kind that one statement changes. An account may have any number from before there
/// was a maximum; the next logins go on.
const BATCH: i64 = 1000;

/// Ends the live sessions of an account beyond the maximum, and removes its ended ones beyond as many.
///
/// A statement after the one that adds the session, so that its snapshot has every session that was added before. It
/// reads the account's rows by their index, and writes nothing in nearly all cases. Rows that others have locked are
/// passed over: the next login finds them again.
///
/// A fragment of its own, because Diesel keeps no prepared statement for `sql_query`.
pub(super) struct EndOldest {
    owner: Uuid,
    newest: Uuid,
    at: DateTime<Utc>,
}

impl EndOldest {
    pub(super) fn new(owner: ProfileId, newest: SessionId, at: DateTime<Utc>) -> Self {
        Self { owner: owner.as_uuid(), newest: newest.as_uuid(), at }
    }
}

impl QueryId for EndOldest {
    type QueryId = Self;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl QueryFragment<Pg> for EndOldest {
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

impl RunQueryDsl<PqConnection> for EndOldest {}
