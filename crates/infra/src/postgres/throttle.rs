use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Integer, Nullable, Text, Timestamptz};
use sihha_domain::rate_limit::RateKey;
use sihha_domain::store::StoreError;
use sihha_domain::throttle::{FailureCount, FailureCounts, ThrottleKey, ThrottlePolicy, ThrottleRepository};

use super::cached_sql::CachedSql;
use super::schema::{network_failures, throttles};
use super::store_connection::StoreConnection;

/// Counts a failure in a network, and then in all of them. `$4` failures are free; `$5` has the moments
/// before which the last failure must be, by the number of failures beyond the free ones, and `$6` those
/// after which a clock was wrong. A subscript beyond the last moment would be null, which admits nothing;
/// so would an empty array. `$7` failures in all networks stop everything.
///
/// The row of all networks is locked last, here and in the other statements: they cannot deadlock.
///
/// `relaxed` does not wait for the disk, which saves half of what a login pays for its count. The count is
/// visible to all instances immediately. If the database crashes, those of the last 0.6 seconds are lost
/// (three times `wal_writer_delay`).
const COUNT: &str = "
    WITH relaxed AS (SELECT set_config('synchronous_commit', 'off', true)), in_network AS (
        INSERT INTO throttles (key, network, failures, failed_at) VALUES ($1, $2, 1, $3)
        ON CONFLICT (key, network) DO UPDATE SET failures = throttles.failures + 1, failed_at = $3
        WHERE throttles.failures < $4
           OR throttles.failed_at <= ($5)[least(throttles.failures - $4 + 1, cardinality($5))]
           OR throttles.failed_at > ($6)[least(throttles.failures - $4 + 1, cardinality($6))]
        RETURNING failures
    ), in_all_networks AS (
        INSERT INTO throttles (key, network, failures, failed_at)
        SELECT $1, '', 1, $3 FROM in_network WHERE $7 > 0
        ON CONFLICT (key, network) DO UPDATE SET failures = throttles.failures + 1, failed_at = $3
        WHERE throttles.failures < $7
        RETURNING failures
    )
    SELECT in_network.failures FROM relaxed CROSS JOIN in_network LEFT JOIN in_all_networks ON true
    WHERE $7 IS NULL OR in_all_networks.failures > 0";

/// Forgets the failures in a network, and then those in all of them: Postgres has to end the first deletion
/// before it knows the condition of the second. If a crash brings the failures back, they count again.
const FORGIVE: &str = "
    WITH relaxed AS (SELECT set_config('synchronous_commit', 'off', true)),
    in_network AS (DELETE FROM throttles WHERE key = $1 AND network = $2 RETURNING failures)
    DELETE FROM throttles
    WHERE key = $1 AND network = '' AND (SELECT count(*) FROM relaxed CROSS JOIN in_network) >= 0";

/// Forgets the failures in each network, and then those in all of them. An open transaction may run this,
/// so its commit is not relaxed.
const LIFT: &str = "
    WITH in_networks AS (DELETE FROM throttles WHERE key = $1 AND network <> '' RETURNING failures)
    DELETE FROM throttles WHERE key = $1 AND network = '' AND (SELECT count(*) FROM in_networks) >= 0";

/// Reads no more rows than the limit, whatever an attacker has left.
const FAILED_SUBJECTS: &str = "
    SELECT count(*) FROM (
        SELECT FROM network_failures WHERE key = $1 AND failed_at > $2 AND failed_at <= $3 LIMIT $4
    ) AS failed";

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
        self.0.assert_outside_transaction();
        let (before, after) = (shifted(|now, delay| now - delay), shifted(|now, delay| now + delay));
        let query = CachedSql::<Integer>::new(COUNT)
            .bind::<Text, _>(key.subject.as_str())
            .bind::<Text, _>(key.network.as_str())
            .bind::<Timestamptz, _>(now)
            .bind::<Integer, _>(to_integer(policy.free))
            .bind::<Array<Timestamptz>, _>(before)
            .bind::<Array<Timestamptz>, _>(after)
            .bind::<Nullable<Integer>, _>(policy.stop.map(to_integer));
        let counted: Option<i32> = self.0.run(|pg| query.get_result(pg).optional())?;
        Ok(counted.map(i32::unsigned_abs))
    }

    fn find(&mut self, key: &ThrottleKey) -> Result<FailureCounts, StoreError> {
        let query = throttles::table
            .filter(throttles::key.eq(key.subject.as_str()))
            .filter(throttles::network.eq_any([key.network.as_str(), ""]))
            .select((throttles::network, throttles::failures, throttles::failed_at));
        let found: Vec<(String, i32, DateTime<Utc>)> = self.0.run(|pg| query.load(pg))?;
        let mut counts = FailureCounts::default();
        for (network, failures, failed_at) in found {
            let failures = failures.unsigned_abs();
            if network.is_empty() {
                counts.in_all_networks = failures;
            } else {
                counts.in_network = Some(FailureCount { failures, failed_at });
            }
        }
        Ok(counts)
    }

    fn forgive(&mut self, key: &ThrottleKey) -> Result<(), StoreError> {
        self.0.assert_outside_transaction();
        let query = CachedSql::<()>::new(FORGIVE)
            .bind::<Text, _>(key.subject.as_str())
            .bind::<Text, _>(key.network.as_str());
        self.0.run(|pg| query.execute(pg)).map(|_| ())
    }

    fn lift(&mut self, subject: &RateKey) -> Result<(), StoreError> {
        let query = CachedSql::<()>::new(LIFT).bind::<Text, _>(subject.as_str());
        self.0.run(|pg| query.execute(pg)).map(|_| ())
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

    fn failed_subjects(
        &mut self,
        network: &RateKey,
        [after, until]: [DateTime<Utc>; 2],
        limit: u32,
    ) -> Result<u32, StoreError> {
        let query = CachedSql::<BigInt>::new(FAILED_SUBJECTS)
            .bind::<Text, _>(network.as_str())
            .bind::<Timestamptz, _>(after)
            .bind::<Timestamptz, _>(until)
            .bind::<BigInt, _>(i64::from(limit));
        let found: i64 = self.0.run(|pg| query.get_result(pg))?;
        Ok(u32::try_from(found).unwrap_or(limit))
    }

    fn purge_counts(&mut self, stop: u32, moment: DateTime<Utc>, limit: u32) -> Result<u32, StoreError> {
        let is_of_network = throttles::network.ne("");
        let is_no_stop = throttles::failures.lt(to_integer(stop));
        let query = throttles::table
            .filter(throttles::failed_at.lt(moment))
            .filter(is_of_network.or(is_no_stop))
            .order(throttles::failed_at)
            .limit(i64::from(limit))
            .select(throttles::key);
        let keys: Vec<String> = self.0.run(|pg| query.load(pg))?;
        let old =
            || throttles::table.filter(throttles::key.eq_any(&keys)).filter(throttles::failed_at.lt(moment));
        let of_networks = self.0.run(|pg| diesel::delete(old().filter(is_of_network)).execute(pg))?;
        let of_all = old().filter(throttles::network.eq("")).filter(is_no_stop);
        let of_all = self.0.run(|pg| diesel::delete(of_all).execute(pg))?;
        Ok(u32::try_from(of_networks + of_all).unwrap_or(u32::MAX))
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

fn to_integer(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
