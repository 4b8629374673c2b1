//! Applications, and the decisions on them.

use chrono::TimeDelta;

use super::{email, insert_all, labo, registered};
use crate::account::{Account, AccountRef};
use crate::approval::{Approval, DeciderName, Decision, Reason};
use crate::ids::RecordId;
use crate::store::Store;
use crate::testing::SequenceRandomness;

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
        by: DeciderName::parse("ليلى").expect("valid"),
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
