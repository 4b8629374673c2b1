//! Finds accounts for staff. Each statement reads a bounded number of rows by an index.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Text, Uuid as SqlUuid};
use sihha_domain::account::{Account, AccountRef, Role, UniqueField};
use sihha_domain::identifier::IdentifierSystem;
use sihha_domain::ids::ProfileId;
use sihha_domain::search::{
    AccountSearch, AccountState, Candidate, FoundAccount, Prefixed, SearchFilter, SearchTerms,
};
use sihha_domain::store::StoreError;
use uuid::Uuid;

use super::account::PgAccounts;
use super::account_ref::find_id;
use super::cached_sql::CachedSql;
use super::role_table::table_of;
use super::schema::{identifiers, suspensions};
use super::store_connection::StoreConnection;

/// Maximum number of candidates of one call. Ranking one takes 10 to 30 microseconds.
const MAX_CANDIDATES: u32 = 200;

/// Maximum number of accounts whose state is read to find the candidates in one state.
const MAX_IN_ANY_STATE: u32 = 5000;

/// Returns the systems of claims that are identifiers. The card is one.
fn systems() -> Vec<&'static str> {
    [&[UniqueField::CarteId.name()], &IdentifierSystem::NAMES[..]].concat()
}

/// The search on a connection.
pub(super) struct PgSearch<'a>(pub(super) &'a mut StoreConnection);

impl AccountSearch for PgSearch<'_> {
    fn with_terms(
        &mut self,
        sets: &[Vec<String>],
        filter: &SearchFilter,
        wanted: u32,
    ) -> Result<Vec<Candidate>, StoreError> {
        let of_filter = filter.terms();
        let sql = candidates(sets.len(), of_filter.len(), filter.state);
        let all = [sets, &of_filter].concat();
        let in_sample = |set: &Vec<String>| set.iter().map(|term| SearchTerms::in_sample(term)).collect();
        let mut query = CachedSql::<(SqlUuid, Array<Text>)>::new(&sql).bind::<BigInt, _>(i64::from(wanted));
        for set in all.iter().map(in_sample).chain(all.iter().cloned()) {
            query = query.bind::<Array<Text>, Vec<String>>(set);
        }
        let rows = self.0.run(|pg| {
            pg.transaction(|pg| {
                // For common terms, a plan without the index can seem cheaper, and its time depends
                // on luck.
                pg.batch_execute("SET LOCAL enable_seqscan = off")?;
                query.load::<(Uuid, Vec<String>)>(pg)
            })
        })?;
        Ok(rows.into_iter().map(|(id, terms)| Candidate { id: ProfileId::from_uuid(id), terms }).collect())
    }

    fn with_email(&mut self, prefix: &str, limit: u32) -> Result<Vec<Prefixed>, StoreError> {
        self.with_claim(&[UniqueField::Email.name()], prefix, limit)
    }

    fn with_identifier(&mut self, prefix: &str, limit: u32) -> Result<Vec<Prefixed>, StoreError> {
        self.with_claim(&systems(), prefix, limit)
    }

    fn with_identifiers(&mut self, keys: &[String]) -> Result<Vec<ProfileId>, StoreError> {
        let query = identifiers::table
            .filter(identifiers::system.eq_any(systems()))
            .filter(identifiers::value_key.eq_any(keys))
            .select(identifiers::profile_id);
        let ids: Vec<Uuid> = self.0.run(|pg| query.load(pg))?;
        Ok(ids.into_iter().map(ProfileId::from_uuid).collect())
    }

    fn page(
        &mut self,
        filter: &SearchFilter,
        after: Option<ProfileId>,
        limit: u32,
    ) -> Result<Vec<ProfileId>, StoreError> {
        let sql = page(filter, limit);
        let after = after.map_or(Uuid::nil(), |id| id.as_uuid());
        let mut query = CachedSql::<SqlUuid>::new(&sql).bind::<SqlUuid, _>(after);
        if !filter.wilayas.is_empty() {
            let wilayas = filter.wilayas.iter().map(SearchTerms::wilaya);
            query = query.bind::<Array<Text>, _>(wilayas.collect::<Vec<_>>());
        }
        let ids = self.0.run(|pg| query.load::<Uuid>(pg))?;
        Ok(ids.into_iter().map(ProfileId::from_uuid).collect())
    }

    fn resolve(&mut self, account: &AccountRef) -> Result<Option<ProfileId>, StoreError> {
        find_id(self.0, account)
    }

    fn read(&mut self, ids: &[ProfileId]) -> Result<Vec<FoundAccount>, StoreError> {
        let ids: Vec<_> = ids.iter().map(ProfileId::as_uuid).collect();
        let suspensions = suspensions::table
            .filter(suspensions::profile_id.eq_any(&ids))
            .filter(suspensions::lifted_at.is_null())
            .select(suspensions::profile_id);
        let suspended: Vec<Uuid> = self.0.run(|pg| suspensions.load(pg))?;
        let found = |account: Account| {
            let is_suspended = suspended.contains(&account.id.as_uuid());
            FoundAccount { account, is_suspended }
        };
        Ok(PgAccounts(self.0).load(&ids)?.into_iter().map(found).collect())
    }
}

/// Finds the claims of each system whose key begins with `$2`. `$3` is the end of these keys.
const CLAIMS: &str = "
    SELECT claim.profile_id, claim.value_key
    FROM unnest($1) AS wanted (system) CROSS JOIN LATERAL (
        SELECT profile_id, value_key FROM identifiers
        WHERE system = wanted.system AND value_key >= $2 AND value_key < $3
        ORDER BY value_key LIMIT $4
    ) AS claim
    ORDER BY claim.value_key COLLATE \"C\" LIMIT $4";

