//! Applications, and the decisions on them.

use chrono::TimeDelta;

use super::fixture::{ObservableStore, insert, insert_all};
use crate::account::{Account, AccountRef, Role};
use crate::approval::{ApplicationFilter, Approval, ApprovalState, Decision};
use crate::ids::{ProfileId, RecordId};
use crate::reason::Reason;
use crate::staff_name::StaffName;
use crate::store::Store;
use crate::testing::conformance::Case;
use crate::testing::{SequenceRandomness, email, labo, registered};

pub(super) const CASES: &[Case<dyn ObservableStore>] = &[
    ("applications_are_listed_oldest_first_and_filtered", list_applications),
    ("a_decision_is_stored_with_author_time_and_reason", record_decision),
    ("applications_are_ordered_by_registration_and_not_by_id", order),
    ("an_application_is_found_by_id_and_by_email", found_by_id_and_email),
    ("earlier_decisions_are_kept", appended),
];

const ALL: ApplicationFilter = ApplicationFilter { role: None, state: None, limit: 100 };

fn ids(store: &dyn Store, filter: ApplicationFilter) -> Vec<ProfileId> {
    let listed = store.autocommit().expect("readable").approvals().list(filter).expect("readable");
    listed.into_iter().map(|application| application.id).collect()
}

fn order(store: &dyn ObservableStore) {
    // The ids increase, the registration times do not.
    let accounts: Vec<Account> = [(1, 3), (2, 1), (3, 2), (4, 1)]
        .map(|(number, days)| {
            let account = registered(number, &format!("labo{number}@example.com"), labo());
            Account { registered_at: account.registered_at + TimeDelta::days(days), ..account }
        })
        .into();
    for account in &accounts {
        insert(store, account).expect("inserted");
    }
    let wanted = [1, 3, 2, 0].map(|index| accounts[index].id);
    assert_eq!(ids(store, ALL), wanted);
    assert_eq!(ids(store, ApplicationFilter { limit: 3, ..ALL }), wanted[..3]);
    let pending = ApplicationFilter { state: Some(ApprovalState::Pending), ..ALL };
    assert_eq!(ids(store, pending), wanted);
}

fn found_by_id_and_email(store: &dyn ObservableStore) {
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
    assert_eq!(find(&AccountRef::Id(patient.id)), None, "a patient has no application");
    assert_eq!(find(&AccountRef::Email(patient.profile.email)), None);
    assert_eq!(find(&AccountRef::Id(registered(9, "nobody@example.com", labo()).id)), None);
}

fn appended(store: &dyn ObservableStore) {
    let [_, doctor, hospital, _] = insert_all(store);
    let randomness = SequenceRandomness::starting_at(1);
    let decision = |days: i64| Decision {
        by: StaffName::parse("ليلى").expect("valid"),
        at: doctor.registered_at + TimeDelta::days(days),
        reason: Reason::parse(&format!("Après {days} jours")).ok(),
    };
    let decisions = |id| store.autocommit().expect("open").approvals().decisions(id).expect("readable");
    let all = [
        Approval::Rejected(decision(1)),
        Approval::Approved(Decision { reason: None, ..decision(2) }),
        Approval::Rejected(decision(3)),
    ];
    assert_eq!(decisions(doctor.id), []);
    for (count, decided) in (1..).zip(&all) {
        let at = decided.decision().expect("decided").at;
        let mut transaction = store.begin().expect("begun");
        let mut approvals = transaction.approvals();
        approvals.append(doctor.id, RecordId::generate(at, &randomness), decided).expect("appended");
        approvals.record(doctor.id, decided).expect("written");
        drop(approvals);
        transaction.commit().expect("committed");
        assert_eq!(decisions(doctor.id), all[..count]);
    }
    assert_eq!(decisions(hospital.id), [], "this application has no decision");
}

fn list_applications(store: &dyn ObservableStore) {
    let [_, doctor, hospital, labo] = insert_all(store);
    let all = ApplicationFilter { role: None, state: None, limit: 100 };
    let ids = |filter| {
        let listed = store.autocommit().expect("readable").approvals().list(filter).expect("readable");
        listed.into_iter().map(|application| application.id).collect::<Vec<_>>()
    };
    assert_eq!(ids(all), [doctor.id, hospital.id, labo.id]);
    assert_eq!(ids(ApplicationFilter { limit: 2, ..all }), [doctor.id, hospital.id]);
    assert_eq!(ids(ApplicationFilter { role: Some(Role::Labo), ..all }), [labo.id]);
    assert_eq!(ids(ApplicationFilter { state: Some(ApprovalState::Rejected), ..all }), []);
    let two = ApplicationFilter { limit: 2, ..all };
    assert_eq!(store.autocommit().expect("readable").approvals().count(two), Ok(3));

    let listed = store.autocommit().expect("readable").approvals().list(all).expect("readable");
    assert_eq!(listed[0].email.as_str(), "Doctor@example.com");
    assert_eq!((listed[0].role, listed[0].name.as_str()), (Role::Doctor, "Khalido Koulibaly"));
    assert_eq!((listed[2].role, listed[2].name.as_str()), (Role::Labo, "Fatma Zohra Laboratoire"));
    assert_eq!(listed[0].registered_at, doctor.registered_at);
    assert_eq!(listed[0].approval, Approval::Pending);
}

fn record_decision(store: &dyn ObservableStore) {
    let [_, doctor, ..] = insert_all(store);
    let decision = Decision {
        by: StaffName::parse("ليلى").expect("valid"),
        at: doctor.registered_at + chrono::TimeDelta::days(2),
        reason: Reason::parse("Diplôme vérifié").ok(),
    };
    for approval in [Approval::Approved(decision.clone()), Approval::Rejected(decision)] {
        let mut transaction = store.begin().expect("begun");
        let named = AccountRef::Email(email("DOCTOR@example.com"));
        let found = transaction.approvals().lock(&named).expect("readable");
        transaction.approvals().record(found.expect("found").id, &approval).expect("written");
        transaction.commit().expect("committed");

        let mut repositories = store.autocommit().expect("readable");
        let account = repositories.accounts().find(doctor.id).expect("readable").expect("found");
        assert_eq!(account.approval.as_ref(), Some(&approval));
        let credentials = repositories.passwords().find(&doctor.profile.email).expect("readable");
        assert_eq!(credentials.expect("found").is_approved, account.is_approved());
    }
}
