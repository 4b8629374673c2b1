//! The rotation of refresh tokens.

use std::collections::HashMap;
use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, Binary, Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use sihha_domain::account::Role;
use sihha_domain::approval::ApprovalState;
use sihha_domain::ids::{ProfileId, SessionId};
use sihha_domain::session::{EndReason, Rotation, RotationOutcome, TokenGrant};
use sihha_domain::store::{BatchResults, StoreError};
use uuid::Uuid;

use crate::postgres::cached_sql::CachedSql;
use crate::postgres::errors::inconsistent;
use crate::postgres::store_connection::StoreConnection;

/// Uses of refresh tokens of different sessions, as rows `used`, and a row `at (moment,
/// grace_since)`. [`with_uses`] sets the parameters.
const USES: &str = "unnest($1::uuid[], $2::uuid[], $3::bytea[], $4::bytea[], $5::timestamptz[]) \
         AS used (owner, session, presented, successor, until) \
     CROSS JOIN (VALUES ($6::timestamptz, $7::timestamptz)) AS at (moment, grace_since)";

/// How many accounts a statement is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Accounts {
    /// `$8` is the account, so a distributed database asks one shard.
    One,
    /// The rows of `sessions` are found by both ids: with a list of accounts, Postgres reads all
    /// sessions of each.
    Several,
}

impl Accounts {
    const fn of(rotations: &[&Rotation]) -> Self {
        if rotations.len() == 1 { Self::One } else { Self::Several }
    }

    /// Returns the condition that the row of `sessions` is the session of the use, and is live.
    fn is_live(self) -> String {
        let account = if self == Self::One { "AND sessions.profile_id = $8 " } else { "" };
        format!(
            "WHERE sessions.id = session AND sessions.profile_id = owner {account}\
             AND ended_at IS NULL AND expires_at > moment"
        )
    }
}

/// The condition that the presented token is valid: it is the newest one, or the one before within
/// the grace period.
const IS_VALID: &str =
    "(is_restored OR current_token = presented OR (previous_token = presented AND used_at > grace_since))";

/// The condition that the token is replaced: it is the newest one, or counts as the newest one
/// after a restore.
const IS_NEWEST: &str = "(is_restored OR current_token = presented)";

/// Replaces valid tokens. It is one statement, so one round trip and one commit,
/// for one use in each of many sessions.
///
/// After a wait for a row lock, Postgres checks the changed row again (`EvalPlanQual`). So one of
/// many simultaneous uses replaces the token, and the others find it replaced. Without `waits`, the
/// statement locks the rows first and skips rows that another transaction has locked; this costs a
/// sixth more.
///
/// Only an account that needs approval has a row in `approvals`; an account without one is a
/// patient's (`profiles_approval_role_fkey`).
fn rotate_valid_sql(accounts: Accounts, waits: bool) -> String {
    let is_live = accounts.is_live();
    let of_accounts = if accounts == Accounts::One { "= $8" } else { "= ANY ($1)" };
    let free = format!(
        "WITH free AS MATERIALIZED (SELECT used.*, at.* FROM sessions, {USES} {is_live} \
         FOR NO KEY UPDATE OF sessions SKIP LOCKED) "
    );
    let (with, uses) = if waits { ("", USES) } else { (free.as_str(), "free") };
    let replacements = [
        ("current_token", "successor"),
        ("previous_token", "presented"),
        ("used_at", "moment"),
        ("expires_at", "least(until, ends_at)"),
    ]
    .map(|(column, value)| format!(", {column} = CASE WHEN {IS_NEWEST} THEN {value} ELSE {column} END"));
    format!(
        "{with}UPDATE sessions SET is_restored = false{} FROM {uses} \
         LEFT JOIN approvals ON approvals.profile_id = owner AND approvals.profile_id {of_accounts} \
         LEFT JOIN profiles ON profiles.id = owner AND profiles.id {of_accounts} \
         {is_live} AND {IS_VALID} \
         RETURNING sessions.id, owner, approvals.role, approvals.state, \
             email_verified_at IS NOT NULL, used_at, expires_at",
        replacements.concat()
    )
}

/// Revokes live sessions whose token is not valid. Returns the sessions that are live, and whether
/// each was revoked.
///
/// A session that is returned but not revoked is locked, or its token has become valid since. The
/// statement does not wait for locks.
fn revoke_reused_sql(accounts: Accounts) -> String {
    let is_live = accounts.is_live();
    let reason = if accounts == Accounts::One { "$9" } else { "$8" };
    format!(
        "WITH asked AS MATERIALIZED (SELECT used.*, at.* FROM {USES}), \
         reused AS MATERIALIZED (SELECT asked.* FROM sessions, asked {is_live} AND {IS_VALID} IS NOT TRUE \
             FOR NO KEY UPDATE OF sessions SKIP LOCKED), \
         ended AS (UPDATE sessions SET ended_at = moment, end_reason = {reason} FROM reused {is_live} \
             RETURNING sessions.id) \
         SELECT sessions.id, ended.id IS NOT NULL FROM (sessions CROSS JOIN asked) \
         LEFT JOIN ended ON ended.id = sessions.id {is_live}"
    )
}

