//! Search for accounts.

use super::fixture::{ObservableStore, insert, insert_all};
use crate::account::{Account, AccountRef, Role};
use crate::ids::{ProfileId, RecordId};
use crate::place::Wilaya;
use crate::reason::Reason;
use crate::search::{AccountState, Prefixed, SearchFilter, SearchTerms};
use crate::staff_name::StaffName;
use crate::suspension::{Reinstatement, Suspension};
use crate::testing::conformance::Case;
use crate::testing::{SequenceRandomness, email, hospital, patient, registered};

pub(super) const CASES: &[Case<dyn ObservableStore>] = &[
    ("accounts_are_found_by_their_terms", by_terms),
    ("accounts_are_found_by_their_terms_and_state", by_state),
    ("many_accounts_with_the_same_terms_are_found_in_part", common_terms),
    ("accounts_are_found_by_the_beginning_of_their_email", by_email),
    ("accounts_are_found_by_their_card_number", by_card),
    ("found_accounts_are_listed_in_pages_by_id", pages),
    ("found_accounts_are_read_with_their_suspension", read),
    ("all_suspensions_of_an_account_are_read", history),
];

fn sets(terms: &[&[&str]]) -> Vec<Vec<String>> {
    terms.iter().map(|set| set.iter().map(|term| (*term).to_owned()).collect()).collect()
}

