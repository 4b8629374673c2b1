//! Suspensions, and how credentials show them.

use std::sync::Barrier;

use chrono::TimeDelta;

use super::fixture::{ObservableStore, insert_all};
use crate::account::{Account, AccountRef};
use crate::ids::RecordId;
use crate::reason::Reason;
use crate::staff_name::StaffName;
use crate::store::Store;
use crate::suspension::{AccountStanding, Reinstatement, Suspension};
use crate::testing::conformance::Case;
use crate::testing::{SequenceRandomness, email};

pub(super) const CASES: &[Case<dyn ObservableStore>] = &[
    ("a_suspension_is_stored_with_author_time_and_reason_until_reinstatement", suspend_and_reinstate),
    ("one_of_four_simultaneous_suspensions_is_added", race),
];

fn suspension(of: &Account, days: i64) -> Suspension {
    Suspension {
        at: of.registered_at + TimeDelta::days(days),
        by: StaffName::parse("ليلى").expect("valid"),
        reason: Reason::parse("Ordonnances falsifiées").expect("valid"),
        reinstatement: None,
    }
}

/// Returns the id of the `number`th suspension.
fn record(suspension: &Suspension, number: u64) -> RecordId {
    RecordId::generate(suspension.at, &SequenceRandomness::starting_at(number))
}

fn standing(store: &dyn Store, account: &AccountRef) -> Option<AccountStanding> {
    store.begin().expect("begun").suspensions().lock(account).expect("readable")
}

fn suspend_and_reinstate(store: &dyn ObservableStore) {
    let accounts = insert_all(store);
    assert_eq!(standing(store, &AccountRef::Email(email("nobody@example.com"))), None);
    for account in &accounts {
        let id = account.id;
        let upper = AccountRef::Email(email(&account.profile.email.as_str().to_uppercase()));
        let now = || {
            let found = standing(store, &AccountRef::Id(id));
            assert_eq!(found, standing(store, &upper));
            found
        };
        let is_suspended = || {
            let found = store.autocommit().expect("open").passwords().find(&account.profile.email);
            found.expect("readable").expect("found").is_suspended
        };
        let expected = |suspension| {
            let (role, name) = (account.role(), account.details.name());
            Some(AccountStanding { id, role, email: account.profile.email.clone(), name, suspension })
        };
        assert_eq!((now(), is_suspended()), (expected(None), false));
        for (number, days) in [(1, 1), (2, 9)] {
            let mut added = suspension(account, days);
            store
                .autocommit()
                .expect("open")
                .suspensions()
                .add(id, record(&added, number), &added)
                .expect("added");
            assert_eq!((now(), is_suspended()), (expected(Some(added.clone())), true));

            let reinstatement = Reinstatement { at: added.at + TimeDelta::days(1), by: added.by.clone() };
            store
                .autocommit()
                .expect("open")
                .suspensions()
                .reinstate(id, &reinstatement)
                .expect("reinstated");
            added.reinstatement = Some(reinstatement);
            assert_eq!((now(), is_suspended()), (expected(Some(added)), false));
        }
    }
}

fn race(store: &dyn ObservableStore) {
    let [account, ..] = insert_all(store);
    let start = Barrier::new(4);
    let added = std::thread::scope(|scope| {
        let runners: Vec<_> = (0..4)
            .map(|days: u32| {
                let (start, account) = (&start, &account);
                scope.spawn(move || {
                    start.wait();
                    let mut transaction = store.begin().expect("begun");
                    let found =
                        transaction.suspensions().lock(&AccountRef::Id(account.id)).expect("readable");
                    let adds = !found.expect("found").is_suspended();
                    if adds {
                        let suspension = suspension(account, days.into());
                        let record = record(&suspension, days.into());
                        transaction.suspensions().add(account.id, record, &suspension).expect("added");
                    }
                    transaction.commit().expect("committed");
                    adds
                })
            })
            .collect();
        runners.into_iter().map(|runner| runner.join().expect("no panic")).filter(|adds| *adds).count()
    });
    assert_eq!(added, 1, "the other transactions waited and saw it");
}
