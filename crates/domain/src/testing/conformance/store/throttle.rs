//! Counts of failed attempts.

use std::thread;

use chrono::{DateTime, TimeDelta, Utc};

use super::fixture::ObservableStore;
use crate::rate_limit::RateKey;
use crate::store::StoreError;
use crate::testing::conformance::Case;
use crate::throttle::{FailureCount, ThrottleKey, ThrottlePolicy, ThrottleRepository};

pub(super) const CASES: &[Case<dyn ObservableStore>] = &[
    ("after_the_free_failures_each_attempt_waits_longer", delays),
    ("a_policy_without_delays_admits_nothing_until_the_count_is_lifted", stop),
    ("of_simultaneous_attempts_no_more_than_the_free_ones_are_counted", race),
    ("a_success_forgives_its_network_and_the_common_count", forgive),
    ("subjects_on_which_attempts_failed_are_counted_per_network", subjects),
    ("counts_of_failures_are_purged_in_batches_but_not_those_that_stop", purge_counts),
    ("failures_in_networks_are_purged_in_batches", purge_failures),
];

const POLICY: ThrottlePolicy =
    ThrottlePolicy { free: 2, delays: &[TimeDelta::seconds(30), TimeDelta::seconds(60)] };
const STOP: ThrottlePolicy = ThrottlePolicy { free: 3, delays: &[] };

fn start() -> DateTime<Utc> {
    "2026-11-23T09:30:00Z".parse().expect("a time")
}

fn at(seconds: i64) -> DateTime<Utc> {
    start() + TimeDelta::seconds(seconds)
}

fn subject(name: &str) -> RateKey {
    RateKey::new("account", name)
}

fn key(name: &str, network: Option<&str>) -> ThrottleKey {
    let network = network.map(|network| RateKey::new("network", network));
    ThrottleKey { subject: subject(name), network }
}

fn with<T>(
    store: &dyn ObservableStore,
    work: impl FnOnce(&mut dyn ThrottleRepository) -> Result<T, StoreError>,
) -> T {
    work(&mut *store.autocommit().expect("open").throttles()).expect("counted")
}

fn count(store: &dyn ObservableStore, key: &ThrottleKey, policy: ThrottlePolicy, seconds: i64) -> bool {
    with(store, |throttles| throttles.count(key, policy, at(seconds))).is_some()
}

fn delays(store: &dyn ObservableStore) {
    let amina = key("amina", Some("1.2.3.0/24"));
    assert_eq!(with(store, |throttles| throttles.find(&amina)), None);
    let times = [0, 1, 2, 30, 31, 60, 90, 91, 150, 151, 211];
    let counted = times.map(|seconds| count(store, &amina, POLICY, seconds));
    assert_eq!(counted, [true, true, false, false, true, false, false, true, false, true, true]);
    let found = with(store, |throttles| throttles.find(&amina));
    assert_eq!(found, Some(FailureCount { failures: 6, failed_at: at(211) }));
    let again = with(store, |throttles| throttles.count(&amina, POLICY, at(1000)));
    assert_eq!(again, Some(7), "the number with this one");
    assert!(count(store, &key("amina", Some("5.6.7.0/24")), POLICY, 211), "another network");
    assert!(count(store, &key("omar", Some("1.2.3.0/24")), POLICY, 211), "another subject");
    // The clock of another instance is behind.
    let omar = key("omar", Some("1.2.3.0/24"));
    assert!(count(store, &omar, POLICY, 200), "free failures need no order");
    assert!(!count(store, &omar, POLICY, 180));
    // The clock was ahead, and is right again.
    assert!(count(store, &omar, POLICY, 169));
    assert!(!count(store, &omar, POLICY, 169), "the failure has the right time now");
}

fn stop(store: &dyn ObservableStore) {
    let amina = key("amina", None);
    let counted = [0, 1, 2, 3, 10_000_000].map(|seconds| count(store, &amina, STOP, seconds));
    assert_eq!(counted, [true, true, true, false, false]);
    with(store, |throttles| throttles.lift(&subject("amina")));
    assert!(count(store, &amina, STOP, 3));
}

