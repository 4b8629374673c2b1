//! Applications, and the decisions on them.

use chrono::TimeDelta;

use super::{email, insert, insert_all, labo, registered};
use crate::account::{Account, AccountRef};
use crate::approval::{ApplicationFilter, Approval, Decision};
use crate::ids::{ProfileId, RecordId};
use crate::reason::Reason;
use crate::staff_name::StaffName;
use crate::store::Store;
use crate::testing::SequenceRandomness;

const ALL: ApplicationFilter = ApplicationFilter { role: None, state: None, limit: 100 };

fn ids(store: &dyn Store, filter: ApplicationFilter) -> Vec<ProfileId> {
    let listed = store.autocommit().expect("readable").approvals().list(filter).expect("readable");
    listed.into_iter().map(|application| application.id).collect()
}

pub(super) fn order(store: &dyn Store) {
    // Ids that count up, and a registration time that does not.
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
    let pending = ApplicationFilter { state: Some(crate::approval::ApprovalState::Pending), ..ALL };
    assert_eq!(ids(store, pending), wanted);
}

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

pub(super) fn appended(store: &dyn Store) {
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
        let approvals = transaction.approvals();
        approvals.append(doctor.id, RecordId::generate(at, &randomness), decided).expect("appended");
        approvals.record(doctor.id, decided).expect("written");
        transaction.commit().expect("committed");
        assert_eq!(decisions(doctor.id), all[..count]);
    }
    assert_eq!(decisions(hospital.id), [], "nobody decided on that one");
}
