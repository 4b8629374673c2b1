//! The replacement of refresh tokens.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
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
const ROTATE: &str = "
    UPDATE sessions SET
        current_token = CASE WHEN current_token = presented THEN successor ELSE current_token END,
        previous_token = CASE WHEN current_token = presented THEN presented ELSE previous_token END,
        used_at = CASE WHEN current_token = presented THEN $5 ELSE used_at END,
        expires_at = CASE WHEN current_token = presented THEN least(until, ends_at) ELSE expires_at END
    FROM unnest($1::uuid[], $2::bytea[], $3::bytea[], $4::timestamptz[]) AS used (session, presented, successor, until),
        profiles LEFT JOIN approvals ON approvals.profile_id = profiles.id
    WHERE sessions.id = session AND profiles.id = sessions.profile_id
        AND ended_at IS NULL AND expires_at > $5
        AND (current_token = presented OR (previous_token = presented AND used_at > $6))
    RETURNING sessions.id, sessions.profile_id, profiles.role, approvals.state, used_at, expires_at";

#[derive(QueryableByName)]
struct RotatedRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    profile_id: Uuid,
    #[diesel(sql_type = Text)]
    role: String,
    #[diesel(sql_type = Nullable<Text>)]
    state: Option<String>,
    #[diesel(sql_type = Timestamptz)]
    used_at: DateTime<Utc>,
    #[diesel(sql_type = Timestamptz)]
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
        let sessions: Vec<Uuid> = round.iter().map(|one| one.session.as_uuid()).collect();
        let presented: Vec<&[u8]> = round.iter().map(|one| one.presented.as_bytes().as_slice()).collect();
        let successors: Vec<&[u8]> = round.iter().map(|one| one.successor.as_bytes().as_slice()).collect();
        let until: Vec<DateTime<Utc>> = round.iter().map(|one| one.expires_at).collect();
        let query = diesel::sql_query(ROTATE)
            .bind::<Array<SqlUuid>, _>(sessions)
            .bind::<Array<Binary>, _>(presented)
            .bind::<Array<Binary>, _>(successors)
            .bind::<Array<Timestamptz>, _>(until)
            .bind::<Timestamptz, _>(now)
            .bind::<Timestamptz, _>(grace_since);
        let rows = self.run(|pg| query.load::<RotatedRow>(pg))?;
        Ok(rows.into_iter().map(|row| (row.id, row.rotated())).collect())
    }
}
