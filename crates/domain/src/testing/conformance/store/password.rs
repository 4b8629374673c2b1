//! Credentials.

use super::fixture::{ObservableStore, hash, insert_all};
use crate::account::Role;
use crate::password::PasswordHash;
use crate::testing::conformance::Case;
use crate::testing::email;

pub(super) const CASES: &[Case<dyn ObservableStore>] = &[
    ("credentials_are_found_regardless_of_case", credentials),
    ("a_password_is_replaced_only_if_the_old_hash_is_still_stored", replace_password),
];

fn credentials(store: &dyn ObservableStore) {
    let [patient, doctor, ..] = insert_all(store);
    let mut repositories = store.autocommit().expect("readable");
    let mut find =
        |text: &str| repositories.passwords().find(&email(text)).expect("readable").expect("found");
    let found = find("PATIENT@example.com");
    assert_eq!((found.id, found.role, found.is_approved), (patient.id, Role::Patient, true));
    assert_eq!(found.password.expose(), hash().expose());
    let found = find("doctor@EXAMPLE.com");
    assert_eq!((found.id, found.role, found.is_approved), (doctor.id, Role::Doctor, false));
}

fn replace_password(store: &dyn ObservableStore) {
    let [patient, ..] = insert_all(store);
    let new = PasswordHash::new("$argon2id$v=19$m=16,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2g".to_owned());
    let replace = |old: &PasswordHash| {
        let mut transaction = store.begin().expect("begun");
        let replaced = transaction.passwords().replace(patient.id, old, &new).expect("written");
        transaction.commit().expect("committed");
        replaced
    };
    assert!(replace(&hash()));
    assert!(!replace(&hash()), "the old hash is no longer stored");
    let kept =
        store.autocommit().expect("readable").passwords().find(&patient.profile.email).expect("readable");
    assert_eq!(kept.expect("found").password.expose(), new.expose());
}