fn with_terms(store: &dyn ObservableStore, terms: &[&[&str]], filter: &SearchFilter) -> Vec<ProfileId> {
    let mut repositories = store.autocommit().expect("open");
    let found = repositories.search().with_terms(&sets(terms), filter, 10).expect("searched");
    let mut ids: Vec<_> = found.iter().map(|candidate| candidate.id).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

fn suspension(account: &Account) -> Suspension {
    Suspension {
        at: account.registered_at,
        by: StaffName::parse("Leïla").expect("valid"),
        reason: Reason::parse("compte volé").expect("valid"),
        reinstatement: None,
    }
}

fn suspend(store: &dyn ObservableStore, account: &Account, number: u64) {
    let record = RecordId::generate(account.registered_at, &SequenceRandomness::starting_at(number));
    let mut repositories = store.autocommit().expect("open");
    repositories.suspensions().add(account.id, record, &suspension(account)).expect("added");
}

fn by_terms(store: &dyn ObservableStore) {
    let [patient, doctor, hospital, labo] = insert_all(store).map(|account| account.id);
    let all = SearchFilter::default();
    let found = |terms: &[&[&str]]| with_terms(store, terms, &all);
    assert_eq!(found(&[&["role:user"]]), [patient]);
    assert_eq!(found(&[&["=koulibaly", "role:doctor"]]), [doctor]);
    assert_eq!(found(&[&["=koulibaly", "role:labo"]]), []);
    assert_eq!(found(&[&["=nobody"], &["=koulibaly"], &["=zohra", "=fatma"]]), [doctor, labo]);
    let telephone = SearchTerms::of(&registered(3, "a@example.com", self::hospital()));
    let telephone = telephone.iter().find(|term| term.starts_with("tel:21321")).expect("a number");
    assert_eq!(found(&[&[telephone]]), [hospital]);
    for hostile in ["%", "_", "", "'", "{}", "NULL", "\\", "\"", "=koulibal"] {
        assert_eq!(found(&[&[hostile]]), [], "{hostile}");
    }
    let mut repositories = store.autocommit().expect("open");
    let candidates = repositories.search().with_terms(&sets(&[&["=koulibaly"]]), &all, 10).expect("searched");
    let account = repositories.accounts().find(doctor).expect("readable").expect("inserted");
    assert_eq!(candidates[0].terms, SearchTerms::of(&account));
}

fn by_state(store: &dyn ObservableStore) {
    let accounts = insert_all(store);
    let [patient, doctor, hospital, labo] = accounts.clone().map(|account| account.id);
    suspend(store, &accounts[2], 1);
    let all: &[&[&str]] = &[&["role:user"], &["role:doctor"], &["role:hospital"], &["role:labo"]];
    let found =
        |state| with_terms(store, all, &SearchFilter { state: Some(state), ..SearchFilter::default() });
    assert_eq!(with_terms(store, all, &SearchFilter::default()), [patient, doctor, hospital, labo]);
    assert_eq!(found(AccountState::Active), [patient]);
    assert_eq!(found(AccountState::Pending), [doctor, labo]);
    assert_eq!(found(AccountState::Suspended), [hospital]);
    assert_eq!(found(AccountState::Approved), []);
}

fn common_terms(store: &dyn ObservableStore) {
    for number in 0..300 {
        insert(store, &registered(number, &format!("p{number}@example.com"), patient())).expect("inserted");
    }
    let found = with_terms(store, &[&["role:user"]], &SearchFilter::default());
    assert!(found.len() >= 10, "{}", found.len());
}

fn by_email(store: &dyn ObservableStore) {
    let [patient, doctor, ..] = insert_all(store).map(|account| account.id);
    let mut repositories = store.autocommit().expect("open");
    let mut search = repositories.search();
    let found = Prefixed { id: doctor, key: "doctor@example.com".into() };
    assert_eq!(search.with_email("doctor@", 10), Ok(vec![found]));
    let ids = |found: Vec<Prefixed>| found.into_iter().map(|found| found.id).collect::<Vec<_>>();
    assert_eq!(ids(search.with_email("", 10).expect("searched")).len(), 4);
    assert_eq!(ids(search.with_email("", 2).expect("searched")), [doctor, accounts_id(3)]);
    assert_eq!(ids(search.with_email("pat", 10).expect("searched")), [patient]);
    for hostile in ["%", "_atient", "PATIENT", "patient@example.com ", "\u{10ffff}"] {
        assert_eq!(search.with_email(hostile, 10), Ok(Vec::new()), "{hostile}");
    }
}

fn accounts_id(number: u64) -> ProfileId {
    registered(number, "any@example.com", hospital()).id
}

fn by_card(store: &dyn ObservableStore) {
    let [patient, ..] = insert_all(store).map(|account| account.id);
    let mut repositories = store.autocommit().expect("open");
    let mut search = repositories.search();
    let found = Prefixed { id: patient, key: "patientexamplecom".into() };
    // The sample account has this key as its card number and as another identifier.
    assert_eq!(search.with_identifier("patientex", 10), Ok(vec![found.clone(), found.clone()]));
    assert_eq!(search.with_identifier("patientex", 1), Ok(vec![found]));
    let ids = search.with_identifiers(&["patientexamplecom".into(), "unknown".into()]).expect("searched");
    assert!(!ids.is_empty() && ids.iter().all(|id| *id == patient), "{ids:?}");
    assert_eq!(search.with_identifiers(&["patient".into()]), Ok(Vec::new()), "only whole keys");
    assert_eq!(search.with_identifier("patient@", 10), Ok(Vec::new()), "no e-mail");
}

fn pages(store: &dyn ObservableStore) {
    let accounts = insert_all(store);
    let [patient, doctor, hospital, labo] = accounts.clone().map(|account| account.id);
    suspend(store, &accounts[1], 1);
    let page = |filter: SearchFilter, after, limit| {
        store.autocommit().expect("open").search().page(&filter, after, limit).expect("listed")
    };
    let all = SearchFilter::default();
    assert_eq!(page(all.clone(), None, 10), [patient, doctor, hospital, labo]);
    assert_eq!(page(all.clone(), None, 2), [patient, doctor]);
    assert_eq!(page(all.clone(), Some(doctor), 10), [hospital, labo]);
    assert_eq!(page(all, Some(labo), 10), []);
    let filter = |role: Option<Role>, state| SearchFilter {
        roles: role.into_iter().collect(),
        state,
        wilayas: Vec::new(),
    };
    for (role, state, found) in [
        (Some(Role::Hospital), None, &[hospital][..]),
        (None, Some(AccountState::Active), &[patient]),
        (None, Some(AccountState::Pending), &[hospital, labo]),
        (None, Some(AccountState::Suspended), &[doctor]),
        (Some(Role::Labo), Some(AccountState::Pending), &[labo]),
        (Some(Role::Doctor), Some(AccountState::Suspended), &[doctor]),
        (Some(Role::Doctor), Some(AccountState::Pending), &[]),
        (Some(Role::Patient), Some(AccountState::Rejected), &[]),
    ] {
        assert_eq!(page(filter(role, state), None, 10), found, "{role:?} {state:?}");
    }
    let wilaya = |code| {
        let filter =
            SearchFilter { wilayas: vec![Wilaya::parse(code).expect("valid")], ..SearchFilter::default() };
        page(filter, Some(patient), 10)
    };
    assert_eq!(wilaya("16"), [doctor, hospital, labo]);
    assert_eq!(wilaya("58"), []);
}

fn read(store: &dyn ObservableStore) {
    let accounts = insert_all(store);
    suspend(store, &accounts[1], 1);
    let mut repositories = store.autocommit().expect("open");
    let mut search = repositories.search();
    let absent = accounts_id(9);
    let ids = [accounts[1].id, absent, accounts[0].id];
    let mut found = search.read(&ids).expect("read");
    found.sort_unstable_by_key(|found| found.account.id);
    let states = found.iter().map(|found| (&found.account, found.is_suspended)).collect::<Vec<_>>();
    assert_eq!(states, [(&accounts[0], false), (&accounts[1], true)]);
    assert_eq!(search.read(&[]), Ok(Vec::new()));
    let resolve = |search: &mut dyn crate::search::AccountSearch, text: &str| {
        search.resolve(&AccountRef::Email(email(text))).expect("readable")
    };
    assert_eq!(resolve(&mut *search, "DOCTOR@example.com"), Some(accounts[1].id));
    assert_eq!(resolve(&mut *search, "nobody@example.com"), None);
}

fn history(store: &dyn ObservableStore) {
    let [account, ..] = insert_all(store);
    let first = Suspension {
        reinstatement: Some(Reinstatement {
            at: account.registered_at,
            by: StaffName::parse("Karim").expect("valid"),
        }),
        ..suspension(&account)
    };
    let history = || {
        let mut repositories = store.autocommit().expect("open");
        repositories.suspensions().history(account.id).expect("readable")
    };
    assert_eq!(history(), []);
    suspend(store, &account, 1);
    let end = first.reinstatement.clone().expect("ended");
    store.autocommit().expect("open").suspensions().reinstate(account.id, &end).expect("reinstated");
    suspend(store, &account, 2);
    assert_eq!(history(), [first, suspension(&account)]);
}
