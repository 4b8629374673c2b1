//! Reads the accounts of callers with live sessions.

use std::collections::HashMap;
use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::QueryFragment;
use diesel::sql_types::{Array, Timestamptz, Uuid as SqlUuid};
use sihha_domain::account::Role;
use uuid::Uuid;

use super::carried::TextsOf;
use super::rows::{AccountRow, DetailsRow, DoctorRow, HospitalRow, LaboRow, PatientRow, ProfileRow};
use crate::postgres::approval::InForceRow;
use crate::postgres::cached_sql::CachedSql;
use crate::postgres::libpq::PqConnection;
use crate::postgres::role_table::table_of;
use crate::postgres::schema::sessions;

/// Returns the accounts of `role` that own one of these live sessions, with the session. Each
/// session is given with its account. Reads the table of that role only.
pub(super) fn load(
    pg: &mut PqConnection,
    role: Role,
    asked: &[(Uuid, Uuid)],
    now: DateTime<Utc>,
) -> QueryResult<Vec<(Uuid, AccountRow)>> {
    let sql = &SQL[&(role, asked.len() == 1)];
    let approval = InForceRow::as_select();
    let texts = TextsOf(if asked.len() == 1 { "= $1" } else { "= ANY ($1)" });
    match role {
        Role::Patient => {
            let columns = (sessions::id, ProfileRow::as_select(), texts, PatientRow::as_select());
            let account =
                |(session, profile, texts, row)| (session, (profile, texts, DetailsRow::Patient(row), None));
            Ok(query(columns, sql, asked, now).load(pg)?.into_iter().map(account).collect())
        }
        Role::Doctor => {
            let columns = (sessions::id, ProfileRow::as_select(), texts, DoctorRow::as_select(), approval);
            let account = |(session, profile, texts, row, approval)| {
                (session, (profile, texts, DetailsRow::Doctor(row), Some(approval)))
            };
            Ok(query(columns, sql, asked, now).load(pg)?.into_iter().map(account).collect())
        }
        Role::Hospital => {
            let columns = (sessions::id, ProfileRow::as_select(), texts, HospitalRow::as_select(), approval);
            let account = |(session, profile, texts, row, approval)| {
                (session, (profile, texts, DetailsRow::Hospital(row), Some(approval)))
            };
            Ok(query(columns, sql, asked, now).load(pg)?.into_iter().map(account).collect())
        }
        Role::Labo => {
            let columns = (sessions::id, ProfileRow::as_select(), texts, LaboRow::as_select(), approval);
            let account = |(session, profile, texts, row, approval)| {
                (session, (profile, texts, DetailsRow::Labo(row), Some(approval)))
            };
            Ok(query(columns, sql, asked, now).load(pg)?.into_iter().map(account).collect())
        }
    }
}

/// The tables and the conditions for each role, and for one account or several. They are the same for
/// all calls.
static SQL: LazyLock<HashMap<(Role, bool), String>> = LazyLock::new(|| {
    let both = |role| [true, false].map(|is_one| ((role, is_one), from(role, is_one)));
    Role::ALL.into_iter().flat_map(both).collect()
});

/// Returns the tables and the conditions. `$1` and `$2` are the account and the session, or lists of
/// them, and `$3` is the moment.
///
/// One account is a parameter of each table, so a distributed database asks one shard. Of several
/// accounts, the row of each session is found by both ids: with a list of accounts, Postgres reads
/// all sessions of each.
fn from(role: Role, is_one: bool) -> String {
    let (asked, is_account) = if is_one {
        (
            "sessions JOIN profiles ON sessions.profile_id = $1 AND sessions.id = $2 AND profiles.id = $1",
            "= $1",
        )
    } else {
        (
            "unnest($1::uuid[], $2::uuid[]) AS asked (owner, session) \
             JOIN sessions ON sessions.profile_id = owner AND sessions.id = session \
             JOIN profiles ON profiles.id = owner AND profiles.id = ANY ($1)",
            "= owner AND $table.profile_id = ANY ($1)",
        )
    };
    let join =
        |table: &str| format!(" JOIN {table} ON {table}.profile_id {}", is_account.replace("$table", table));
    let approval = if role.needs_approval() { join("approvals") } else { String::new() };
    format!(
        " FROM {asked}{}{approval} WHERE sessions.ended_at IS NULL AND sessions.expires_at > $3",
        join(table_of(role))
    )
}

fn query<'a, S>(
    columns: S,
    sql: &'a str,
    asked: &[(Uuid, Uuid)],
    now: DateTime<Utc>,
) -> CachedSql<'a, S::SqlType>
where
    S: Expression + QueryFragment<Pg> + 'a,
{
    let query = CachedSql::select(columns, sql);
    let query = if let [(owner, session)] = *asked {
        query.bind::<SqlUuid, _>(owner).bind::<SqlUuid, _>(session)
    } else {
        let (owners, sessions): (Vec<Uuid>, Vec<Uuid>) = asked.iter().copied().unzip();
        query.bind::<Array<SqlUuid>, _>(owners).bind::<Array<SqlUuid>, _>(sessions)
    };
    query.bind::<Timestamptz, _>(now)
}
