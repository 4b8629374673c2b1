//! Identifiers of accounts.

use std::sync::Barrier;

use super::fixture::{ObservableStore, insert};
use crate::account::{Account, AccountRef, InsertError, PendingChanges, RoleDetails, UniqueField};
use crate::approval::{Application, Approval, Decision};
use crate::identifier::{Identifier, IdentifierSystem, Identifiers};
use crate::staff_name::StaffName;
use crate::store::Store;
use crate::testing::conformance::Case;
use crate::testing::{doctor, hospital, patient, registered};

pub(super) const CASES: &[Case<dyn ObservableStore>] = &[
    ("an_identifier_is_taken_in_its_system_regardless_of_spelling", taken),
    ("one_of_eight_simultaneous_inserts_of_an_identifier_succeeds", race),
    ("a_change_replaces_identifiers_and_frees_those_that_it_removes", replaced),
    ("a_change_to_a_taken_identifier_names_it", change_taken),
    ("an_identifier_that_waits_for_a_decision_is_taken", waiting),
    ("an_insert_waits_for_a_change_that_claims_its_identifier", insert_waits),
];

const TAKEN: Option<UniqueField> = Some(UniqueField::Identifier(IdentifierSystem::Cnom));

fn with(number: u64, details: RoleDetails, identifiers: &[(IdentifierSystem, &str)]) -> Account {
    let mut account = registered(number, &format!("i{number}@example.com"), details);
    account.profile.identifiers = identifiers_of(identifiers);
    account
}

fn identifiers_of(identifiers: &[(IdentifierSystem, &str)]) -> Identifiers {
    let parse = |(system, text): &(_, &str)| Identifier::parse(*system, text).expect("valid");
    Identifiers::on_record(identifiers.iter().map(parse))
}

fn find(store: &dyn Store, account: &Account) -> Option<Account> {
    store.autocommit().expect("readable").accounts().find(account.id).expect("readable")
}

/// Changes the identifiers of an account. Returns the field of one that is taken.
fn change(
    store: &dyn Store,
    stored: &Account,
    identifiers: &[(IdentifierSystem, &str)],
) -> Option<UniqueField> {
    let mut changed = stored.clone();
    changed.profile.identifiers = identifiers_of(identifiers);
    let mut transaction = store.begin().expect("begun");
    transaction.accounts().lock(stored.id).expect("locked");
    let taken = transaction.accounts().update(stored, &changed, stored.registered_at).expect("written");
    if taken.is_none() {
        transaction.commit().expect("committed");
        assert_eq!(find(store, stored), Some(changed));
    }
    taken
}

fn taken(store: &dyn ObservableStore) {
    let first = with(1, patient(), &[(IdentifierSystem::Cnom, "16/Gen-1")]);
    insert(store, &first).expect("inserted");
    assert_eq!(find(store, &first), Some(first));
    for same in ["16/Gen-1", "16gen1", "١٦ GEN 1"] {
        let second = with(2, doctor(), &[(IdentifierSystem::Facility, "X1"), (IdentifierSystem::Cnom, same)]);
        assert_eq!(insert(store, &second), Err(InsertError::Taken), "{same}");
        assert_eq!(find(store, &second), None);
        let mut repositories = store.autocommit().expect("readable");
        assert_eq!(repositories.accounts().find_claimed(&second.claims()), Ok(TAKEN));
    }
    let other = [(IdentifierSystem::Facility, "16/Gen-1"), (IdentifierSystem::Cnom, "16/Gen-2")];
    insert(store, &with(2, doctor(), &other)).expect("other identifiers");
}

fn race(store: &dyn ObservableStore) {
    let start = Barrier::new(8);
    let outcomes: Vec<_> = std::thread::scope(|scope| {
        let runners: Vec<_> = (1..=8)
            .map(|number| {
                let start = &start;
                scope.spawn(move || {
                    start.wait();
                    insert(store, &with(number, hospital(), &[(IdentifierSystem::Nin, "109850116000123456")]))
                })
            })
            .collect();
        runners.into_iter().map(|runner| runner.join().expect("no panic")).collect()
    });
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
    assert_eq!(
        outcomes.iter().filter(|outcome| **outcome == Err(InsertError::Taken)).count(),
        7,
        "{outcomes:?}"
    );
}

