//! The replacement of refresh tokens.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::pg::{Pg, PgConnection};
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{Array, Binary, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use sihha_domain::account::Role;
use sihha_domain::approval::ApprovalState;
use sihha_domain::ids::ProfileId;
use sihha_domain::session::{Rotated, Rotation};
use sihha_domain::store::StoreError;
use uuid::Uuid;

use crate::postgres::errors::inconsistent;
use crate::postgres::store::PgSession;

/// One statement, so one round trip and one commit, for one use of each of many sessions. A use that waits for
/// another's row lock finds that row changed, and Postgres judges it anew: so of many uses at the same moment one
/// replaces the token, and the others find it replaced.
///
/// A fragment of its own, because Diesel keeps no prepared statement for `sql_query`: each use would cost one more
/// round trip, and a plan.
struct Rotate<'a> {
    sessions: Vec<Uuid>,
    presented: Vec<&'a [u8]>,
    successors: Vec<&'a [u8]>,
    until: Vec<DateTime<Utc>>,
    now: DateTime<Utc>,
    grace_since: DateTime<Utc>,
}

impl QueryId for Rotate<'_> {
    type QueryId = Rotate<'static>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl QueryFragment<Pg> for Rotate<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(
            "UPDATE sessions SET \
             current_token = CASE WHEN current_token = presented THEN successor ELSE current_token END, \
             previous_token = CASE WHEN current_token = presented THEN presented ELSE previous_token END, \
             used_at = CASE WHEN current_token = presented THEN moment ELSE used_at END, \
             expires_at = CASE WHEN current_token = presented THEN least(until, ends_at) ELSE expires_at END \
             FROM unnest(",
        );
        out.push_bind_param::<Array<SqlUuid>, _>(&self.sessions)?;
        out.push_sql("::uuid[], ");
        out.push_bind_param::<Array<Binary>, _>(&self.presented)?;
        out.push_sql("::bytea[], ");
        out.push_bind_param::<Array<Binary>, _>(&self.successors)?;
        out.push_sql("::bytea[], ");
        out.push_bind_param::<Array<Timestamptz>, _>(&self.until)?;
        out.push_sql("::timestamptz[]) AS used (session, presented, successor, until), (VALUES (");
        out.push_bind_param::<Timestamptz, _>(&self.now)?;
        out.push_sql("::timestamptz, ");
        out.push_bind_param::<Timestamptz, _>(&self.grace_since)?;
        out.push_sql(
            "::timestamptz)) AS at (moment, grace_since), \
             profiles LEFT JOIN approvals ON approvals.profile_id = profiles.id \
             WHERE sessions.id = session AND profiles.id = sessions.profile_id \
             AND ended_at IS NULL AND expires_at > moment \
             AND (current_token = presented OR (previous_token = presented AND used_at > grace_since)) \
             RETURNING sessions.id, sessions.profile_id, profiles.role, approvals.state, used_at, expires_at",
        );
        Ok(())
    }
}

impl Query for Rotate<'_> {
    type SqlType = (SqlUuid, SqlUuid, Text, Nullable<Text>, Timestamptz, Timestamptz);
}

impl RunQueryDsl<PgConnection> for Rotate<'_> {}

#[derive(Queryable)]
struct RotatedRow {
    id: Uuid,
    profile_id: Uuid,
    role: String,
    state: Option<String>,
    used_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
}

impl RotatedRow {
    fn rotated(self) -> Result<Rotated, StoreError> {
        Ok(Rotated {
            profile_id: ProfileId::from_uuid(self.profile_id),
            role: Role::parse(&self.role).ok_or_else(|| inconsistent("profiles", "role"))?,
            is_approved: self.state.is_none_or(|state| state == ApprovalState::Approved.as_str()),
            used_at: self.used_at,
            expires_at: self.expires_at,
        })
    }
}

type Answer = Result<Option<Rotated>, StoreError>;

impl PgSession {
    /// Uses of one session are made one after another, in their order.
    pub(super) fn rotate_all(
        &mut self,
        rotations: &[Rotation],
        now: DateTime<Utc>,
        grace_since: DateTime<Utc>,
    ) -> Vec<Answer> {
        let mut answers: Vec<Answer> = rotations.iter().map(|_| Ok(None)).collect();
        let mut left: Vec<usize> = (0..rotations.len()).collect();
        // All instances lock rows in this order, so that no two wait for each other.
        left.sort_by_key(|index| rotations[*index].session);
        while !left.is_empty() {
            let same = |a: &usize, b: &usize| rotations[*a].session == rotations[*b].session;
            let firsts: Vec<usize> = left.chunk_by(same).map(|uses| uses[0]).collect();
            left = left.chunk_by(same).flat_map(|uses| &uses[1..]).copied().collect();
            let round: Vec<&Rotation> = firsts.iter().map(|index| &rotations[*index]).collect();
            let found = self.rotate_apart(&round, now, grace_since);
            for (index, answer) in firsts.into_iter().zip(found) {
                answers[index] = answer;
            }
        }
        answers
    }

    /// Uses of different sessions. If the statement fails, each is tried by itself: one that cannot be done now, such
    /// as one that waits for a lock too long, is not the others' fault.
    fn rotate_apart(
        &mut self,
        round: &[&Rotation],
        now: DateTime<Utc>,
        grace_since: DateTime<Utc>,
    ) -> Vec<Answer> {
        match self.rotate_together(round, now, grace_since) {
            Ok(mut found) => {
                round.iter().map(|one| found.remove(&one.session.as_uuid()).transpose()).collect()
            }
            Err(_) if round.len() > 1 && !self.is_broken() => {
                round.iter().flat_map(|one| self.rotate_apart(&[*one], now, grace_since)).collect()
            }
            Err(error) => round.iter().map(|_| Err(error.clone())).collect(),
        }
    }

    fn rotate_together(
        &mut self,
        round: &[&Rotation],
        now: DateTime<Utc>,
        grace_since: DateTime<Utc>,
    ) -> Result<HashMap<Uuid, Result<Rotated, StoreError>>, StoreError> {
        let query = Rotate {
            sessions: round.iter().map(|one| one.session.as_uuid()).collect(),
            presented: round.iter().map(|one| one.presented.as_bytes().as_slice()).collect(),
            successors: round.iter().map(|one| one.successor.as_bytes().as_slice()).collect(),
            until: round.iter().map(|one| one.expires_at).collect(),
            now,
            grace_since,
        };
        let rows = self.run(|pg| query.load::<RotatedRow>(pg))?;
        Ok(rows.into_iter().map(|row| (row.id, row.rotated())).collect())
    }
}