impl PgSearch<'_> {
    fn with_claim(
        &mut self,
        systems: &[&str],
        prefix: &str,
        limit: u32,
    ) -> Result<Vec<Prefixed>, StoreError> {
        let query = CachedSql::<(SqlUuid, Text)>::new(CLAIMS)
            .bind::<Array<Text>, _>(systems)
            .bind::<Text, _>(prefix)
            // In the C collation, all texts that begin with the prefix sort before this.
            .bind::<Text, _>(format!("{prefix}\u{10ffff}"))
            .bind::<BigInt, _>(i64::from(limit));
        let rows = self.0.run(|pg| query.load::<(Uuid, String)>(pg))?;
        Ok(rows.into_iter().map(|(id, key)| Prefixed { id: ProfileId::from_uuid(id), key }).collect())
    }
}

/// Returns the statement that finds accounts with all terms of one of `count` sets, and with a term of each
/// of `of_filter` sets: `$1` is the wanted number; then follow both for the sample, and both themselves.
///
/// The sample answers for common terms. An index of arrays finds all rows before it returns the first,
/// and a million people can share a name. If the sample has too few, the terms are rare.
fn candidates(count: usize, of_filter: usize, state: Option<AccountState>) -> String {
    let any_of = |first: usize| {
        let filter = first + count..first + count + of_filter;
        let filter = filter.map(|number| format!(" AND terms && ${number}")).collect::<Vec<_>>().concat();
        // The filter is in each condition, so that one reading of the index has few rows.
        let sets = (first..first + count).map(|number| format!("(terms @> ${number}{filter})"));
        sets.collect::<Vec<_>>().join(" OR ")
    };
    let limit = if state.is_none() { MAX_CANDIDATES } else { MAX_IN_ANY_STATE };
    let in_state = state.map_or("TRUE".to_owned(), |state| is_in(state, "read.profile_id"));
    let select = |condition: String| {
        format!(
            "SELECT profile_id, terms FROM (
                SELECT profile_id, terms FROM search_keys WHERE {condition} LIMIT {limit}
            ) AS read WHERE {in_state} LIMIT {MAX_CANDIDATES}"
        )
    };
    format!(
        "WITH sampled AS MATERIALIZED ({}), others AS MATERIALIZED ({})
        SELECT profile_id, terms FROM sampled UNION ALL SELECT profile_id, terms FROM others",
        select(any_of(2)),
        select(format!("({}) AND (SELECT count(*) < $1 FROM sampled)", any_of(2 + count + of_filter))),
    )
}

/// Returns the statement that lists the ids of accounts after `$1`. `$2` has the terms of the wilayas.
fn page(filter: &SearchFilter, limit: u32) -> String {
    // The tables with the fewest other accounts; their primary keys begin with the id.
    let tables = match (filter.state, filter.roles.as_slice()) {
        (Some(AccountState::Suspended), _) => vec!["suspensions"],
        (Some(AccountState::Active), []) => vec![table_of(Role::Patient)],
        (Some(_), []) => vec!["approvals"],
        (None, []) => vec!["profiles"],
        (_, roles) => roles.iter().map(|role| table_of(*role)).collect(),
    };
    let lists: Vec<_> = tables.into_iter().map(|table| list(table, filter, limit)).collect();
    match lists.as_slice() {
        [list] => list.clone(),
        lists => {
            format!("SELECT id FROM (({})) AS listed ORDER BY id LIMIT {limit}", lists.join(") UNION ALL ("))
        }
    }
}

fn list(table: &str, filter: &SearchFilter, limit: u32) -> String {
    let id = if table == "profiles" { "listed.id" } else { "listed.profile_id" };
    let mut conditions = vec![format!("{id} > $1")];
    if let Some(state) = filter.state {
        conditions.push(is_in(state, id));
    }
    if table == "suspensions" {
        conditions.push("listed.lifted_at IS NULL".to_owned());
        let of_roles = filter.roles.iter().map(|role| exists(table_of(*role), id, "TRUE"));
        let of_roles = of_roles.collect::<Vec<_>>().join(" OR ");
        conditions.extend((!of_roles.is_empty()).then(|| format!("({of_roles})")));
    }
    if !filter.wilayas.is_empty() {
        conditions.push(exists("search_keys", id, "terms && $2"));
    }
    let conditions = conditions.join(" AND ");
    format!("SELECT {id} AS id FROM {table} AS listed WHERE {conditions} ORDER BY {id} LIMIT {limit}")
}

/// Returns the condition that the account with this id is in that state.
fn is_in(state: AccountState, id: &str) -> String {
    let suspended = exists("suspensions", id, "lifted_at IS NULL");
    let approval = |condition: &str| format!("NOT {suspended} AND {}", exists("approvals", id, condition));
    match state {
        AccountState::Suspended => suspended.clone(),
        AccountState::Active => format!("NOT {suspended} AND NOT {}", exists("approvals", id, "TRUE")),
        AccountState::Pending => approval("state = 'pending' AND requested_at IS NULL"),
        AccountState::ChangesRequested => approval("state = 'pending' AND requested_at IS NOT NULL"),
        AccountState::Approved => approval("state = 'approved' AND pending_changes IS NULL"),
        AccountState::ChangesPending => approval("state = 'approved' AND pending_changes IS NOT NULL"),
        AccountState::Rejected => approval("state = 'rejected'"),
    }
}

fn exists(table: &str, id: &str, condition: &str) -> String {
    format!("EXISTS (SELECT FROM {table} WHERE profile_id = {id} AND {condition})")
}
