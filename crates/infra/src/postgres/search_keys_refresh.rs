//! Writes the terms of all accounts that have none or outdated ones.
//!
//! Terms are computed in Rust, so a migration in SQL cannot write them. `migrate` runs this before
//! the migrations whose names have one of the [`SUFFIXES`].

use diesel::prelude::*;
use uuid::Uuid;

use super::account;
use super::libpq::PqConnection;
use super::schema::search_keys;
use super::search_keys::SearchKeysRow;

/// Ends of the names of migrations that need the terms of all accounts. The second is contracting:
/// until it runs, the previous release may register and change accounts without writing terms. A
/// release that changes the rules of terms adds two such migrations.
pub(super) const SUFFIXES: [&str; 2] = ["_search_keys_filled", "_search_keys_contract"];

/// Settings for the time of a refresh. A page of accounts is read by indexes. Postgres does not know
/// how small a page is when it plans the statement once for all pages, nor how large the table of
/// terms becomes, and would read whole tables for each page.
///
/// A commit does not wait for the disk, which would take most of the time. The commit of the
/// migration does, and with it all of them are durable.
pub(super) const SETTINGS: &str = "SET enable_seqscan = off; SET enable_hashjoin = off; \
    SET enable_mergejoin = off; SET synchronous_commit = off";

/// Takes the settings back.
pub(super) const RESET: &str =
    "RESET enable_seqscan; RESET enable_hashjoin; RESET enable_mergejoin; RESET synchronous_commit";

/// Number of accounts in a transaction. A change of one of them waits for it, which takes less than
/// the time that a request waits for a lock.
const BATCH: i64 = 200;

/// Number of accounts between two log messages.
const REPORTED: usize = 100_000;

/// The refresh of all accounts, in the order of their ids.
#[derive(Default)]
pub(super) struct SearchKeysRefresh {
    after: Uuid,
    accounts: usize,
    written: usize,
}

impl SearchKeysRefresh {
    /// Refreshes the terms of the next accounts. Returns whether there were any.
    ///
    /// Locks no account, so one that changes meanwhile may have been read as it was before. Its
    /// terms were then written by that change, and are left as they are: the statements below write
    /// only terms that are still the ones that were read with the account.
    pub(super) fn next_batch(&mut self, pg: &mut PqConnection) -> QueryResult<bool> {
        let accounts = account::page_with_terms(pg, self.after, BATCH)?;
        let Some((last, ..)) = accounts.last() else { return Ok(false) };
        let (last, count) = (*last, accounts.len());
        let (mut missing, mut outdated) = (Vec::new(), Vec::new());
        for (_, account, stored) in accounts {
            let Some(account) = account else { continue };
            let row = SearchKeysRow::new(&account);
            match stored {
                None => missing.push(row),
                Some(stored) if stored != row => outdated.push((row, stored.terms)),
                Some(_) => {}
            }
        }
        self.written += pg.transaction(|pg| -> QueryResult<usize> {
            let mut written = 0;
            if !missing.is_empty() {
                let insert = diesel::insert_into(search_keys::table).values(missing);
                written += insert.on_conflict_do_nothing().execute(pg)?;
            }
            for (row, stored) in outdated {
                let same = search_keys::table.find(row.profile_id).filter(search_keys::terms.eq(stored));
                written += diesel::update(same).set(search_keys::terms.eq(row.terms)).execute(pg)?;
            }
            Ok(written)
        })?;
        self.after = last;
        self.accounts += count;
        if self.accounts % REPORTED < count {
            tracing::info!(accounts = self.accounts, written = self.written, "search keys written");
        }
        Ok(true)
    }
}
