//! The identifiers that accounts carry.

use diesel::dsl::array;
use diesel::prelude::*;
use diesel::sql_types::Text;
use sihha_domain::account::Account;
use sihha_domain::identifier::{Identifier, IdentifierSystem, Identifiers};
use uuid::Uuid;

use crate::postgres::schema::{profile_identifiers, profiles};

/// A row of `profile_identifiers`.
#[derive(Insertable)]
#[diesel(table_name = profile_identifiers)]
pub(super) struct IdentifierRow<'a> {
    profile_id: Uuid,
    system: &'static str,
    value: &'a str,
    value_key: String,
}

/// Returns the rows of an account.
pub(super) fn rows(account: &Account) -> Vec<IdentifierRow<'_>> {
    let carried = account.profile.identifiers.iter();
    let rows = carried.map(|identifier| IdentifierRow {
        profile_id: account.id.as_uuid(),
        system: identifier.system().as_str(),
        value: identifier.value(),
        value_key: identifier.key(),
    });
    rows.collect()
}

/// Selects the identifiers of a profile that is one of `ids`: of each the system, a space, and the
/// value.
pub(super) fn carried<'a>(ids: &'a [Uuid]) -> array<Text, texts<'a>> {
    array(texts(ids))
}

#[diesel::dsl::auto_type]
fn texts<'a>(ids: &'a [Uuid]) -> _ {
    profile_identifiers::table
        .filter(profile_identifiers::profile_id.eq(profiles::id))
        .filter(profile_identifiers::profile_id.eq_any(ids))
        .select(profile_identifiers::system.concat(" ").concat(profile_identifiers::value))
}

/// Reads what [`carried`] selects. Leaves out systems of a later release.
pub(super) fn on_record(carried: Vec<String>) -> Identifiers {
    Identifiers::on_record(carried.iter().filter_map(|text| {
        let (system, value) = text.split_once(' ')?;
        Some(Identifier::on_record(IdentifierSystem::on_record(system)?, value.to_owned()))
    }))
}
