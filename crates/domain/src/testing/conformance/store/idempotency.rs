//! Recorded requests.

use chrono::{DateTime, TimeDelta, Utc};

use super::fixture::{ObservableStore, insert_all};
use super::staff;
use crate::account::Account;
use crate::idempotency::{ContentDigest, IdempotencyKey, IdempotentRequest, Operation, RecordedStaffRequest};
use crate::ids::StaffId;
use crate::staff::StaffRole;
use crate::store::Store;
use crate::testing::conformance::Case;

pub(super) const CASES: &[Case<dyn ObservableStore>] = &[
    ("a_recorded_request_is_found_by_owner_operation_and_key", find),
    ("a_record_is_found_as_long_as_it_is_kept", age),
    ("a_request_replaces_an_older_record_with_its_key", replace),
    ("records_from_before_a_moment_are_purged_in_batches", purge),
    ("a_request_of_a_member_of_staff_is_found_by_member_and_key_and_replaced", find_of_staff),
    ("requests_of_staff_are_purged_in_batches_too", purge_of_staff),
];

fn request(key: &str, content: &str) -> IdempotentRequest {
    let key = IdempotencyKey::parse(key).expect("valid");
    IdempotentRequest { key, content: ContentDigest::of(content.as_bytes()) }
}

fn record(store: &dyn Store, owner: &Account, request: &IdempotentRequest, at: DateTime<Utc>) {
    let mut repositories = store.autocommit().expect("open");
    repositories.idempotency().record(owner.id, Operation::Register, request, at, None).expect("written");
}

fn found(store: &dyn Store, owner: &Account, operation: Operation, key: &str) -> Option<ContentDigest> {
    found_since(store, owner, operation, key, owner.registered_at)
}

fn found_since(
    store: &dyn Store,
    owner: &Account,
    operation: Operation,
    key: &str,
    since: DateTime<Utc>,
) -> Option<ContentDigest> {
    let key = request(key, "").key;
    let mut repositories = store.autocommit().expect("open");
    let found = repositories.idempotency().find(owner.id, operation, &key, since).expect("readable");
    found.map(|recorded| recorded.content)
}

fn find(store: &dyn ObservableStore) {
    let [owner, other, ..] = insert_all(store);
    record(store, &owner, &request("a-key", "content"), owner.registered_at);
    let content = Some(ContentDigest::of(b"content"));
    assert_eq!(found(store, &owner, Operation::Register, "a-key"), content);
    assert_eq!(found(store, &owner, Operation::Register, "another-key"), None);
    assert_eq!(found(store, &owner, Operation::ChangePassword, "a-key"), None);
    assert_eq!(found(store, &other, Operation::Register, "a-key"), None);
}

fn age(store: &dyn ObservableStore) {
    let [owner, ..] = insert_all(store);
    let at = owner.registered_at;
    record(store, &owner, &request("a-key", "content"), at);
    let since = |since| found_since(store, &owner, Operation::Register, "a-key", since);
    assert!(since(at).is_some());
    assert_eq!(since(at + TimeDelta::microseconds(1)), None);
}

fn replace(store: &dyn ObservableStore) {
    let [owner, ..] = insert_all(store);
    let (before, now) = (owner.registered_at - TimeDelta::hours(24), owner.registered_at);
    record(store, &owner, &request("a-key", "old"), before);
    assert_eq!(found(store, &owner, Operation::Register, "a-key"), None);
    record(store, &owner, &request("a-key", "new"), now);
    let content = found(store, &owner, Operation::Register, "a-key");
    assert_eq!(content, Some(ContentDigest::of(b"new")));
}

fn purge(store: &dyn ObservableStore) {
    let accounts = insert_all(store);
    let now = accounts[0].registered_at;
    for owner in &accounts {
        record(store, owner, &request("old", "content"), now - TimeDelta::microseconds(1));
        record(store, owner, &request("new", "content"), now);
    }
    let purge = |limit| store.autocommit().expect("open").idempotency().purge(now, limit).expect("purged");
    assert_eq!([purge(3), purge(3), purge(3)], [3, 1, 0]);
    for owner in &accounts {
        let since = now - TimeDelta::hours(24);
        assert_eq!(found_since(store, owner, Operation::Register, "old", since), None);
        assert!(found(store, owner, Operation::Register, "new").is_some());
    }
}

fn insert_staff(store: &dyn Store, number: u64) -> StaffId {
    let member = staff::member(number, &format!("{number}@example.dz"), StaffRole::Admin);
    assert!(staff::insert(store, &member));
    member.id
}

fn record_of_staff(
    store: &dyn Store,
    member: StaffId,
    request: &IdempotentRequest,
    at: DateTime<Utc>,
    answer: &[u8],
) {
    let mut repositories = store.autocommit().expect("open");
    repositories.idempotency().record_of_staff(member, request, at, answer).expect("written");
}

fn found_of_staff(store: &dyn Store, member: StaffId, key: &str) -> Option<RecordedStaffRequest> {
    let key = request(key, "").key;
    let mut repositories = store.autocommit().expect("open");
    repositories.idempotency().find_of_staff(member, &key, staff::now()).expect("readable")
}

fn find_of_staff(store: &dyn ObservableStore) {
    let [member, other] = [1, 2].map(|number| insert_staff(store, number));
    let before = staff::now() - TimeDelta::microseconds(1);
    record_of_staff(store, member, &request("a-key", "old"), before, b"old");
    assert_eq!(found_of_staff(store, member, "a-key"), None, "too old");
    record_of_staff(store, member, &request("a-key", "new"), staff::now(), &[0, 255]);
    let recorded = RecordedStaffRequest { content: ContentDigest::of(b"new"), answer: vec![0, 255] };
    assert_eq!(found_of_staff(store, member, "a-key"), Some(recorded));
    assert_eq!(found_of_staff(store, member, "another-key"), None);
    assert_eq!(found_of_staff(store, other, "a-key"), None);
}

fn purge_of_staff(store: &dyn ObservableStore) {
    let now = staff::now();
    let members = [1, 2, 3].map(|number| insert_staff(store, number));
    for member in members {
        record_of_staff(store, member, &request("old", ""), now - TimeDelta::microseconds(1), b"");
        record_of_staff(store, member, &request("new", ""), now, b"");
    }
    let purge = |limit| store.autocommit().expect("open").idempotency().purge(now, limit).expect("purged");
    assert_eq!([purge(2), purge(2), purge(2)], [2, 1, 0]);
    assert!(members.iter().all(|member| found_of_staff(store, *member, "new").is_some()));
}
