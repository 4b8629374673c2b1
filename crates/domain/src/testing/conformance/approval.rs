//! Applications.

use super::{email, insert_all, labo, registered};
use crate::account::{Account, AccountRef};
use crate::store::Store;

pub(super) fn found_by_id_and_email(store: &dyn Store) {
    let [patient, accounts @ ..] = insert_all(store);
    let find = |named: &AccountRef| {
        let found = store.autocommit().expect("readable").approvals().find(named).expect("readable");
        let mut transaction = store.begin().expect("begun");
        let locked = transaction.approvals().lock(named).expect("readable");
        assert_eq!(found, locked);
        found.map(|application| application.id)
    };
    for Account { id, profile, .. } in &accounts {
        let upper = AccountRef::Email(email(&profile.email.as_str().to_uppercase()));
        assert_eq!((find(&AccountRef::Id(*id)), find(&upper)), (Some(*id), Some(*id)));
    }
    assert_eq!(find(&AccountRef::Id(patient.id)), None, "a patient applies for nothing");
    assert_eq!(find(&AccountRef::Email(patient.profile.email)), None);
    assert_eq!(find(&AccountRef::Id(registered(9, "nobody@example.com", labo()).id)), None);
}
