//! The replacement of refresh tokens.

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
use sihha_domain::store::StoreError;
use uuid::Uuid;

use crate::postgres::errors::inconsistent;
use crate::postgres::libpq::PqConnection;
use crate::postgres::store::PgSession;

/// Uses of different sessions, as they are sent.
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

    /// The uses as rows `used (owner, session, presented, successor, until)`, and the row `at (moment, grace_since)`.
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

/// Whether the row of `sessions` is the live session that is used.
const IS_LIVE: &str = " WHERE sessions.id = session AND sessions.profile_id = owner \
     AND ended_at IS NULL AND expires_at > moment";

/// Whether the token that was presented is good: the newest, or the one before and within the grace period.
const IS_GOOD: &str =
    "(is_restored OR current_token = presented OR (previous_token = presented AND used_at > grace_since))";

/// Whether the token is replaced: it is the newest, or counts as that after a restore.
const IS_NEWEST: &str = "(is_restored OR current_token = presented)";

/// Replaces tokens that are good. One statement, so one round trip and one commit, for one use of each of many sessions.
///
/// A use that waits for another's row lock finds that row changed, and Postgres judges it again (EvalPlanQual): so of many
/// uses at the same moment one replaces the token, and the others find it replaced. If not `PATIENT`, it locks the rows
/// first and passes over those that another transaction has locked; that costs a sixth more.
///
/// Only an account that needs approval has a row of `approvals`; one without is a patient's (`profiles_approval_fkey`).
///
/// A fragment of its own, because Diesel keeps no prepared statement for `sql_query`: each use would cost one more
/// round trip, and a plan.
struct Rotate<'a, const PATIENT: bool>(&'a Uses<'a>);

impl<const PATIENT: bool> QueryId for Rotate<'_, PATIENT> {
    type QueryId = Rotate<'static, PATIENT>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<const PATIENT: bool> QueryFragment<Pg> for Rotate<'_, PATIENT> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        if !PATIENT {
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
        if PATIENT {
            self.0.push(&mut out)?;
        } else {
            out.push_sql("free");
        }
        out.push_sql(" LEFT JOIN approvals ON approvals.profile_id = owner");
        out.push_sql(IS_LIVE);
        out.push_sql(" AND ");
        out.push_sql(IS_GOOD);
        out.push_sql(" RETURNING sessions.id, owner, approvals.role, approvals.state, used_at, expires_at");
        Ok(())
    }
}

impl<const PATIENT: bool> Query for Rotate<'_, PATIENT> {
    type SqlType = (SqlUuid, SqlUuid, Nullable<Text>, Nullable<Text>, Timestamptz, Timestamptz);
}

impl<const PATIENT: bool> RunQueryDsl<PqConnection> for Rotate<'_, PATIENT> {}

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
    fn rotated(self) -> Result<TokenGrant, StoreError> {
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

/// Ends live sessions whose token is not good, and finds those that are live: whether it ended each. One that it found and
/// did not end is locked, or the token has become good since. Waits for no lock.
struct EndReused<'a>(&'a Uses<'a>);

impl QueryId for EndReused<'_> {
    type QueryId = EndReused<'static>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl QueryFragment<Pg> for EndReused<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("WITH asked AS MATERIALIZED (SELECT used.*, at.* FROM ");
        self.0.push(&mut out)?;
        out.push_sql("), reused AS MATERIALIZED (SELECT asked.* FROM sessions, asked");
        out.push_sql(IS_LIVE);
        out.push_sql(" AND ");
        out.push_sql(IS_GOOD);
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

impl Query for EndReused<'_> {
    type SqlType = (SqlUuid, Bool);
}

impl RunQueryDsl<PqConnection> for EndReused<'_> {}

type Outcome = Result<RotationOutcome, StoreError>;

impl PgSession {
    /// Of several uses of one session the first is made. Another use of the same token finds what that found.
    pub(super) fn rotate_all(
        &mut self,
        rotations: &[Rotation],
        now: DateTime<Utc>,
        grace_since: DateTime<Utc>,
    ) -> Vec<Outcome> {
        let mut first_of: HashMap<SessionId, usize> = HashMap::with_capacity(rotations.len());
        for (index, rotation) in rotations.iter().enumerate() {
            first_of.entry(rotation.session).or_insert(index);
        }
        let mut firsts: Vec<&Rotation> = first_of.values().map(|index| &rotations[*index]).collect();
        // All instances lock rows in this order, so that no two wait for each other.
        firsts.sort_unstable_by_key(|one| one.session);
        let found = match self.rotate_each(&firsts, now, grace_since) {
            Ok(found) => found,
            Err(error) => return rotations.iter().map(|_| Err(error.clone())).collect(),
        };
        let outcome = |(index, rotation): (usize, &Rotation)| {
            let first = first_of[&rotation.session];
            let outcome = found[&rotation.session].clone();
            if index == first {
                return outcome;
            }
            match outcome? {
                RotationOutcome::Rotated(rotated)
                    if rotation.presented == rotations[first].presented && rotated.used_at > grace_since =>
                {
                    Ok(RotationOutcome::Rotated(rotated))
                }
                // Judged by the next call: whatever there were of one session, this one is a single statement.
                RotationOutcome::Rotated(_) => Err(StoreError::Locked),
                RotationOutcome::Reused | RotationOutcome::NotLive => Ok(RotationOutcome::NotLive),
            }
        };
        rotations.iter().enumerate().map(outcome).collect()
    }

    /// Uses of different sessions.
    fn rotate_each(
        &mut self,
        rotations: &[&Rotation],
        now: DateTime<Utc>,
        grace_since: DateTime<Utc>,
    ) -> Result<HashMap<SessionId, Outcome>, StoreError> {
        let rows = self.rotate_good(&Uses::new(rotations, now, grace_since))?;
        let mut found: HashMap<SessionId, Outcome> = HashMap::with_capacity(rotations.len());
        for row in rows {
            let id = SessionId::from_uuid(row.id);
            found.insert(id, row.rotated().map(RotationOutcome::Rotated));
        }
        let left: Vec<&Rotation> =
            rotations.iter().filter(|one| !found.contains_key(&one.session)).copied().collect();
        if left.is_empty() {
            return Ok(found);
        }
        let uses = Uses::new(&left, now, grace_since);
        let live: HashMap<Uuid, bool> =
            self.run(|pg| EndReused(&uses).load::<(Uuid, bool)>(pg))?.into_iter().collect();
        for one in left {
            let outcome = match live.get(&one.session.as_uuid()) {
                None => Ok(RotationOutcome::NotLive),
                Some(true) => Ok(RotationOutcome::Reused),
                Some(false) => Err(StoreError::Locked),
            };
            if outcome == Err(StoreError::Locked) {
                self.lock_watch().met();
            }
            found.insert(one.session, outcome);
        }
        Ok(found)
    }

    /// Waits for a lock once. From then on, for a while, locked rows are passed over.
    fn rotate_good(&mut self, uses: &Uses<'_>) -> Result<Vec<RotatedRow>, StoreError> {
        if self.lock_watch().is_quiet() {
            match self.run(|pg| Rotate::<true>(uses).load(pg)) {
                Err(StoreError::Locked) => self.lock_watch().met(),
                rows => return rows,
            }
        }
        self.run(|pg| Rotate::<false>(uses).load(pg))
    }
}
