//! The identifiers that accounts carry.

use chrono::{DateTime, Utc};
use diesel::dsl::array;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment};
use diesel::sql_types::{Array, Text};
use diesel::upsert::excluded;
use sihha_domain::account::{Account, Claim, UniqueField};
use sihha_domain::identifier::{Identifier, IdentifierSystem, Identifiers};
use uuid::Uuid;

use crate::postgres::libpq::PqConnection;
use crate::postgres::schema::{identifiers, profile_identifiers, profiles};

/// A row of `identifiers`.
#[derive(Insertable)]
#[diesel(table_name = identifiers, treat_none_as_default_value = false)]
pub(super) struct ClaimRow {
    system: &'static str,
    value_key: String,
    profile_id: Uuid,
    claimed_at: DateTime<Utc>,
}

impl ClaimRow {
    pub(super) fn new(profile_id: Uuid, claim: Claim, claimed_at: DateTime<Utc>) -> Self {
        Self { system: claim.field.name(), value_key: claim.key, profile_id, claimed_at }
    }
}

/// A row of `profile_identifiers`.
#[derive(Insertable)]
#[diesel(table_name = profile_identifiers, treat_none_as_default_value = false)]
pub(super) struct IdentifierRow<'a> {
    profile_id: Uuid,
    system: &'static str,
    value: &'a str,
    value_key: String,
}

/// Returns the rows of an account.
pub(super) fn rows(account: &Account) -> impl Iterator<Item = IdentifierRow<'_>> {
    account.profile.identifiers.iter().map(|identifier| IdentifierRow {
        profile_id: account.id.as_uuid(),
        system: identifier.system().as_str(),
        value: identifier.value(),
        value_key: identifier.key(),
    })
}

/// Selects the identifiers of a profile that is one of `ids`: of each the system, a space, and the
/// value.
pub(super) fn texts_of(ids: &[Uuid]) -> array<Text, texts<'_>> {
    array(texts(ids))
}

#[expect(clippy::elidable_lifetime_names, reason = "the macro needs the name")]
#[diesel::dsl::auto_type]
pub(super) fn texts<'a>(ids: &'a [Uuid]) -> _ {
    profile_identifiers::table
        .filter(profile_identifiers::profile_id.eq(profiles::id))
        .filter(profile_identifiers::profile_id.eq_any(ids))
        .select(profile_identifiers::system.concat(" ").concat(profile_identifiers::value))
}

/// Selects the same as [`texts_of`], for a statement in SQL. Has the condition on the account's id,
/// such as `= $1`.
pub(super) struct TextsOf(pub(super) &'static str);

impl Expression for TextsOf {
    type SqlType = Array<Text>;
}

impl QueryFragment<Pg> for TextsOf {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(
            "ARRAY(SELECT system || ' ' || value FROM profile_identifiers \
             WHERE profile_identifiers.profile_id = profiles.id AND profile_identifiers.profile_id ",
        );
        out.push_sql(self.0);
        out.push_sql(")");
        Ok(())
    }
}

/// Reads the identifiers that [`texts_of`] selects. Leaves out systems of a later release.
pub(super) fn on_record(texts: &[String]) -> Identifiers {
    Identifiers::on_record(texts.iter().filter_map(|text| {
        let (system, value) = text.split_once(' ')?;
        Some(Identifier::on_record(IdentifierSystem::on_record(system)?, value.to_owned()))
    }))
}

/// Writes the claims and the rows that a change of the identifiers makes and removes. Returns the
/// field of one that another account has.
pub(super) fn update(
    pg: &mut PqConnection,
    stored: &Account,
    changed: &Account,
    now: DateTime<Utc>,
) -> QueryResult<Option<UniqueField>> {
    let id = stored.id.as_uuid();
    let (given_up, made) = stored.changed_claims(changed);
    for claim in given_up {
        let claims = identifiers::table.find((claim.field.name(), claim.key));
        diesel::delete(claims.filter(identifiers::profile_id.eq(id))).execute(pg)?;
    }
    for claim in made {
        let field = claim.field;
        let claim = diesel::insert_into(identifiers::table).values(ClaimRow::new(id, claim, now));
        if claim.on_conflict_do_nothing().execute(pg)? == 0 {
            return Ok(Some(field));
        }
    }
    if stored.profile.identifiers != changed.profile.identifiers {
        replace(pg, stored, changed)?;
    }
    Ok(None)
}

/// Replaces the rows of an account. Of a row whose key stays, only the spelling changes.
fn replace(pg: &mut PqConnection, stored: &Account, changed: &Account) -> QueryResult<()> {
    let id = stored.id.as_uuid();
    let stays = |row: &IdentifierRow<'_>| {
        rows(changed).any(|kept| kept.system == row.system && kept.value_key == row.value_key)
    };
    for row in rows(stored).filter(|row| !stays(row)) {
        diesel::delete(profile_identifiers::table.find((id, row.system))).execute(pg)?;
    }
    for row in rows(changed) {
        diesel::insert_into(profile_identifiers::table)
            .values(row)
            .on_conflict((profile_identifiers::profile_id, profile_identifiers::system))
            .do_update()
            .set(profile_identifiers::value.eq(excluded(profile_identifiers::value)))
            .execute(pg)?;
    }
    Ok(())
}
