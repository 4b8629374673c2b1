//! Applications.

use chrono::{DateTime, TimeDelta, Utc};

use super::fixture::{ObservableStore, application, change, insert_all, member};
use crate::account::{Account, AccountRef, Fact, FactValue, PendingChanges};
use crate::approval::{
    Application, ApplicationClaim, Approval, ApprovalState, ChangeRequest, Decision, RejectionReason,
};
use crate::ids::ProfileId;
use crate::reason::Reason;
use crate::store::Store;
use crate::testing::conformance::Case;
use crate::testing::{email, labo, registered};

pub(super) const CASES: &[Case<dyn ObservableStore>] = &[
    ("an_application_is_submitted_with_its_account", submitted),
    ("an_application_is_found_by_id_and_by_email", found_by_id_and_email),
    ("everything_about_an_application_is_stored", saved),
    ("a_decision_is_stored_with_author_time_and_reason", decided),
    ("held_decisions_are_due_at_their_time", due),
    ("applications_are_counted_for_duplicates_oldest_first", uncounted),
    ("the_second_of_two_simultaneous_changes_sees_the_first_application", two_changes),
];

fn submitted(store: &dyn ObservableStore) {
    let [_, doctor, ..] = insert_all(store);
    let expected = Application {
        account: doctor.clone(),
        state: ApprovalState::Pending,
        submitted_at: doctor.registered_at,
        resubmitted_at: None,
        effective_at: None,
        claim: None,
        possible_duplicates: None,
    };
    assert_eq!(application(store, doctor.id), expected);
}

fn found_by_id_and_email(store: &dyn ObservableStore) {
    let [patient, accounts @ ..] = insert_all(store);
    let find = |named: &AccountRef| {
        let found = store.autocommit().expect("readable").approvals().find(named).expect("readable");
        let mut transaction = store.begin().expect("begun");
        let locked = transaction.approvals().lock(named).expect("readable");
        assert_eq!(found, locked);
        found.map(|application| application.account.id)
    };
    for Account { id, profile, .. } in &accounts {
        let upper = AccountRef::Email(email(&profile.email.as_str().to_uppercase()));
        assert_eq!((find(&AccountRef::Id(*id)), find(&upper)), (Some(*id), Some(*id)));
    }
    assert_eq!(find(&AccountRef::Id(patient.id)), None, "a patient has no application");
    assert_eq!(find(&AccountRef::Email(patient.profile.email)), None);
    assert_eq!(find(&AccountRef::Id(registered(9, "nobody@example.com", labo()).id)), None);
    let ids: Vec<ProfileId> = accounts.iter().map(|account| account.id).collect();
    let mut read = store
        .autocommit()
        .expect("readable")
        .approvals()
        .read(&[&ids[..], &[patient.id]].concat())
        .expect("readable");
    read.sort_by_key(|application| application.account.id);
    assert_eq!(read.into_iter().map(|application| application.account).collect::<Vec<_>>(), accounts);
}

/// Saves the application of `id` after `edit`, and returns it as it is read afterwards.
fn save(store: &dyn Store, id: ProfileId, edit: impl FnOnce(&mut Application)) -> Application {
    let saved = change(store, id, edit);
    assert_eq!(application(store, id), saved);
    saved
}

fn reason(text: &str) -> Reason {
    Reason::parse(text).expect("valid")
}

fn decision(at: DateTime<Utc>) -> Decision {
    Decision { by: member(1).name, at, reason: Some(reason("Diplôme vérifié\nدبلوم")), code: None }
}

fn saved(store: &dyn ObservableStore) {
    let [_, doctor, hospital, labo] = insert_all(store);
    let at = doctor.registered_at + TimeDelta::days(2);
    save(store, doctor.id, |application| {
        application.submitted_at = at;
        application.resubmitted_at = Some(at);
        application.state = ApprovalState::Rejected;
        application.effective_at = Some(at + TimeDelta::seconds(60));
        application.claim = Some(ApplicationClaim { by: member(1), until: at });
    });
    save(store, doctor.id, |application| {
        (application.resubmitted_at, application.effective_at, application.claim) = (None, None, None);
        application.state = ApprovalState::ChangesRequested;
        application.account.approval = Some(Approval::ChangesRequested(ChangeRequest {
            at,
            message: reason("Une photo de la carte,\nرجاءً"),
            fields: vec![Fact::CarteId, Fact::IsPrivee],
        }));
    });
    save(store, doctor.id, |application| {
        application.state = ApprovalState::Pending;
        application.account.approval = Some(Approval::Pending);
        application.claim = Some(ApplicationClaim { by: member(2), until: at });
    });
    let wanted =
        [(Fact::Specialite, Some(FactValue::Text("Neurologie".to_owned()))), (Fact::FirstNameAr, None)];
    save(store, doctor.id, |application| {
        application.state = ApprovalState::ChangesPending;
        application.account.approval = Some(Approval::Approved(decision(at)));
        application.account.pending_changes = PendingChanges::on_record(wanted);
    });
    save(store, doctor.id, |application| {
        application.state = ApprovalState::Approved;
        application.account.pending_changes = None;
    });
    for other in [hospital, labo] {
        assert_eq!(application(store, other.id).account, other, "it was not changed");
    }
}

