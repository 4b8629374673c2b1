//! Limits on how often something happens, and the devices of accounts.

use std::thread;

use chrono::{DateTime, TimeDelta, Utc};

use super::fixture::{ObservableStore, insert_all};
use crate::rate_limit::{RateKey, RateLimit};
use crate::session::{ClientInfo, Device, DeviceSighting, UserAgent};
use crate::testing::conformance::Case;

pub(super) const CASES: &[Case<dyn ObservableStore>] = &[
    ("no_more_events_than_the_limit_count_in_any_period", period),
    ("events_at_the_time_of_a_wrong_clock_do_not_count", wrong_clock),
    ("of_simultaneous_events_no_more_than_the_limit_count", race),
    ("keys_without_recent_events_are_purged_in_batches", purge),
    ("a_device_is_known_after_its_first_use", device),
    ("devices_without_recent_use_are_purged_in_batches", purge_devices),
];

const LIMIT: RateLimit = RateLimit { max: 3, within: TimeDelta::hours(1) };

fn start() -> DateTime<Utc> {
    "2026-11-23T09:30:00Z".parse().expect("a time")
}

fn take(store: &dyn ObservableStore, key: &RateKey, now: DateTime<Utc>) -> bool {
    store.autocommit().expect("open").rate_limits().take(key, LIMIT, now).expect("counted")
}

fn period(store: &dyn ObservableStore) {
    let (key, other) = (RateKey::new("mail", "a@example.com"), RateKey::new("mail", "b@example.com"));
    let at = |minutes| start() + TimeDelta::minutes(minutes);
    let taken = [0, 20, 40, 59, 60, 61, 79, 80, 90].map(|minutes| take(store, &key, at(minutes)));
    assert_eq!(taken, [true, true, true, false, true, false, false, true, false]);
    assert!(take(store, &other, at(90)), "another key has a limit of its own");
}

fn wrong_clock(store: &dyn ObservableStore) {
    let key = RateKey::new("mail", "clock@example.com");
    for _ in 0..3 {
        assert!(take(store, &key, start() + TimeDelta::days(365)));
    }
    let almost_right = start() + TimeDelta::days(365) - LIMIT.within;
    assert!(!take(store, &key, almost_right), "clocks differ");
    let taken = [0, 1, 2, 3].map(|seconds| take(store, &key, start() + TimeDelta::seconds(seconds)));
    assert_eq!(taken, [true, true, true, false]);
}

fn race(store: &dyn ObservableStore) {
    let key = RateKey::new("mail", "race@example.com");
    let taken: Vec<bool> = thread::scope(|scope| {
        let callers: Vec<_> = (0..8).map(|_| scope.spawn(|| take(store, &key, start()))).collect();
        callers.into_iter().map(|caller| caller.join().expect("no panic")).collect()
    });
    assert_eq!(taken.iter().filter(|taken| **taken).count(), 3);
}

fn purge(store: &dyn ObservableStore) {
    let keys = ["a", "b", "c"].map(|name| RateKey::new("mail", name));
    for key in &keys {
        take(store, key, start());
    }
    take(store, &keys[2], start() + TimeDelta::days(1));
    let purge = |moment| store.autocommit().expect("open").rate_limits().purge(moment, 1).expect("purged");
    let moment = start() + TimeDelta::minutes(1);
    assert_eq!([purge(start()), purge(moment), purge(moment), purge(moment)], [0, 1, 1, 0]);
}

fn device(store: &dyn ObservableStore) {
    let [account, other, ..] = insert_all(store);
    let user_agent = UserAgent::from_header("curl/8.5.0");
    let device = ClientInfo { user_agent, ..ClientInfo::default() }.device().digest();
    let unknown = Device::default().digest();
    let find =
        |owner, device| store.autocommit().expect("open").devices().find(owner, device).expect("readable");
    assert_eq!(find(account.id, device), DeviceSighting { seen_at: None, has_devices: false });
    let later = start() + TimeDelta::days(1);
    for at in [start(), later] {
        store.autocommit().expect("open").devices().record(account.id, device, at).expect("recorded");
    }
    assert_eq!(find(account.id, device), DeviceSighting { seen_at: Some(later), has_devices: true });
    assert_eq!(find(account.id, unknown), DeviceSighting { seen_at: None, has_devices: true });
    assert_eq!(find(other.id, device), DeviceSighting { seen_at: None, has_devices: false });
}

fn purge_devices(store: &dyn ObservableStore) {
    let device = Device::default().digest();
    for account in insert_all(store) {
        store.autocommit().expect("open").devices().record(account.id, device, start()).expect("recorded");
    }
    let purge = |moment| store.autocommit().expect("open").devices().purge(moment, 3).expect("purged");
    let moment = start() + TimeDelta::seconds(1);
    assert_eq!([purge(start()), purge(moment), purge(moment), purge(moment)], [0, 3, 1, 0]);
}
