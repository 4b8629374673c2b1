use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, Integer, Text, Timestamptz};
use sihha_domain::rate_limit::RateKey;
use sihha_domain::store::StoreError;
use sihha_domain::throttle::{FailureCount, ThrottleKey, ThrottlePolicy, ThrottleRepository};

use super::cached_sql::CachedSql;
use super::schema::{network_failures, throttles};
use super::store_connection::StoreConnection;

/// Counts a failure. `$4` failures are free; `$5` has the moments before which the last failure must be,
/// by the number of failures beyond the free ones, and `$6` those after which a clock was wrong. A
/// subscript beyond the last moment would be null, which admits nothing; so would an empty array.
const COUNT: &str = "
    INSERT INTO throttles (key, network, failures, failed_at) VALUES ($1, $2, 1, $3)
    ON CONFLICT (key, network) DO UPDATE SET failures = throttles.failures + 1, failed_at = $3
    WHERE throttles.failures < $4
       OR throttles.failed_at <= ($5)[least(throttles.failures - $4 + 1, cardinality($5))]
       OR throttles.failed_at > ($6)[least(throttles.failures - $4 + 1, cardinality($6))]
    RETURNING failures";

/// The repository on a connection.
pub(super) struct PgThrottles<'a>(pub(super) &'a mut StoreConnection);

impl ThrottleRepository for PgThrottles<'_> {
    fn count(
        &mut self,
        key: &ThrottleKey,
        policy: ThrottlePolicy,
        now: DateTime<Utc>,
    ) -> Result<Option<u32>, StoreError> {
        let shifted = |by: fn(DateTime<Utc>, TimeDelta) -> DateTime<Utc>| -> Vec<_> {
            policy.delays.iter().map(|delay| by(now, *delay)).collect()
        };
        let (before, after) = (shifted(|now, delay| now - delay), shifted(|now, delay| now + delay));
        let query = CachedSql::<Integer>::new(COUNT)
            .bind::<Text, _>(key.subject.as_str())
            .bind::<Text, _>(network(key))
            .bind::<Timestamptz, _>(now)
            .bind::<Integer, _>(i32::try_from(policy.free).unwrap_or(i32::MAX))
            .bind::<Array<Timestamptz>, _>(before)
            .bind::<Array<Timestamptz>, _>(after);
        let counted: Option<i32> = self.0.run(|pg| query.get_result(pg).optional())?;
        Ok(counted.map(i32::unsigned_abs))
    }

    fn find(&mut self, key: &ThrottleKey) -> Result<Option<FailureCount>, StoreError> {
        let query = throttles::table
            .find((key.subject.as_str(), network(key)))
            .select((throttles::failures, throttles::failed_at));
        let found: Option<(i32, DateTime<Utc>)> = self.0.run(|pg| query.first(pg).optional())?;
        Ok(found.map(|(failures, failed_at)| FailureCount { failures: failures.unsigned_abs(), failed_at }))
    }

    fn forgive(&mut self, key: &ThrottleKey) -> Result<(), StoreError> {
        let forgiven = throttles::table
            .filter(throttles::key.eq(key.subject.as_str()))
            .filter(throttles::network.eq_any([network(key), ""]));
        self.0.run(|pg| diesel::delete(forgiven).execute(pg)).map(|_| ())
    }

    fn lift(&mut self, subject: &RateKey) -> Result<(), StoreError> {
        let lifted = throttles::table.filter(throttles::key.eq(subject.as_str()));
        self.0.run(|pg| diesel::delete(lifted).execute(pg)).map(|_| ())
    }

    fn record_failure(
        &mut self,
        network: &RateKey,
        subject: &RateKey,
        at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let row = (
            network_failures::key.eq(network.as_str()),
            network_failures::subject.eq(subject.as_str()),
            network_failures::failed_at.eq(at),
        );
        let insert = diesel::insert_into(network_failures::table)
            .values(row)
            .on_conflict((network_failures::key, network_failures::subject))
            .do_update()
            .set(network_failures::failed_at.eq(at));
        self.0.run(|pg| insert.execute(pg)).map(|_| ())
    }

    fn forget_failure(&mut self, network: &RateKey, subject: &RateKey) -> Result<(), StoreError> {
        let forgotten = network_failures::table.find((network.as_str(), subject.as_str()));
        self.0.run(|pg| diesel::delete(forgotten).execute(pg)).map(|_| ())
    }

    /// Reads no more rows than the limit, whatever an attacker has left.
    fn failed_subjects(
        &mut self,
        network: &RateKey,
        [after, until]: [DateTime<Utc>; 2],
        limit: u32,
    ) -> Result<u32, StoreError> {
        let query = network_failures::table
            .filter(network_failures::key.eq(network.as_str()))
            .filter(network_failures::failed_at.gt(after))
            .filter(network_failures::failed_at.le(until))
            .limit(i64::from(limit))
            .select(diesel::dsl::sql::<Integer>("1"));
        let found: Vec<i32> = self.0.run(|pg| query.load(pg))?;
        Ok(u32::try_from(found.len()).unwrap_or(limit))
    }

    fn purge_counts(&mut self, failures: u32, moment: DateTime<Utc>, limit: u32) -> Result<u32, StoreError> {
        let failures = i32::try_from(failures).unwrap_or(i32::MAX);
        let query = throttles::table
            .filter(throttles::failed_at.lt(moment))
            .filter(throttles::failures.lt(failures))
            .order(throttles::failed_at)
            .limit(i64::from(limit))
            .select(throttles::key);
        let keys: Vec<String> = self.0.run(|pg| query.load(pg))?;
        let old = throttles::table
            .filter(throttles::key.eq_any(keys))
            .filter(throttles::failed_at.lt(moment))
            .filter(throttles::failures.lt(failures));
        let deleted = self.0.run(|pg| diesel::delete(old).execute(pg))?;
        Ok(u32::try_from(deleted).unwrap_or(u32::MAX))
    }

    fn purge_failures(&mut self, moment: DateTime<Utc>, limit: u32) -> Result<u32, StoreError> {
        let query = network_failures::table
            .filter(network_failures::failed_at.lt(moment))
            .order(network_failures::failed_at)
            .limit(i64::from(limit))
            .select(network_failures::key);
        let keys: Vec<String> = self.0.run(|pg| query.load(pg))?;
        let old = network_failures::table
            .filter(network_failures::key.eq_any(keys))
            .filter(network_failures::failed_at.lt(moment));
        let deleted = self.0.run(|pg| diesel::delete(old).execute(pg))?;
        Ok(u32::try_from(deleted).unwrap_or(u32::MAX))
    }
}

/// Returns how the table names the network of a key.
fn network(key: &ThrottleKey) -> &str {
    key.network.as_ref().map_or("", RateKey::as_str)
}
