//! The rotation of refresh tokens.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{Array, Binary, Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use sihha_domain::account::Role;
use sihha_domain::approval::ApprovalState;
use sihha_domain::ids::{ProfileId, SessionId};
use sihha_domain::session::{EndReason, Rotation, RotationOutcome, TokenGrant};
use sihha_domain::store::{BatchResults, StoreError};
use uuid::Uuid;

use crate::postgres::errors::inconsistent;
use crate::postgres::libpq::PqConnection;
use crate::postgres::store_connection::StoreConnection;

/// Uses of refresh tokens of different sessions, as parameters of a statement.
struct Uses<'a> {
    owners: Vec<Uuid>,
    sessions: Vec<Uuid>,
    presented: Vec<&'a [u8]>,
    successors: Vec<&'a [u8]>,
    until: Vec<DateTime<Utc>>,
    now: DateTime<Utc>,
    grace_since: DateTime<Utc>,
}

impl<'a> Uses<'a> {
    fn new(rotations: &[&'a Rotation], now: DateTime<Utc>, grace_since: DateTime<Utc>) -> Self {
        Self {
            owners: rotations.iter().map(|one| one.profile_id.as_uuid()).collect(),
            sessions: rotations.iter().map(|one| one.session.as_uuid()).collect(),
            presented: rotations.iter().map(|one| one.presented.as_bytes().as_slice()).collect(),
            successors: rotations.iter().map(|one| one.successor.as_bytes().as_slice()).collect(),
            until: rotations.iter().map(|one| one.expires_at).collect(),
            now,
            grace_since,
        }
    }

    /// Writes the uses as rows `used (owner, session, presented, successor, until)` and a row
    /// `at (moment, grace_since)`.
    fn push<'b>(&'b self, out: &mut AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("unnest(");
        out.push_bind_param::<Array<SqlUuid>, _>(&self.owners)?;
        out.push_sql("::uuid[], ");
        out.push_bind_param::<Array<SqlUuid>, _>(&self.sessions)?;
        out.push_sql("::uuid[], ");
        out.push_bind_param::<Array<Binary>, _>(&self.presented)?;
        out.push_sql("::bytea[], ");
        out.push_bind_param::<Array<Binary>, _>(&self.successors)?;
        out.push_sql("::bytea[], ");
        out.push_bind_param::<Array<Timestamptz>, _>(&self.until)?;
        out.push_sql(
            "::timestamptz[]) AS used (owner, session, presented, successor, until) CROSS JOIN (VALUES (",
        );
        out.push_bind_param::<Timestamptz, _>(&self.now)?;
        out.push_sql("::timestamptz, ");
        out.push_bind_param::<Timestamptz, _>(&self.grace_since)?;
        out.push_sql("::timestamptz)) AS at (moment, grace_since)");
        Ok(())
    }
}

/// The condition that the row of `sessions` is the session of the use, and is live.
const IS_LIVE: &str = " WHERE sessions.id = session AND sessions.profile_id = owner \
     AND ended_at IS NULL AND expires_at > moment";

/// The condition that the presented token is valid: it is the newest one, or the one before within
/// the grace period.
const IS_VALID: &str =
    "(is_restored OR current_token = presented OR (previous_token = presented AND used_at > grace_since))";

/// The condition that the token is replaced: it is the newest one, or counts as the newest one
/// after a restore.
const IS_NEWEST: &str = "(is_restored OR current_token = presented)";

/// Replaces valid tokens. It is one statement, so one round trip and one commit, for one use in
/// each of many sessions.
///
/// After a wait for a row lock, Postgres checks the changed row again (`EvalPlanQual`). So one of
/// many simultaneous uses replaces the token, and the others find it replaced. Without `WAITS`, the
/// statement locks the rows first and skips rows that another transaction has locked; this costs a
/// sixth more.
///
/// Only an account that needs approval has a row in `approvals`; an account without one is a
/// patient's (`profiles_approval_fkey`).
///
/// It is a query fragment because Diesel does not cache prepared statements of `sql_query`: each
/// use would cost another round trip and a plan.
struct Rotate<'a, const WAITS: bool>(&'a Uses<'a>);

impl<const WAITS: bool> QueryId for Rotate<'_, WAITS> {
    type QueryId = Rotate<'static, WAITS>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<const WAITS: bool> QueryFragment<Pg> for Rotate<'_, WAITS> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        if !WAITS {
            out.push_sql("WITH free AS MATERIALIZED (SELECT used.*, at.* FROM sessions, ");
            self.0.push(&mut out)?;
            out.push_sql(IS_LIVE);
            out.push_sql(" FOR NO KEY UPDATE OF sessions SKIP LOCKED) ");
        }
        out.push_sql("UPDATE sessions SET is_restored = false");
        for (column, value) in [
            ("current_token", "successor"),
            ("previous_token", "presented"),
            ("used_at", "moment"),
            ("expires_at", "least(until, ends_at)"),
        ] {
            for part in [", ", column, " = CASE WHEN ", IS_NEWEST, " THEN ", value, " ELSE ", column, " END"]
            {
                out.push_sql(part);
            }
        }
        out.push_sql(" FROM ");
        if WAITS {
            self.0.push(&mut out)?;
        } else {
            out.push_sql("free");
        }
        out.push_sql(" LEFT JOIN approvals ON approvals.profile_id = owner");
        out.push_sql(IS_LIVE);
        out.push_sql(" AND ");
        out.push_sql(IS_VALID);
        out.push_sql(" RETURNING sessions.id, owner, approvals.role, approvals.state, used_at, expires_at");
        Ok(())
    }
}