fn decided(store: &dyn ObservableStore) {
    let [_, doctor, ..] = insert_all(store);
    let at = doctor.registered_at + TimeDelta::days(2);
    let code = RejectionReason::parse("not_in_register").ok();
    for (state, approval) in [
        (ApprovalState::Approved, Approval::Approved(decision(at))),
        (ApprovalState::Rejected, Approval::Rejected(decision(at))),
        (ApprovalState::Approved, Approval::Approved(Decision { reason: None, ..decision(at) })),
        (ApprovalState::Rejected, Approval::Rejected(Decision { reason: None, code, ..decision(at) })),
        (ApprovalState::Pending, Approval::Pending),
    ] {
        save(store, doctor.id, |application| {
            (application.state, application.account.approval) = (state, Some(approval.clone()));
        });
        let mut repositories = store.autocommit().expect("readable");
        let account = repositories.accounts().find(doctor.id).expect("readable").expect("found");
        assert_eq!(account.approval.as_ref(), Some(&approval));
        let credentials = repositories.passwords().find(&doctor.profile.email).expect("readable");
        assert_eq!(credentials.expect("found").is_approved, account.is_approved());
    }
}

fn due(store: &dyn ObservableStore) {
    let [_, doctor, hospital, labo] = insert_all(store);
    let at = doctor.registered_at;
    for (account, seconds) in [(&doctor, 10), (&hospital, 20)] {
        save(store, account.id, |application| {
            application.state = ApprovalState::Approved;
            application.effective_at = Some(at + TimeDelta::seconds(seconds));
        });
    }
    save(store, labo.id, |application| application.state = ApprovalState::Rejected);
    let due = |seconds, limit| {
        let now = at + TimeDelta::seconds(seconds);
        let mut due = store.autocommit().expect("open").approvals().due(now, limit).expect("readable");
        due.sort_unstable();
        due
    };
    assert_eq!(due(9, 100), []);
    assert_eq!(due(10, 100), [doctor.id]);
    assert_eq!(due(20, 100), [doctor.id, hospital.id]);
    assert_eq!(due(20, 1).len(), 1);
}

fn uncounted(store: &dyn ObservableStore) {
    let [_, doctor, hospital, labo] = insert_all(store);
    let (at, later) = (doctor.registered_at, doctor.registered_at + TimeDelta::days(1));
    let uncounted = |limit| store.autocommit().expect("open").approvals().uncounted(limit).expect("readable");
    let count = |id, number, submitted_at| {
        let mut repositories = store.autocommit().expect("open");
        repositories.approvals().set_possible_duplicates(id, number, submitted_at).expect("written");
    };
    assert_eq!(uncounted(100), [doctor.id, hospital.id, labo.id]);
    assert_eq!(uncounted(2), [doctor.id, hospital.id]);
    count(doctor.id, 3, at);
    count(hospital.id, 0, at);
    assert_eq!(application(store, doctor.id).possible_duplicates, Some(3));
    assert_eq!(application(store, hospital.id).possible_duplicates, Some(0));
    assert_eq!(uncounted(100), [labo.id]);

    save(store, labo.id, |application| application.resubmitted_at = Some(later));
    count(labo.id, 1, at);
    assert_eq!(application(store, labo.id).possible_duplicates, None, "it was submitted again since");
    count(labo.id, 2, later);
    assert_eq!(application(store, labo.id).possible_duplicates, Some(2));
    save(store, doctor.id, |application| application.possible_duplicates = None);
    assert_eq!(uncounted(100), [doctor.id]);
}

fn two_changes(store: &dyn ObservableStore) {
    let [_, doctor, ..] = insert_all(store);
    let named = AccountRef::Id(doctor.id);
    let mut first = store.begin().expect("begun");
    let mut locked = first.approvals().lock(&named).expect("readable").expect("found");
    std::thread::scope(|scope| {
        let second = scope.spawn(|| {
            let mut second = store.begin().expect("begun");
            second.approvals().lock(&named).expect("readable").expect("found").state
        });
        store.wait_until_blocked();
        locked.state = ApprovalState::Rejected;
        locked.effective_at = Some(doctor.registered_at);
        first.approvals().save(&locked).expect("saved");
        first.commit().expect("committed");
        assert_eq!(second.join().expect("no panic"), ApprovalState::Rejected);
    });
}
