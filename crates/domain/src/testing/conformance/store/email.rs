//! Addresses of accounts: their confirmation, and changes.

use chrono::{DateTime, TimeDelta, Utc};

use super::fixture::{ObservableStore, insert, insert_all};
use crate::account::{Account, EmailAddress, InsertError};
use crate::identifier::Identifiers;
use crate::ids::ProfileId;
use crate::testing::conformance::Case;
use crate::testing::{email, patient, registered};

pub(super) const CASES: &[Case<dyn ObservableStore>] = &[
    ("an_address_is_confirmed_once_and_only_if_it_is_still_the_accounts", confirm),
    ("an_account_is_found_by_its_new_address_and_not_by_the_former_one", change),
    ("nobody_else_gets_the_former_address_before_it_is_released", reserve),
    ("an_account_may_have_its_former_address_again", change_back),
    ("an_address_of_another_account_is_not_taken_over", taken),
    ("a_reservation_that_was_renewed_is_not_released_with_the_earlier_one", renewed),
];

fn find(store: &dyn ObservableStore, id: ProfileId) -> Account {
    store.autocommit().expect("open").accounts().find(id).expect("readable").expect("found")
}

/// Changes the address in a transaction, which is committed if it could be changed.
fn change_email(
    store: &dyn ObservableStore,
    id: ProfileId,
    [old, new]: [&str; 2],
    at: DateTime<Utc>,
) -> bool {
    let mut transaction = store.begin().expect("begun");
    transaction.accounts().lock(id).expect("locked");
    let changed = transaction.accounts().change_email(id, &email(old), &email(new), at).expect("written");
    if changed {
        transaction.commit().expect("committed");
    }
    changed
}

fn owner(store: &dyn ObservableStore, address: &str) -> Option<ProfileId> {
    let found = store.autocommit().expect("open").passwords().find(&email(address)).expect("readable");
    found.map(|credentials| credentials.id)
}

fn confirm(store: &dyn ObservableStore) {
    let [account, ..] = insert_all(store);
    let at = account.registered_at;
    let confirm = |address: &EmailAddress, at| {
        store.autocommit().expect("open").accounts().confirm_email(account.id, address, at).expect("written")
    };
    let is_verified = || {
        let found = store.autocommit().expect("open").passwords().find(&account.profile.email);
        found.expect("readable").expect("found").is_email_verified
    };
    assert!(!confirm(&email("other@example.com"), at));
    assert_eq!((find(store, account.id).email_verified_at, is_verified()), (None, false));
    assert!(confirm(&account.profile.email, at));
    assert!(confirm(&account.profile.email, at + TimeDelta::days(1)));
    assert_eq!((find(store, account.id).email_verified_at, is_verified()), (Some(at), true));
}

const ADDRESSES: [&str; 2] = ["patient@example.com", "New@example.com"];

fn change(store: &dyn ObservableStore) {
    let [account, ..] = insert_all(store);
    let at = account.registered_at + TimeDelta::days(1);
    assert!(change_email(store, account.id, ADDRESSES, at));
    let changed = find(store, account.id);
    assert_eq!(changed.profile.email.as_str(), "New@example.com");
    assert_eq!(changed.email_verified_at, Some(at));
    assert_eq!(ADDRESSES.map(|address| owner(store, address)), [None, Some(account.id)]);
    assert!(change_email(store, account.id, ["New@example.com", "new@example.com"], at));
    assert_eq!(find(store, account.id).profile.email.as_str(), "new@example.com");
}

fn reserve(store: &dyn ObservableStore) {
    let [account, ..] = insert_all(store);
    let at = account.registered_at + TimeDelta::days(1);
    assert!(change_email(store, account.id, ADDRESSES, at));
    let mut stranger = registered(9, "patient@example.com", patient());
    stranger.profile.carte_id = "ST9".parse().expect("valid");
    stranger.profile.identifiers = Identifiers::default();
    assert_eq!(insert(store, &stranger), Err(InsertError::Taken));
    let release = |address: &str, since| {
        let mut repositories = store.autocommit().expect("open");
        repositories.accounts().release_former_email(account.id, &email(address), since).expect("released");
    };
    release("patient@example.com", at);
    assert_eq!(insert(store, &stranger), Ok(()));
    assert_eq!(owner(store, "patient@example.com"), Some(stranger.id));
}

fn change_back(store: &dyn ObservableStore) {
    let [account, ..] = insert_all(store);
    let at = account.registered_at + TimeDelta::days(1);
    let [old, new] = ADDRESSES;
    assert!(change_email(store, account.id, [old, new], at));
    assert!(change_email(store, account.id, [new, old], at + TimeDelta::days(1)));
    assert_eq!([old, new].map(|address| owner(store, address)), [Some(account.id), None]);
    let [_, other, ..] = insert_all_but_first(store);
    assert!(!change_email(store, other, ["Doctor@example.com", new], at), "it is reserved");
}

/// Returns the ids of the accounts that the fixture inserted.
fn insert_all_but_first(store: &dyn ObservableStore) -> [ProfileId; 3] {
    let ids = ["Doctor@example.com", "hospital@example.com", "labo@example.com"];
    ids.map(|address| owner(store, address).expect("found"))
}

fn taken(store: &dyn ObservableStore) {
    let [account, ..] = insert_all(store);
    let at = account.registered_at + TimeDelta::days(1);
    assert!(!change_email(store, account.id, ["patient@example.com", "doctor@EXAMPLE.com"], at));
    assert_eq!(find(store, account.id), account);
}

fn renewed(store: &dyn ObservableStore) {
    let [account, ..] = insert_all(store);
    let first = account.registered_at + TimeDelta::days(1);
    let [old, new] = ADDRESSES;
    assert!(change_email(store, account.id, [old, new], first));
    assert!(change_email(store, account.id, [new, old], first + TimeDelta::days(1)));
    assert!(change_email(store, account.id, [old, "third@example.com"], first + TimeDelta::days(2)));
    let mut repositories = store.autocommit().expect("open");
    repositories.accounts().release_former_email(account.id, &email(old), first).expect("released");
    drop(repositories);
    let mut stranger = registered(9, old, patient());
    stranger.profile.carte_id = "ST9".parse().expect("valid");
    stranger.profile.identifiers = Identifiers::default();
    assert_eq!(insert(store, &stranger), Err(InsertError::Taken));
}
