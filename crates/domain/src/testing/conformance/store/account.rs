//! What every store must do, whatever it keeps its rows in.
//!
//! A test of an adapter runs each of [`CASES`] on a store of its own, which must be empty.

mod approval;
mod change;
mod key;
mod limit;
mod on_record;
mod rotation;
mod session;
mod suspension;

use std::sync::Barrier;

use super::{doctor, email, hospital, labo, patient, registered};
use crate::account::{Account, AccountRef, CarteId, InsertError, Role, UniqueField};
use crate::approval::{ApplicationFilter, Approval, ApprovalState, Decision};
use crate::password::PasswordHash;
use crate::reason::Reason;
use crate::staff_name::StaffName;
use crate::store::Store;

/// A case's name, and what to run on an empty store. It panics where the store is wrong.
pub type Case = (&'static str, fn(&dyn Store));

/// Every case.
pub const CASES: &[Case] = &[
    ("an_account_of_each_role_comes_back_as_it_was_inserted", accounts_come_back),
    ("accounts_are_listed_in_pages_by_their_ids", pages),
    ("an_unknown_id_or_email_is_none_and_no_error", absence_is_no_error),
    ("an_email_is_taken_regardless_of_case", email_taken),
    ("a_card_number_is_taken", carte_id_taken),
    ("a_dropped_transaction_leaves_no_trace", dropped_transaction),
    ("of_two_at_the_same_moment_one_is_inserted", race),
    ("an_update_writes_what_the_holder_may_change_and_nothing_else", change::update),
    ("an_account_is_locked_in_a_live_session_of_its_own_alone", change::lock_in_session),
    ("of_two_changes_at_the_same_moment_both_survive", change::two_changes),
    ("a_session_does_not_end_while_its_account_is_locked", change::session_waits),
    ("credentials_are_found_regardless_of_case", credentials),
    ("a_password_is_replaced_only_if_it_is_still_the_old_one", replace_password),
    ("applications_are_listed_the_longest_waiting_first", list_applications),
    ("a_decision_is_kept_with_who_when_and_why", record_decision),
    ("applications_are_listed_by_their_registration_and_not_by_their_ids", approval::order),
    ("an_application_is_found_by_id_and_by_email", approval::found_by_id_and_email),
    ("decisions_are_appended_and_stay", approval::appended),
    ("an_account_of_another_rule_comes_back_as_it_is_stored", on_record::accounts),
    ("a_session_of_another_rule_comes_back_as_it_is_stored", on_record::sessions),
    ("what_staff_wrote_under_another_rule_comes_back_as_it_is_stored", on_record::staff),
    ("a_suspension_is_kept_with_who_when_and_why_until_it_is_lifted", suspension::suspend_and_lift),
    ("of_two_suspensions_at_the_same_moment_one_is_added", suspension::race),
    ("an_account_comes_with_its_first_session_or_not_at_all", session::first_session),
    ("a_session_comes_back_as_it_was_inserted", session::session_comes_back),
    ("sessions_are_listed_by_their_opening_and_not_by_their_ids", session::order),
    ("a_token_is_replaced_by_its_successor_once", rotation::rotate_once),
    ("a_token_presented_again_in_time_finds_what_the_first_use_found", rotation::rotate_again),
    ("a_token_used_again_long_after_ends_its_session", rotation::reuse),
    ("without_grace_a_token_used_twice_at_once_ends_its_session", rotation::rotate_without_grace),
    ("a_restored_session_takes_any_token_once", rotation::restored),
    ("a_session_is_live_until_it_is_ended_or_expires", session::session_ends),
    ("a_live_session_is_found_by_its_owner_and_id", limit::find_live),
    ("a_session_is_ended_from_a_live_one_of_the_same_account", limit::revoke_as),
    ("a_login_ends_the_oldest_sessions_beyond_the_maximum", limit::oldest_end),
    ("a_login_removes_what_ended_beyond_the_maximum", limit::ended_beyond_maximum),
    ("many_logins_at_the_same_moment_leave_the_maximum", limit::oldest_end_race),
    ("many_tokens_are_replaced_at_once_each_as_if_by_itself", rotation::rotate_many),
    ("of_the_same_uses_taken_up_twice_at_once_each_is_made_once", rotation::rotate_many_race),
    ("a_session_is_not_opened_for_who_knew_what_has_ended", session::insert_unless_revoked),
    ("a_session_is_adopted_once", session::adopt_once),
    ("the_owner_of_a_session_is_locked_with_what_was_decided", session::owner_locked),
    ("sessions_that_were_ended_are_told_with_when_and_why", session::ended_sessions),
    ("a_session_ends_for_any_reason", session::every_end_reason),
    ("sessions_that_are_over_are_removed_and_no_others", session::removal),
    ("a_batch_of_removals_has_at_most_its_limit", session::removal_in_batches),
    ("of_many_removals_at_the_same_moment_each_session_is_in_one", session::removal_race),
    ("of_many_uses_of_a_token_at_the_same_moment_one_replaces_it", rotation::rotation_race),
    ("of_the_uses_of_a_key_the_earliest_beginning_and_the_latest_end_stay", key::record),
    ("a_use_of_a_key_ends_unless_another_service_uses_it_for_longer", key::end),
    ("a_key_has_live_sessions_while_one_lives_that_was_used_in_its_time", key::live_sessions),
];

fn hash() -> PasswordHash {
    PasswordHash::new("$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2g".to_owned())
}

fn insert(store: &dyn Store, account: &Account) -> Result<(), InsertError> {
    let mut transaction = store.begin()?;
    transaction.accounts().insert(account, &hash(), None)?;
    Ok(transaction.commit()?)
}

fn insert_all(store: &dyn Store) -> [Account; 4] {
    let accounts = [
        registered(1, "patient@example.com", patient()),
        registered(2, "Doctor@example.com", doctor()),
        registered(3, "hospital@example.com", hospital()),
        registered(4, "labo@example.com", labo()),
    ];
    for account in &accounts {
        insert(store, account).expect("inserted");
    }
    accounts
}

fn accounts_come_back(store: &dyn Store) {
    for account in insert_all(store) {
        let found = store.autocommit().expect("readable").accounts().find(account.id).expect("readable");
        assert_eq!(found, Some(account));
    }
}

fn pages(store: &dyn Store) {
    let accounts = insert_all(store);
    let page =
        |after, limit| store.autocommit().expect("readable").accounts().page(after, limit).expect("readable");
    assert_eq!(page(None, 100), accounts);
    assert_eq!(page(None, 2), accounts[..2]);
    assert_eq!(page(Some(accounts[1].id), 100), accounts[2..]);
    assert_eq!(page(Some(accounts[3].id), 100), []);
}

fn absence_is_no_error(store: &dyn Store) {
    let nobody = registered(9, "nobody@example.com", patient());
    let mut repositories = store.autocommit().expect("readable");
    assert_eq!(repositories.accounts().find(nobody.id), Ok(None));
    assert!(repositories.passwords().find(&nobody.profile.email).expect("readable").is_none());
    assert_eq!(repositories.approvals().find(&AccountRef::Email(nobody.profile.email)), Ok(None));
}

fn email_taken(store: &dyn Store) {
    insert(store, &registered(1, "amina@example.com", patient())).expect("inserted");
    let mut second = registered(2, "AMINA@Example.com", doctor());
    second.profile.carte_id = CarteId::parse("another").expect("valid");
    assert_eq!(insert(store, &second), Err(InsertError::Taken(UniqueField::Email)));
    assert_eq!(store.autocommit().expect("readable").accounts().find(second.id), Ok(None));
}

fn carte_id_taken(store: &dyn Store) {
    let first = registered(1, "first@example.com", patient());
    insert(store, &first).expect("inserted");
    let mut second = registered(2, "second@example.com", hospital());
    second.profile.carte_id = first.profile.carte_id;
    assert_eq!(insert(store, &second), Err(InsertError::Taken(UniqueField::CarteId)));
    assert_eq!(store.autocommit().expect("readable").accounts().find(second.id), Ok(None));
}

fn dropped_transaction(store: &dyn Store) {
    let account = registered(1, "dropped@example.com", labo());
    let mut transaction = store.begin().expect("begun");
    transaction.accounts().insert(&account, &hash(), None).expect("inserted");
    drop(transaction);
    assert_eq!(store.autocommit().expect("readable").accounts().find(account.id), Ok(None));
    insert(store, &account).expect("the e-mail is free again");
}

fn race(store: &dyn Store) {
    const RUNNERS: u64 = 8;
    let start = Barrier::new(8);
    let outcomes: Vec<_> = std::thread::scope(|scope| {
        let runners: Vec<_> = (1..=RUNNERS)
            .map(|number| {
                let start = &start;
                scope.spawn(move || {
                    start.wait();
                    insert(store, &registered(number, "same@example.com", hospital()))
                })
            })
            .collect();
        runners.into_iter().map(|runner| runner.join().expect("no panic")).collect()
    });
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
    let refused = |outcome: &&Result<(), InsertError>| matches!(outcome, Err(InsertError::Taken(_)));
    assert_eq!(outcomes.iter().filter(refused).count(), 7, "{outcomes:?}");
}

fn credentials(store: &dyn Store) {
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

fn replace_password(store: &dyn Store) {
    let [patient, ..] = insert_all(store);
    let new = PasswordHash::new("$argon2id$v=19$m=16,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2g".to_owned());
    let replace = |old: &PasswordHash| {
        let mut transaction = store.begin().expect("begun");
        let replaced = transaction.passwords().replace(patient.id, old, &new).expect("written");
        transaction.commit().expect("committed");
        replaced
    };
    assert!(replace(&hash()));
    assert!(!replace(&hash()), "the old hash is no longer there");
    let kept =
        store.autocommit().expect("readable").passwords().find(&patient.profile.email).expect("readable");
    assert_eq!(kept.expect("found").password.expose(), new.expose());
}

fn list_applications(store: &dyn Store) {
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

fn record_decision(store: &dyn Store) {
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
