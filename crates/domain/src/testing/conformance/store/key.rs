//! Key uses.

use chrono::{DateTime, TimeDelta, Utc};

use super::fixture::{ObservableStore, opened};
use crate::key::KeyUse;
use crate::session::EndReason;
use crate::store::Store;
use crate::testing::conformance::Case;

pub(super) const CASES: &[Case<dyn ObservableStore>] = &[
    ("a_key_keeps_its_earliest_start_and_latest_end", record),
    ("a_key_use_ends_unless_another_service_uses_the_key_for_longer", end),
    ("a_key_has_live_sessions_if_one_was_used_while_it_signed", live_sessions),
];

fn noon() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::hours(12)
}

/// Returns a use of `key` from `from` to `until`, in minutes after noon. Its tokens live for an
/// hour.
fn key_use(key: &str, from: i64, until: i64) -> KeyUse {
    KeyUse {
        key: key.to_owned(),
        signed_from: noon() + TimeDelta::minutes(from),
        signed_until: noon() + TimeDelta::minutes(until),
        tokens_until: noon() + TimeDelta::minutes(until + 60),
    }
}

fn record_use(store: &dyn Store, key_use: &KeyUse) {
    store.autocommit().expect("open").key_uses().record(key_use).expect("recorded");
}

/// Returns the uses whose tokens have not expired, some minutes after noon.
fn unexpired(store: &dyn Store, minutes: i64) -> Vec<KeyUse> {
    let now = noon() + TimeDelta::minutes(minutes);
    store.autocommit().expect("open").key_uses().unexpired(now).expect("readable")
}

fn record(store: &dyn ObservableStore) {
    assert_eq!(unexpired(store, 0), []);
    for (from, until) in [(10, 20), (15, 25), (5, 15), (11, 12)] {
        record_use(store, &key_use("b", from, until));
    }
    record_use(store, &key_use("a", 30, 40));
    // Names are ordered by bytes: a capital letter comes first.
    record_use(store, &key_use("C", 0, 10));
    assert_eq!(unexpired(store, 0), [key_use("C", 0, 10), key_use("a", 30, 40), key_use("b", 5, 25)]);
    assert_eq!(unexpired(store, 84), [key_use("a", 30, 40), key_use("b", 5, 25)]);
    assert_eq!(
        unexpired(store, 85),
        [key_use("a", 30, 40)],
        "a use is expired from the time at which its tokens expire"
    );
}

fn end(store: &dyn ObservableStore) {
    let end = |recorded: &KeyUse, minutes: i64| {
        let at = noon() + TimeDelta::minutes(minutes);
        store.autocommit().expect("open").key_uses().end(recorded, at).expect("written");
    };
    let [a, b] = ["a", "b"].map(|key| key_use(key, 0, 10));
    record_use(store, &a);
    record_use(store, &b);
    end(&b, 7);
    let ended = KeyUse { signed_until: noon() + TimeDelta::minutes(7), ..b.clone() };
    assert_eq!(unexpired(store, 0), [a.clone(), ended]);

    let longer = key_use("b", 0, 11);
    record_use(store, &longer);
    end(&b, 8);
    assert_eq!(unexpired(store, 0), [a, longer]);
    end(&key_use("c", 0, 10), 8);
    assert_eq!(unexpired(store, 0).len(), 2, "ending an unknown use adds nothing");
}

fn live_sessions(store: &dyn ObservableStore) {
    let (_, session, _) = opened(store);
    let signed = |from: TimeDelta, until: TimeDelta, now: TimeDelta| {
        let key_use = KeyUse {
            key: "a".to_owned(),
            signed_from: session.used_at + from,
            signed_until: session.used_at + until,
            tokens_until: session.used_at + until + TimeDelta::hours(24),
        };
        let mut repositories = store.autocommit().expect("open");
        repositories.key_uses().has_live_sessions(&key_use, session.used_at + now).expect("readable")
    };
    let (none, moment, hour) = (TimeDelta::zero(), TimeDelta::microseconds(1), TimeDelta::hours(1));
    assert!(signed(none, none, hour));
    assert!(signed(-hour, hour, hour));
    assert!(!signed(moment, hour, hour), "the key began to sign after the session was used");
    assert!(!signed(-hour, -moment, hour), "the key had stopped signing when the session was used");
    let life = session.expires_at - session.used_at;
    assert!(signed(none, none, life - moment));
    assert!(!signed(none, none, life), "the session has expired");

    let mut repositories = store.autocommit().expect("open");
    let ended =
        repositories.sessions().revoke(session.profile_id, session.id, session.used_at, EndReason::LoggedOut);
    assert_eq!(ended, Ok(true));
    drop(repositories);
    assert!(!signed(none, none, hour), "the session was revoked");
}
