//! Counts of failed attempts.

use std::thread;

use chrono::{DateTime, TimeDelta, Utc};

use super::fixture::ObservableStore;
use crate::rate_limit::RateKey;
use crate::store::StoreError;
use crate::testing::conformance::Case;
use crate::throttle::{FailureCount, FailureCounts, ThrottleKey, ThrottlePolicy, ThrottleRepository};

pub(super) const CASES: &[Case<dyn ObservableStore>] = &[
    ("after_the_free_failures_each_attempt_waits_longer", delays),
    ("failures_in_all_networks_stop_a_subject_until_they_are_lifted", stop),
    ("what_a_delay_refuses_does_not_count_in_all_networks", delayed),
    ("of_simultaneous_attempts_no_more_than_the_policy_admits_are_counted", race),
    ("simultaneous_attempts_that_succeed_leave_nothing", race_of_successes),
    ("a_success_forgives_its_network_and_the_common_count", forgive),
    ("subjects_on_which_attempts_failed_are_counted_per_network", subjects),
    ("counts_of_failures_are_purged_in_batches_but_not_those_that_stop", purge_counts),
    ("failures_in_networks_are_purged_in_batches", purge_failures),
];

const HOME: &str = "1.2.3.0/24";
const ELSEWHERE: &str = "5.6.7.0/24";

const DELAYS: ThrottlePolicy =
    ThrottlePolicy { free: 2, delays: &[TimeDelta::seconds(30), TimeDelta::seconds(60)], stop: None };
const STOP: ThrottlePolicy = ThrottlePolicy { stop: Some(3), ..DELAYS };

fn start() -> DateTime<Utc> {
    "2026-11-23T09:30:00Z".parse().expect("a time")
}

fn at(seconds: i64) -> DateTime<Utc> {
    start() + TimeDelta::seconds(seconds)
}

fn subject(name: &str) -> RateKey {
    RateKey::new("account", name)
}

fn network(name: &str) -> RateKey {
    RateKey::new("network", name)
}

