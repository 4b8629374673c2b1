//! Changes of an account.

use chrono::{DateTime, Utc};

use super::fixture::{ObservableStore, insert, insert_all, open, opened};
use crate::account::{
    Account, Address, ArabicOrganisationName, BirthDate, BloodType, CarteId, EmergencyNumbers, FacilityType,
    OrganisationName, PersonName, Profile, RoleDetails,
};
use crate::identifier::Identifiers;
use crate::ids::{ProfileId, SessionId};
use crate::language::Language;
use crate::place::{Place, Wilaya};
use crate::session::EndReason;
use crate::store::{Store, Transaction};
use crate::testing::conformance::Case;
use crate::testing::{email, patient, registered};

pub(super) const CASES: &[Case<dyn ObservableStore>] = &[
    ("an_update_writes_only_what_the_owner_may_change", update),
    ("an_account_is_locked_only_in_its_own_live_session", lock_in_session),
    ("the_second_of_two_simultaneous_changes_sees_the_first", two_changes),
    ("a_session_is_not_revoked_while_its_account_is_locked", session_waits),
];

fn lock(store: &dyn Store, id: ProfileId, session: SessionId, now: DateTime<Utc>) -> bool {
    let mut transaction = store.begin().expect("begun");
    transaction.accounts().lock_in_session(id, session, now).expect("readable")
}

fn find(store: &dyn Store, account: &Account) -> Account {
    let found = store.autocommit().expect("readable").accounts().find(account.id).expect("readable");
    found.expect("found")
}

/// Returns `account` with other and fewer values, and with an e-mail and a card number that an
/// update must not write.
fn changed(account: &Account) -> Account {
    let mut changed = account.clone();
    changed.profile = Profile {
        email: email("other@example.com"),
        carte_id: CarteId::parse("another").expect("valid"),
        birth_date: BirthDate::from_display("1942-05"),
        numero_tel: None,
        address: Address::parse("حي 5 جويلية").ok(),
        place: Place::new(Wilaya::parse("31").ok(), None).expect("valid"),
        blood_type: BloodType::parse("O-").ok(),
        gender: None,
        image: None,
        emergency_numbers: EmergencyNumbers::default(),
        language: Language::English,
        identifiers: Identifiers::default(),
    };
    match &mut changed.details {
        RoleDetails::Patient(patient) => (patient.married, patient.last_name_ar) = (None, None),
        RoleDetails::Doctor(doctor) => (doctor.bio, doctor.is_privee) = (None, false),
        RoleDetails::Hospital(hospital) => {
            hospital.name = OrganisationName::parse("CHU").expect("valid");
            hospital.name_ar = ArabicOrganisationName::parse("م.ج.ا").ok();
            hospital.facility_type = FacilityType::parse("chu").ok();
        }
        RoleDetails::Labo(labo) => {
            (labo.name_ar, labo.address) = (None, Address::parse("Hydra").expect("valid"));
            labo.facility_type = None;
        }
    }
    changed
}

fn update(store: &dyn ObservableStore) {
    let other = registered(9, "bystander@example.com", patient());
    insert(store, &other).expect("inserted");
    for (account, number) in insert_all(store).iter().zip(1..) {
        let wanted = changed(account);
        let (session, _) = open(store, account, number);
        let mut transaction = store.begin().expect("begun");
        let locked = transaction.accounts().lock_in_session(account.id, session.id, account.registered_at);
        assert_eq!(locked, Ok(true));
        assert_eq!(transaction.accounts().update(account, &wanted, account.registered_at), Ok(None));
        transaction.commit().expect("committed");

        let Profile { email, carte_id, .. } = account.profile.clone();
        let profile = Profile { email, carte_id, ..wanted.profile };
        assert_eq!(find(store, account), Account { profile, ..wanted });
    }
    assert_eq!(find(store, &other), other, "it was not changed");
}

fn lock_in_session(store: &dyn ObservableStore) {
    let (account, session, _) = opened(store);
    let (ended, _) = open(store, &account, 2);
    let other = registered(2, "other@example.com", patient());
    insert(store, &other).expect("inserted");
    let now = account.registered_at;
    let mut repositories = store.autocommit().expect("open");
    repositories.sessions().revoke(account.id, ended.id, now, EndReason::LoggedOut).expect("written");
    drop(repositories);

    assert!(lock(store, account.id, session.id, now));
    assert!(!lock(store, account.id, session.id, session.expires_at), "the session has expired");
    assert!(!lock(store, account.id, ended.id, now), "the session was revoked");
    assert!(!lock(store, other.id, session.id, now), "the session belongs to another account");
}

fn two_changes(store: &dyn ObservableStore) {
    let (account, session, _) = opened(store);
    let lock = |transaction: &mut dyn Transaction| {
        let locked = transaction.accounts().lock_in_session(account.id, session.id, account.registered_at);
        assert_eq!(locked, Ok(true));
    };
    let change = |mut transaction: Box<dyn Transaction + '_>, change: fn(&mut Account)| {
        let found = transaction.accounts().find(account.id).expect("readable").expect("found");
        let mut changed = found.clone();
        change(&mut changed);
        assert_eq!(transaction.accounts().update(&found, &changed, account.registered_at), Ok(None));
        transaction.commit().expect("committed");
    };
    let rename = |account: &mut Account| {
        let RoleDetails::Patient(patient) = &mut account.details else { panic!("not a patient") };
        patient.last_name = PersonName::parse("Haddad").expect("valid");
    };
    let mut first = store.begin().expect("begun");
    lock(&mut *first);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut second = store.begin().expect("begun");
            lock(&mut *second);
            change(second, rename);
        });
        store.wait_until_blocked();
        change(first, |account| account.profile.address = None);
    });
    let mut wanted = account.clone();
    wanted.profile.address = None;
    rename(&mut wanted);
    assert_eq!(find(store, &account), wanted);
}

fn session_waits(store: &dyn ObservableStore) {
    let (account, session, _) = opened(store);
    let now = account.registered_at;
    let mut transaction = store.begin().expect("begun");
    assert_eq!(transaction.accounts().lock_in_session(account.id, session.id, now), Ok(true));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut repositories = store.autocommit().expect("open");
            let ended = repositories.sessions().revoke(account.id, session.id, now, EndReason::LoggedOut);
            assert_eq!(ended, Ok(true));
        });
        store.wait_until_blocked();
        assert_eq!(transaction.accounts().update(&account, &changed(&account), now), Ok(None));
        transaction.commit().expect("committed");
    });
    assert!(!lock(store, account.id, session.id, now));
}