fn replaced(store: &dyn ObservableStore) {
    use IdentifierSystem::{Chifa, Cnom, Other};
    let first = with(1, patient(), &[(Cnom, "16/1"), (Other, "A")]);
    insert(store, &first).expect("inserted");
    assert_eq!(change(store, &first, &[(Cnom, "16/2"), (Chifa, "12345678")]), None);

    let second = with(2, doctor(), &[(Cnom, "16-1"), (Other, "a")]);
    insert(store, &second).expect("the identifiers are available");
    assert_eq!(insert(store, &with(3, doctor(), &[(Cnom, "16/2")])), Err(InsertError::Taken));
    let first = find(store, &first).expect("found");
    assert_eq!(change(store, &first, &[(Cnom, "16-2")]), None, "spelt otherwise");
    let first = find(store, &first).expect("found");
    assert_eq!(change(store, &first, &[]), None);
    insert(store, &with(3, doctor(), &[(Cnom, "16/2"), (Chifa, "12345678")])).expect("available");
}

fn change_taken(store: &dyn ObservableStore) {
    use IdentifierSystem::{Cnom, Facility};
    let first = with(1, patient(), &[(Cnom, "16/1")]);
    let second = with(2, doctor(), &[(Cnom, "16/2"), (Facility, "F1")]);
    insert(store, &first).expect("inserted");
    insert(store, &second).expect("inserted");
    assert_eq!(change(store, &second, &[(Cnom, "16-1"), (Facility, "F2")]), TAKEN);
    assert_eq!(find(store, &second).as_ref(), Some(&second), "nothing was changed");
    assert_eq!(insert(store, &with(3, doctor(), &[(Facility, "F1")])), Err(InsertError::Taken));
    insert(store, &with(3, doctor(), &[(Facility, "F2")])).expect("available");
}

fn waiting(store: &dyn ObservableStore) {
    use IdentifierSystem::{Cnom, Other};
    let approved = with(1, doctor(), &[(Cnom, "16/1"), (Other, "A")]);
    insert(store, &approved).expect("inserted");
    let mut wanted = approved.clone();
    wanted.profile.identifiers = identifiers_of(&[(Cnom, "16/2"), (Other, "a")]);
    let changed =
        Account { pending_changes: PendingChanges::between(&approved, &wanted), ..approved.clone() };
    let update = |stored: &Account, changed: &Account| {
        let mut transaction = store.begin().expect("begun");
        let found = transaction.approvals().lock(&AccountRef::Id(stored.id)).expect("locked");
        assert_eq!(transaction.accounts().update(stored, changed, stored.registered_at), Ok(None));
        let approval = Approval::Approved(Decision {
            by: StaffName::parse("Leïla").expect("valid"),
            at: stored.registered_at,
            reason: None,
            code: None,
        });
        let account = Account { approval: Some(approval), ..changed.clone() };
        let application = Application { account, ..found.expect("an application") };
        transaction.approvals().save(&application).expect("saved");
        transaction.commit().expect("committed");
        let found = find(store, stored).expect("found");
        assert_eq!(found, application.account);
        found
    };
    let waits = update(&approved, &changed);
    assert_eq!(waits.profile.identifiers, approved.profile.identifiers, "the vetted ones");
    for taken in ["16/1", "16/2"] {
        assert_eq!(insert(store, &with(2, doctor(), &[(Cnom, taken)])), Err(InsertError::Taken), "{taken}");
    }
    let withdrawn = Account { pending_changes: None, ..waits.clone() };
    let _ = update(&waits, &withdrawn);
    insert(store, &with(2, doctor(), &[(Cnom, "16/2")])).expect("given up");
    assert_eq!(insert(store, &with(3, doctor(), &[(Cnom, "16/1")])), Err(InsertError::Taken), "vetted");
}

fn insert_waits(store: &dyn ObservableStore) {
    let first = with(1, patient(), &[]);
    insert(store, &first).expect("inserted");
    let mut changed = first.clone();
    changed.profile.identifiers = identifiers_of(&[(IdentifierSystem::Cnom, "16/1")]);
    let mut transaction = store.begin().expect("begun");
    transaction.accounts().lock(first.id).expect("locked");
    assert_eq!(transaction.accounts().update(&first, &changed, first.registered_at), Ok(None));
    std::thread::scope(|scope| {
        let second = scope.spawn(|| insert(store, &with(2, doctor(), &[(IdentifierSystem::Cnom, "16/1")])));
        store.wait_until_blocked();
        transaction.commit().expect("committed");
        assert_eq!(second.join().expect("no panic"), Err(InsertError::Taken));
    });
}
