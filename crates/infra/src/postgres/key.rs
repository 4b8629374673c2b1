use chrono::{DateTime, Utc};
use diesel::dsl::exists;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{Text, Timestamptz};
use sihha_domain::key::{KeyUse, KeyUseRepository};
use sihha_domain::store::StoreError;

use super::schema::{sessions, signing_keys};
use super::session::is_live;
use super::store_connection::StoreConnection;

const RECORD: &str = "
    INSERT INTO signing_keys (kid, signed_from, signed_until, tokens_until) VALUES ($1, $2, $3, $4)
    ON CONFLICT (kid) DO UPDATE SET
        signed_from = least(signing_keys.signed_from, excluded.signed_from),
        signed_until = greatest(signing_keys.signed_until, excluded.signed_until),
        tokens_until = greatest(signing_keys.tokens_until, excluded.tokens_until)";

#[derive(Queryable, Selectable)]
#[diesel(table_name = signing_keys, check_for_backend(Pg))]
struct KeyUseRow {
    kid: String,
    signed_from: DateTime<Utc>,
    signed_until: DateTime<Utc>,
    tokens_until: DateTime<Utc>,
}

/// The repository on a connection.
pub(super) struct PgKeyUses<'a>(pub(super) &'a mut StoreConnection);

impl KeyUseRepository for PgKeyUses<'_> {
    fn record(&mut self, key_use: &KeyUse) -> Result<(), StoreError> {
        let query = diesel::sql_query(RECORD)
            .bind::<Text, _>(&key_use.key)
            .bind::<Timestamptz, _>(key_use.signed_from)
            .bind::<Timestamptz, _>(key_use.signed_until)
            .bind::<Timestamptz, _>(key_use.tokens_until);
        self.0.run(|pg| query.execute(pg)).map(|_| ())
    }

    fn end(&mut self, recorded: &KeyUse, at: DateTime<Utc>) -> Result<(), StoreError> {
        let unchanged = signing_keys::table
            .find(&recorded.key)
            .filter(signing_keys::signed_until.eq(recorded.signed_until));
        let update = diesel::update(unchanged).set(signing_keys::signed_until.eq(at));
        self.0.run(|pg| update.execute(pg)).map(|_| ())
    }

    fn unexpired(&mut self, now: DateTime<Utc>) -> Result<Vec<KeyUse>, StoreError> {
        let query = signing_keys::table
            .filter(signing_keys::tokens_until.gt(now))
            .order(signing_keys::kid)
            .select(KeyUseRow::as_select());
        let key_use = |row: KeyUseRow| KeyUse {
            key: row.kid,
            signed_from: row.signed_from,
            signed_until: row.signed_until,
            tokens_until: row.tokens_until,
        };
        Ok(self.0.run(|pg| query.load(pg))?.into_iter().map(key_use).collect())
    }

    fn has_live_sessions(&mut self, key_use: &KeyUse, now: DateTime<Utc>) -> Result<bool, StoreError> {
        let sessions = sessions::table
            .filter(is_live(now))
            // `is_live` implies this condition, which can use an index.
            .filter(sessions::expires_on.ge(now.date_naive()))
            .filter(sessions::used_at.between(key_use.signed_from, key_use.signed_until));
        self.0.run(|pg| diesel::select(exists(sessions)).get_result(pg))
    }
}
