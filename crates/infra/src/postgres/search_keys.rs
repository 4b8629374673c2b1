//! The terms by which a search finds an account, written together with the account.

use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::upsert::excluded;
use sihha_domain::account::Account;
use sihha_domain::search::SearchTerms;
use uuid::Uuid;

use super::combined_insert::Statement;
use super::libpq::PqConnection;
use super::schema::search_keys;

/// A row of the table.
#[derive(Queryable, Selectable, Insertable, PartialEq, Eq)]
#[diesel(table_name = search_keys, check_for_backend(Pg), treat_none_as_default_value = false)]
pub(super) struct SearchKeysRow {
    pub(super) profile_id: Uuid,
    /// Postgres does not say that no element is null.
    pub(super) terms: Vec<Option<String>>,
}

impl SearchKeysRow {
    pub(super) fn new(account: &Account) -> Self {
        let terms = SearchTerms::of(account).into_iter().map(Some).collect();
        Self { profile_id: account.id.as_uuid(), terms }
    }
}

/// Inserts the terms of a new account.
pub(super) fn insert(account: &Account) -> Statement<'static> {
    Box::new(diesel::insert_into(search_keys::table).values(SearchKeysRow::new(account)))
}

/// Writes the terms of a changed account. It may have none, if the previous release registered it.
pub(super) fn upsert(pg: &mut PqConnection, account: &Account) -> QueryResult<usize> {
    diesel::insert_into(search_keys::table)
        .values(SearchKeysRow::new(account))
        .on_conflict(search_keys::profile_id)
        .do_update()
        .set(search_keys::terms.eq(excluded(search_keys::terms)))
        .execute(pg)
}
