//! Deletes sessions that have expired or ended.

use std::sync::LazyLock;

use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::serialize::ToSql;
use diesel::sql_types::{Array, BigInt, HasSqlType, Uuid as SqlUuid};
use sihha_domain::store::StoreError;
use uuid::Uuid;

use crate::postgres::cached_sql::CachedSql;
use crate::postgres::store_connection::StoreConnection;

/// The statements that delete a kind of sessions.
pub(super) struct Purge {
    oldest: String,
    delete: String,
}

/// Sessions that expired before the day `$1`.
pub(super) static EXPIRED: LazyLock<Purge> =
    LazyLock::new(|| Purge::of("ended_at IS NULL AND expires_on < $1", "expires_on"));

/// Sessions that ended before the moment `$1`.
pub(super) static ENDED: LazyLock<Purge> = LazyLock::new(|| Purge::of("ended_at < $1", "ended_at"));

impl Purge {
    /// Two statements: the first one reads all shards of a distributed database, which locks no
    /// rows there, and the second one names the accounts.
    ///
    /// A materialized subquery runs once. Rows that others have locked are skipped, for example a
    /// session whose token is being used.
    fn of(condition: &str, order: &str) -> Self {
        Self {
            oldest: format!(
                "SELECT profile_id, id FROM sessions WHERE {condition} ORDER BY {order} LIMIT $2"
            ),
            delete: format!(
                "WITH batch AS MATERIALIZED ( \
                     SELECT profile_id, id FROM sessions \
                     WHERE profile_id = ANY ($2) AND id = ANY ($3) AND {condition} FOR UPDATE SKIP LOCKED \
                 ) \
                 DELETE FROM sessions USING batch WHERE sessions.profile_id = batch.profile_id \
                 AND sessions.id = batch.id AND sessions.profile_id = ANY ($2)"
            ),
        }
    }

    /// Deletes up to `limit` of the sessions, the oldest first. Returns their number.
    pub(super) fn run<T: 'static, V: ToSql<T, Pg> + Copy>(
        &self,
        connection: &mut StoreConnection,
        before: V,
        limit: u32,
    ) -> Result<u32, StoreError>
    where
        Pg: HasSqlType<T>,
    {
        let oldest = CachedSql::<(SqlUuid, SqlUuid)>::new(&self.oldest)
            .bind::<T, _>(before)
            .bind::<BigInt, _>(i64::from(limit));
        let (owners, ids): (Vec<Uuid>, Vec<Uuid>) =
            connection.run(|pg| oldest.load::<(Uuid, Uuid)>(pg))?.into_iter().unzip();
        if ids.is_empty() {
            return Ok(0);
        }
        let delete = CachedSql::<()>::new(&self.delete)
            .bind::<T, _>(before)
            .bind::<Array<SqlUuid>, _>(owners)
            .bind::<Array<SqlUuid>, _>(ids);
        Ok(u32::try_from(connection.run(|pg| delete.execute(pg))?).unwrap_or(u32::MAX))
    }
}
