//! Accounts, and transactions.

use std::sync::Barrier;

use super::fixture::{ObservableStore, hash, insert, insert_all};
use crate::account::{Account, AccountRef, CarteId, InsertError, NewAccount, UniqueField};
use crate::testing::conformance::Case;
use crate::testing::{doctor, hospital, labo, patient, registered};

pub(super) const CASES: &[Case<dyn ObservableStore>] = &[
    ("an_account_of_each_role_is_read_as_it_was_inserted", accounts_come_back),
    ("accounts_are_listed_in_pages_by_id", pages),
    ("an_unknown_id_or_email_is_none_and_not_an_error", absence_is_no_error),
    ("an_email_is_taken_regardless_of_case", email_taken),
    ("a_card_number_is_taken_regardless_of_case_and_separators", carte_id_taken),
    ("a_dropped_transaction_leaves_no_trace", dropped_transaction),
    ("one_of_eight_simultaneous_inserts_of_an_email_succeeds", race),
];

fn accounts_come_back(store: &dyn ObservableStore) {
    for account in insert_all(store) {
        let found = store.autocommit().expect("readable").accounts().find(account.id).expect("readable");
        assert_eq!(found, Some(account));
    }
}

fn pages(store: &dyn ObservableStore) {
    let accounts = insert_all(store);
    let page =
        |after, limit| store.autocommit().expect("readable").accounts().page(after, limit).expect("readable");
    assert_eq!(page(None, 100), accounts);
    assert_eq!(page(None, 2), accounts[..2]);
    assert_eq!(page(Some(accounts[1].id), 100), accounts[2..]);
    assert_eq!(page(Some(accounts[3].id), 100), []);
}

fn absence_is_no_error(store: &dyn ObservableStore) {
    let nobody = registered(9, "nobody@example.com", patient());
    let mut repositories = store.autocommit().expect("readable");
    assert_eq!(repositories.accounts().find(nobody.id), Ok(None));
    assert!(repositories.passwords().find(&nobody.profile.email).expect("readable").is_none());
    assert_eq!(repositories.approvals().find(&AccountRef::Email(nobody.profile.email)), Ok(None));
}

/// Returns the field of `account` that another account has already.
fn claimed(store: &dyn ObservableStore, account: &Account) -> Option<UniqueField> {
    let claims = account.claims();
    store.autocommit().expect("readable").accounts().find_claimed(&claims).expect("readable")
}

fn email_taken(store: &dyn ObservableStore) {
    insert(store, &registered(1, "amina@example.com", patient())).expect("inserted");
    let mut second = registered(2, "AMINA@Example.com", doctor());
    second.profile.carte_id = CarteId::parse("another").expect("valid");
    assert_eq!(insert(store, &second), Err(InsertError::Taken));
    assert_eq!(claimed(store, &second), Some(UniqueField::Email));
    assert_eq!(store.autocommit().expect("readable").accounts().find(second.id), Ok(None));
}

fn carte_id_taken(store: &dyn ObservableStore) {
    let mut first = registered(1, "first@example.com", patient());
    first.profile.carte_id = CarteId::parse("1990-0515/Ab").expect("valid");
    insert(store, &first).expect("inserted");
    let find = |id| store.autocommit().expect("readable").accounts().find(id).expect("readable");
    let kept = find(first.id).expect("found").profile.carte_id;
    assert_eq!(kept.as_str(), "1990-0515/Ab", "as it was typed");
    let mut second = registered(2, "second@example.com", hospital());
    for same in ["1990-0515/Ab", "19900515ab", "1990 0515 AB", "١٩٩٠-۰۵۱۵aB"] {
        second.profile.carte_id = CarteId::parse(same).expect("valid");
        assert_eq!(insert(store, &second), Err(InsertError::Taken), "{same}");
        assert_eq!(claimed(store, &second), Some(UniqueField::CarteId), "{same}");
        assert_eq!(find(second.id), None);
    }
    second.profile.carte_id = CarteId::parse("1990-0515/Abc").expect("valid");
    assert_eq!(claimed(store, &second), None);
    insert(store, &second).expect("another number");
}

fn dropped_transaction(store: &dyn ObservableStore) {
    let account = registered(1, "dropped@example.com", labo());
    let mut transaction = store.begin().expect("begun");
    transaction.accounts().insert(&NewAccount::with_password(&account, &hash())).expect("inserted");
    drop(transaction);
    assert_eq!(store.autocommit().expect("readable").accounts().find(account.id), Ok(None));
    insert(store, &account).expect("the e-mail is available again");
}

fn race(store: &dyn ObservableStore) {
    const RUNNERS: u64 = 8;
    let start = Barrier::new(8);
    let outcomes: Vec<_> = std::thread::scope(|scope| {
        let runners: Vec<_> = (1..=RUNNERS)
            .map(|number| {
                let start = &start;
                scope.spawn(move || {
                    start.wait();
                    insert(store, &registered(number, "same@example.com", hospital()))
                })
            })
            .collect();
        runners.into_iter().map(|runner| runner.join().expect("no panic")).collect()
    });
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
    let refused = |outcome: &&Result<(), InsertError>| matches!(outcome, Err(InsertError::Taken));
    assert_eq!(outcomes.iter().filter(refused).count(), 7, "{outcomes:?}");
}