impl<const WAITS: bool> Query for Rotate<'_, WAITS> {
    type SqlType = (SqlUuid, SqlUuid, Nullable<Text>, Nullable<Text>, Timestamptz, Timestamptz);
}

impl<const WAITS: bool> RunQueryDsl<PqConnection> for Rotate<'_, WAITS> {}

#[derive(Queryable)]
struct RotatedRow {
    id: Uuid,
    profile_id: Uuid,
    role: Option<String>,
    state: Option<String>,
    used_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
}

impl RotatedRow {
    fn grant(self) -> Result<TokenGrant, StoreError> {
        let role = self.role.map_or(Some(Role::Patient), |role| Role::parse(&role));
        Ok(TokenGrant {
            profile_id: ProfileId::from_uuid(self.profile_id),
            role: role.ok_or_else(|| inconsistent("approvals", "role"))?,
            is_approved: self.state.is_none_or(|state| state == ApprovalState::Approved.as_str()),
            used_at: self.used_at,
            expires_at: self.expires_at,
        })
    }
}

/// Revokes live sessions whose token is not valid. Returns the sessions that are live, and whether
/// each was revoked.
///
/// A session that is returned but not revoked is locked, or its token has become valid since. The
/// statement does not wait for locks.
struct RevokeReused<'a>(&'a Uses<'a>);

impl QueryId for RevokeReused<'_> {
    type QueryId = RevokeReused<'static>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl QueryFragment<Pg> for RevokeReused<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("WITH asked AS MATERIALIZED (SELECT used.*, at.* FROM ");
        self.0.push(&mut out)?;
        out.push_sql("), reused AS MATERIALIZED (SELECT asked.* FROM sessions, asked");
        out.push_sql(IS_LIVE);
        out.push_sql(" AND ");
        out.push_sql(IS_VALID);
        out.push_sql(
            " IS NOT TRUE FOR NO KEY UPDATE OF sessions SKIP LOCKED), \
             ended AS (UPDATE sessions SET ended_at = moment, end_reason = ",
        );
        out.push_bind_param::<Text, _>(EndReason::TokenReused.as_str())?;
        out.push_sql(" FROM reused");
        out.push_sql(IS_LIVE);
        out.push_sql(
            " RETURNING sessions.id) \
             SELECT sessions.id, ended.id IS NOT NULL FROM (sessions CROSS JOIN asked) \
             LEFT JOIN ended ON ended.id = sessions.id",
        );
        out.push_sql(IS_LIVE);
        Ok(())
    }
}

impl Query for RevokeReused<'_> {
    type SqlType = (SqlUuid, Bool);
}

impl RunQueryDsl<PqConnection> for RevokeReused<'_> {}

/// Makes the rotations, which are of different sessions.
pub(super) fn rotate(
    connection: &mut StoreConnection,
    rotations: &[Rotation],
    now: DateTime<Utc>,
    grace_since: DateTime<Utc>,
) -> Result<BatchResults<RotationOutcome>, StoreError> {
    let mut rotations: Vec<&Rotation> = rotations.iter().collect();
    // All instances lock rows in this order, so that they cannot deadlock.
    rotations.sort_unstable_by_key(|rotation| rotation.session);
    let mut results = BatchResults::with_capacity(rotations.len());
    for row in rotate_valid(connection, &Uses::new(&rotations, now, grace_since))? {
        results.insert(SessionId::from_uuid(row.id), row.grant().map(RotationOutcome::Rotated));
    }
    rotations.retain(|rotation| !results.contains_key(&rotation.session));
    if rotations.is_empty() {
        return Ok(results);
    }
    let uses = Uses::new(&rotations, now, grace_since);
    let revoked: HashMap<Uuid, bool> =
        connection.run(|pg| RevokeReused(&uses).load::<(Uuid, bool)>(pg))?.into_iter().collect();
    for rotation in rotations {
        let result = match revoked.get(&rotation.session.as_uuid()) {
            None => Ok(RotationOutcome::NotLive),
            Some(true) => Ok(RotationOutcome::Reused),
            Some(false) => {
                connection.lock_watch().note_lock();
                Err(StoreError::Locked)
            }
        };
        results.insert(rotation.session, result);
    }
    Ok(results)
}

/// Waits for a lock once. For some time after that, locked rows are skipped.
fn rotate_valid(connection: &mut StoreConnection, uses: &Uses<'_>) -> Result<Vec<RotatedRow>, StoreError> {
    if connection.lock_watch().is_quiet() {
        match connection.run(|pg| Rotate::<true>(uses).load(pg)) {
            Err(StoreError::Locked) => connection.lock_watch().note_lock(),
            rows => return rows,
        }
    }
    connection.run(|pg| Rotate::<false>(uses).load(pg))
}