fn race(store: &dyn ObservableStore) {
    let amina = key("amina", Some("1.2.3.0/24"));
    let counted: Vec<bool> = thread::scope(|scope| {
        let callers: Vec<_> = (0..8).map(|_| scope.spawn(|| count(store, &amina, POLICY, 0))).collect();
        callers.into_iter().map(|caller| caller.join().expect("no panic")).collect()
    });
    assert_eq!(counted.iter().filter(|counted| **counted).count(), 2);
}

fn forgive(store: &dyn ObservableStore) {
    let keys = [Some("1.2.3.0/24"), Some("5.6.7.0/24"), None].map(|network| key("amina", network));
    let other = key("omar", None);
    for key in keys.iter().chain([&other]) {
        count(store, key, POLICY, 0);
    }
    with(store, |throttles| throttles.forgive(&keys[0]));
    let left = |key: &ThrottleKey| with(store, |throttles| throttles.find(key)).is_some();
    assert_eq!([left(&keys[0]), left(&keys[1]), left(&keys[2]), left(&other)], [false, true, false, true]);
    with(store, |throttles| throttles.lift(&subject("amina")));
    assert_eq!([left(&keys[1]), left(&other)], [false, true]);
}

fn subjects(store: &dyn ObservableStore) {
    let networks = ["1.2.3.0/24", "5.6.7.0/24"].map(|network| RateKey::new("network", network));
    let fail = |network: &RateKey, name: &str, seconds| {
        with(store, |throttles| throttles.record_failure(network, &subject(name), at(seconds)));
    };
    fail(&networks[0], "amina", 0);
    fail(&networks[0], "omar", 0);
    fail(&networks[0], "omar", 20);
    fail(&networks[0], "nadia", 30);
    fail(&networks[1], "amina", 30);
    let failed = |network, seconds, limit| {
        with(store, |throttles| throttles.failed_subjects(network, [at(seconds), at(30)], limit))
    };
    assert_eq!(failed(&networks[0], -1, 9), 3);
    assert_eq!(failed(&networks[0], 0, 9), 2);
    assert_eq!(failed(&networks[0], -1, 2), 2);
    assert_eq!(failed(&networks[1], -1, 9), 1);
    assert_eq!(failed(&networks[1], 30, 9), 0);
    let until =
        |seconds| with(store, |throttles| throttles.failed_subjects(&networks[0], [at(-1), at(seconds)], 9));
    assert_eq!([until(29), until(0), until(-1)], [2, 1, 0], "a clock was ahead");
    with(store, |throttles| throttles.forget_failure(&networks[0], &subject("amina")));
    assert_eq!([failed(&networks[0], -1, 9), failed(&networks[1], -1, 9)], [2, 1]);
}

fn purge_counts(store: &dyn ObservableStore) {
    for name in ["a", "b"] {
        count(store, &key(name, None), POLICY, 0);
    }
    for _ in 0..3 {
        count(store, &key("stopped", None), STOP, 0);
    }
    let purge = |seconds| with(store, |throttles| throttles.purge_counts(3, at(seconds), 1));
    assert_eq!([purge(0), purge(1), purge(1), purge(1)], [0, 1, 1, 0]);
    assert!(!count(store, &key("stopped", None), STOP, 1));
}

fn purge_failures(store: &dyn ObservableStore) {
    for network in ["1.2.3.0/24", "5.6.7.0/24"] {
        let network = RateKey::new("network", network);
        with(store, |throttles| throttles.record_failure(&network, &subject("amina"), at(0)));
    }
    let purge = |seconds| with(store, |throttles| throttles.purge_failures(at(seconds), 1));
    assert_eq!([purge(0), purge(1), purge(1), purge(1)], [0, 1, 1, 0]);
}
