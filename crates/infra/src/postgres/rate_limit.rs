use chrono::{DateTime, Utc};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Array, Integer, Nullable, Text, Timestamptz};
use sihha_domain::rate_limit::{RateKey, RateLimit, RateLimitRepository};
use sihha_domain::store::StoreError;

use super::cached_sql::CachedSql;
use super::combined_insert::Statement;
use super::schema::rate_limits;
use super::store_connection::StoreConnection;

/// Counts an event. `$3` is the limit, and `$4` the moment after which the event that many before it
/// counts. The row keeps as many times as the limit, so the limit holds in every period, not only in
/// those that begin at a full hour. A time after `$5` is that of a clock that was wrong.
const TAKE: &str = "
    INSERT INTO rate_limits (key, times) VALUES ($1, ARRAY[$2])
    ON CONFLICT (key) DO UPDATE SET times = (ARRAY[$2] || rate_limits.times)[1:$3]
    WHERE rate_limits.times[$3] IS NULL OR rate_limits.times[$3] <= $4 OR rate_limits.times[$3] > $5";

/// The repository on a connection.
pub(super) struct PgRateLimits<'a>(pub(super) &'a mut StoreConnection);

impl RateLimitRepository for PgRateLimits<'_> {
    fn take(&mut self, key: &RateKey, limit: RateLimit, now: DateTime<Utc>) -> Result<bool, StoreError> {
        let query = CachedSql::<()>::new(TAKE)
            .bind::<Text, _>(key.as_str())
            .bind::<Timestamptz, _>(now)
            .bind::<Integer, _>(i32::from(limit.max))
            .bind::<Timestamptz, _>(now - limit.within)
            .bind::<Timestamptz, _>(now + limit.within);
        Ok(self.0.run(|pg| query.execute(pg))? == 1)
    }

    fn purge(&mut self, moment: DateTime<Utc>, limit: u32) -> Result<u32, StoreError> {
        let last = || sql::<Nullable<Timestamptz>>("times[1]");
        let query = rate_limits::table
            .filter(last().lt(moment))
            .order(last())
            .limit(i64::from(limit))
            .select(rate_limits::key);
        let keys: Vec<String> = self.0.run(|pg| query.load(pg))?;
        let old = rate_limits::table.filter(rate_limits::key.eq_any(keys)).filter(last().lt(moment));
        let deleted = self.0.run(|pg| diesel::delete(old).execute(pg))?;
        Ok(u32::try_from(deleted).unwrap_or(u32::MAX))
    }
}

/// Returns a part of a statement that counts an event even beyond the limit.
pub(super) fn count<'a>(key: &RateKey, limit: RateLimit, at: DateTime<Utc>) -> Statement<'a> {
    let earlier = sql::<Array<Nullable<Timestamptz>>>("(EXCLUDED.times || rate_limits.times)[1:")
        .bind::<Integer, _>(i32::from(limit.max))
        .sql("]");
    let row = (rate_limits::key.eq(key.as_str().to_owned()), rate_limits::times.eq(vec![Some(at)]));
    let insert = diesel::insert_into(rate_limits::table).values(row);
    Box::new(insert.on_conflict(rate_limits::key).do_update().set(rate_limits::times.eq(earlier)))
}