fn key(name: &str, from: &str) -> ThrottleKey {
    ThrottleKey { subject: subject(name), network: network(from) }
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

fn find(store: &dyn ObservableStore, key: &ThrottleKey) -> FailureCounts {
    with(store, |throttles| throttles.find(key))
}

fn delays(store: &dyn ObservableStore) {
    let amina = key("amina", HOME);
    assert_eq!(find(store, &amina), FailureCounts::default());
    let times = [0, 1, 2, 30, 31, 60, 90, 91, 150, 151, 211];
    let counted = times.map(|seconds| count(store, &amina, DELAYS, seconds));
    assert_eq!(counted, [true, true, false, false, true, false, false, true, false, true, true]);
    let in_network = Some(FailureCount { failures: 6, failed_at: at(211) });
    assert_eq!(find(store, &amina), FailureCounts { in_network, in_all_networks: 0 });
    let again = with(store, |throttles| throttles.count(&amina, DELAYS, at(1000)));
    assert_eq!(again, Some(7), "the number with this one");
    assert!(count(store, &key("amina", ELSEWHERE), DELAYS, 211), "another network");
    assert!(count(store, &key("omar", HOME), DELAYS, 211), "another subject");
    // The clock of another instance is behind.
    let omar = key("omar", HOME);
    assert!(count(store, &omar, DELAYS, 200), "free failures need no order");
    assert!(!count(store, &omar, DELAYS, 180));
    // The clock was ahead, and is right again.
    assert!(count(store, &omar, DELAYS, 169));
    assert!(!count(store, &omar, DELAYS, 169), "the failure has the right time now");
}

fn stop(store: &dyn ObservableStore) {
    let networks = ["1.0.0.0/24", "2.0.0.0/24", "3.0.0.0/24", "4.0.0.0/24"].map(|from| key("amina", from));
    let counted = [0, 1, 2, 3].map(|number| count(store, &networks[number], STOP, 0));
    assert_eq!(counted, [true, true, true, false]);
    assert!(!count(store, &key("amina", "5.0.0.0/24"), STOP, 10_000_000), "it does not end");
    assert_eq!(find(store, &networks[0]).in_all_networks, 3);
    assert!(count(store, &networks[0], DELAYS, 0), "another policy has no stop");
    with(store, |throttles| throttles.lift(&subject("amina")));
    assert_eq!(find(store, &networks[0]), FailureCounts::default());
    assert!(count(store, &networks[3], STOP, 3));
}

fn delayed(store: &dyn ObservableStore) {
    let amina = key("amina", HOME);
    let counted = [0, 0, 1, 2, 3].map(|seconds| count(store, &amina, STOP, seconds));
    assert_eq!(counted, [true, true, false, false, false]);
    assert_eq!(find(store, &amina).in_all_networks, 2);
    assert!(count(store, &key("amina", ELSEWHERE), STOP, 3));
}

/// Runs eight callers simultaneously. Returns how many attempts were counted.
fn counted_of_eight(work: impl Fn(usize) -> bool + Sync) -> usize {
    let counted: Vec<bool> = thread::scope(|scope| {
        let work = &work;
        let callers: Vec<_> = (0..8).map(|number| scope.spawn(move || work(number))).collect();
        callers.into_iter().map(|caller| caller.join().expect("no panic")).collect()
    });
    counted.into_iter().filter(|counted| *counted).count()
}

fn race(store: &dyn ObservableStore) {
    assert_eq!(counted_of_eight(|_| count(store, &key("amina", HOME), STOP, 0)), 2);
    let from_each = |number| count(store, &key("omar", &format!("1.2.{number}.0/24")), STOP, 0);
    assert_eq!(counted_of_eight(from_each), 3);
}

fn race_of_successes(store: &dyn ObservableStore) {
    let policy = ThrottlePolicy { free: 9, stop: Some(9), ..DELAYS };
    for round in 0..20 {
        let amina = key("amina", HOME);
        let counted = counted_of_eight(|number| {
            let is_counted = count(store, &amina, policy, round);
            match number {
                0 => with(store, |throttles| throttles.lift(&amina.subject)),
                1 => drop(with(store, |throttles| throttles.purge_counts(9, at(round + 1), 9))),
                _ => with(store, |throttles| throttles.forgive(&amina)),
            }
            is_counted
        });
        assert_eq!((counted, find(store, &amina)), (8, FailureCounts::default()), "nobody is refused");
    }
}

fn forgive(store: &dyn ObservableStore) {
    let (home, elsewhere, other) = (key("amina", HOME), key("amina", ELSEWHERE), key("omar", HOME));
    for key in [&home, &elsewhere, &other] {
        count(store, key, STOP, 0);
    }
    let left = |key: &ThrottleKey| {
        let counts = find(store, key);
        (counts.in_network.is_some(), counts.in_all_networks)
    };
    assert_eq!([left(&home), left(&elsewhere), left(&other)], [(true, 2), (true, 2), (true, 1)]);
    with(store, |throttles| throttles.forgive(&home));
    assert_eq!([left(&home), left(&elsewhere), left(&other)], [(false, 0), (true, 0), (true, 1)]);
    with(store, |throttles| throttles.lift(&subject("amina")));
    assert_eq!([left(&elsewhere), left(&other)], [(false, 0), (true, 1)]);
}

fn subjects(store: &dyn ObservableStore) {
    let networks = [HOME, ELSEWHERE].map(network);
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
    count(store, &key("a", HOME), DELAYS, 0);
    count(store, &key("b", HOME), STOP, 0);
    for from in ["1.0.0.0/24", "2.0.0.0/24", "3.0.0.0/24"] {
        count(store, &key("stopped", from), STOP, 0);
    }
    let purge = |seconds| with(store, |throttles| throttles.purge_counts(3, at(seconds), 1));
    assert_eq!(purge(0), 0);
    let purged: u32 = (0..9).map(|_| purge(1)).sum();
    assert_eq!(purged, 6, "one of a, two of b, and one of each network of the stopped account");
    assert!(!count(store, &key("stopped", HOME), STOP, 1));
}

fn purge_failures(store: &dyn ObservableStore) {
    for network in [HOME, ELSEWHERE].map(network) {
        with(store, |throttles| throttles.record_failure(&network, &subject("amina"), at(0)));
    }
    let purge = |seconds| with(store, |throttles| throttles.purge_failures(at(seconds), 1));
    assert_eq!([purge(0), purge(1), purge(1), purge(1)], [0, 1, 1, 0]);
}