/// The statements for one account or several, which are the same for all calls.
struct Statements {
    rotate_valid: String,
    rotate_free: String,
    revoke_reused: String,
}

static FOR_ONE: LazyLock<Statements> = LazyLock::new(|| Statements::new(Accounts::One));
static FOR_SEVERAL: LazyLock<Statements> = LazyLock::new(|| Statements::new(Accounts::Several));

impl Statements {
    fn new(accounts: Accounts) -> Self {
        Self {
            rotate_valid: rotate_valid_sql(accounts, true),
            rotate_free: rotate_valid_sql(accounts, false),
            revoke_reused: revoke_reused_sql(accounts),
        }
    }

    fn of(rotations: &[&Rotation]) -> &'static Self {
        match Accounts::of(rotations) {
            Accounts::One => &FOR_ONE,
            Accounts::Several => &FOR_SEVERAL,
        }
    }
}

/// Creates a statement with the parameters of [`USES`], and `$8` for one account.
fn with_uses<'a, R>(
    sql: &'a str,
    rotations: &[&'a Rotation],
    now: DateTime<Utc>,
    grace_since: DateTime<Utc>,
) -> CachedSql<'a, R> {
    let uses = rotations.iter();
    let sql = CachedSql::new(sql)
        .bind::<Array<SqlUuid>, _>(uses.clone().map(|one| one.profile_id.as_uuid()).collect::<Vec<_>>())
        .bind::<Array<SqlUuid>, _>(uses.clone().map(|one| one.session.as_uuid()).collect::<Vec<_>>())
        .bind::<Array<Binary>, _>(
            uses.clone().map(|one| one.presented.as_bytes().as_slice()).collect::<Vec<_>>(),
        )
        .bind::<Array<Binary>, _>(
            uses.clone().map(|one| one.successor.as_bytes().as_slice()).collect::<Vec<_>>(),
        )
        .bind::<Array<Timestamptz>, _>(uses.map(|one| one.expires_at).collect::<Vec<_>>())
        .bind::<Timestamptz, _>(now)
        .bind::<Timestamptz, _>(grace_since);
    match rotations {
        [one] => sql.bind::<SqlUuid, _>(one.profile_id.as_uuid()),
        _ => sql,
    }
}

type RotatedSqlType = (SqlUuid, SqlUuid, Nullable<Text>, Nullable<Text>, Bool, Timestamptz, Timestamptz);

#[derive(Queryable)]
struct RotatedRow {
    id: Uuid,
    profile_id: Uuid,
    role: Option<String>,
    state: Option<String>,
    is_email_verified: bool,
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
            is_email_verified: self.is_email_verified,
            used_at: self.used_at,
            expires_at: self.expires_at,
        })
    }
}

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
    for row in rotate_valid(connection, &rotations, now, grace_since)? {
        results.insert(SessionId::from_uuid(row.id), row.grant().map(RotationOutcome::Rotated));
    }
    rotations.retain(|rotation| !results.contains_key(&rotation.session));
    if rotations.is_empty() {
        return Ok(results);
    }
    let revoke =
        with_uses::<(SqlUuid, Bool)>(&Statements::of(&rotations).revoke_reused, &rotations, now, grace_since)
            .bind::<Text, _>(EndReason::TokenReused.as_str());
    let revoked: HashMap<Uuid, bool> =
        connection.run(|pg| revoke.load::<(Uuid, bool)>(pg))?.into_iter().collect();
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
fn rotate_valid(
    connection: &mut StoreConnection,
    rotations: &[&Rotation],
    now: DateTime<Utc>,
    grace_since: DateTime<Utc>,
) -> Result<Vec<RotatedRow>, StoreError> {
    let statements = Statements::of(rotations);
    let rotate = |connection: &mut StoreConnection, sql: &str| {
        connection.run(|pg| with_uses::<RotatedSqlType>(sql, rotations, now, grace_since).load(pg))
    };
    if connection.lock_watch().is_quiet() {
        match rotate(connection, &statements.rotate_valid) {
            Err(StoreError::Locked) => connection.lock_watch().note_lock(),
            rows => return rows,
        }
    }
    rotate(connection, &statements.rotate_free)
}
