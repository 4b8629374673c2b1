//! Staff: members, their credentials, and codes that are accepted once.

use std::sync::Barrier;

use chrono::{DateTime, TimeDelta, Utc};

use super::fixture::{ObservableStore, hash, insert_all};
use crate::account::Role;
use crate::ids::StaffId;
use crate::password::PasswordHash;
use crate::place::Wilaya;
use crate::staff::{
    RecoveryCode, Scope, StaffCredentials, StaffMember, StaffRef, StaffRepository, StaffRole,
    StoredSecondFactor,
};
use crate::staff_name::StaffName;
use crate::store::Store;
use crate::testing::conformance::Case;
use crate::testing::{SequenceRandomness, email};

pub(super) const CASES: &[Case<dyn ObservableStore>] = &[
    ("a_member_of_staff_is_read_as_it_was_inserted", insert_and_find),
    ("a_staff_email_is_taken_among_staff_alone", taken_email),
    ("staff_are_listed_in_pages_by_id", pages),
    ("name_role_scope_and_disabling_of_staff_are_updated", update),
    ("staff_credentials_are_found_regardless_of_case", credentials),
    ("a_time_step_is_used_once_and_never_after_a_later_one", steps),
    ("of_simultaneous_uses_of_a_time_step_one_succeeds", simultaneous_steps),
    ("a_recovery_code_is_used_once", recovery_codes),
    ("of_simultaneous_uses_of_a_recovery_code_one_succeeds", simultaneous_recovery),
    ("a_new_second_factor_replaces_all_codes", new_second_factor),
];

pub(super) fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_426_200, 123_456_000).expect("in range")
}

/// Returns a member whose id is derived from `number`.
pub(super) fn member(number: u64, address: &str, role: StaffRole) -> StaffMember {
    StaffMember {
        id: StaffId::generate(now(), &SequenceRandomness::starting_at(number)),
        email: email(address),
        name: StaffName::parse("ليلى Amrani").expect("valid"),
        directorate: StaffName::parse("DSP d'Oran").ok(),
        role,
        scope: Scope {
            wilayas: ["31", "16"].map(|code| Wilaya::parse(code).expect("valid")).into(),
            applicant_roles: vec![Role::Labo, Role::Doctor],
        },
        created_at: now(),
        disabled_at: None,
        last_login_at: None,
    }
}

fn second_factor(number: u64) -> (StoredSecondFactor, Vec<RecoveryCode>) {
    let randomness = SequenceRandomness::starting_at(number);
    let codes: Vec<_> = (0..3).map(|_| RecoveryCode::generate(&randomness)).collect();
    let recovery_codes = codes.iter().map(RecoveryCode::digest).collect();
    (StoredSecondFactor { sealed_secret: vec![1, 0, 255], recovery_codes }, codes)
}

/// Runs `work` in a transaction.
pub(super) fn with<T>(store: &dyn Store, work: impl FnOnce(&mut dyn StaffRepository) -> T) -> T {
    let mut transaction = store.begin().expect("begun");
    let done = work(&mut *transaction.staff());
    transaction.commit().expect("committed");
    done
}

/// Inserts the member with the recovery codes of the number 1.
pub(super) fn insert(store: &dyn Store, member: &StaffMember) -> bool {
    with(store, |staff| staff.insert(member, &hash(), &second_factor(1).0).expect("written"))
}

fn find(store: &dyn Store, member: &StaffRef) -> Option<StaffMember> {
    store.autocommit().expect("open").staff().find(member).expect("readable")
}

/// Returns how many of eight simultaneous calls of `work` return `true`.
fn successes(store: &dyn Store, work: impl Fn(&mut dyn StaffRepository) -> bool + Sync) -> usize {
    let start = Barrier::new(8);
    std::thread::scope(|scope| {
        let run = || {
            start.wait();
            with(store, &work)
        };
        let runners: Vec<_> = (0..8).map(|_| scope.spawn(run)).collect();
        runners.into_iter().map(|runner| runner.join().expect("no panic")).filter(|done| *done).count()
    })
}

fn insert_and_find(store: &dyn ObservableStore) {
    let leila = member(1, "Leila@example.dz", StaffRole::Reviewer);
    let (by_id, by_email) = (StaffRef::Id(leila.id), StaffRef::Email(email("LEILA@example.dz")));
    assert_eq!(find(store, &by_id), None);
    assert_eq!(find(store, &by_email), None);
    assert!(insert(store, &leila));
    assert_eq!(find(store, &by_id), Some(leila.clone()));
    assert_eq!(find(store, &by_email), Some(leila.clone()));
    assert_eq!(with(store, |staff| staff.lock(&by_email)), Ok(Some(leila.clone())));

    let at = now() + TimeDelta::hours(1);
    with(store, |staff| staff.note_login(leila.id, at)).expect("written");
    assert_eq!(find(store, &by_id), Some(StaffMember { last_login_at: Some(at), ..leila }));
}

fn taken_email(store: &dyn ObservableStore) {
    let [patient, ..] = insert_all(store);
    let first = member(1, patient.profile.email.as_str(), StaffRole::Admin);
    assert!(insert(store, &first), "an account's e-mail is free for staff");
    let second = member(2, &first.email.as_str().to_uppercase(), StaffRole::Admin);
    assert!(!insert(store, &second));
    assert_eq!(find(store, &StaffRef::Id(second.id)), None);
    let account = store.autocommit().expect("open").passwords().find(&first.email).expect("readable");
    assert_eq!(account.expect("found").id, patient.id, "the account still logs in");
}

fn pages(store: &dyn ObservableStore) {
    let members = [3, 1, 2].map(|number| {
        let role = if number == 2 { StaffRole::Reviewer } else { StaffRole::Admin };
        member(number, &format!("{number}@example.dz"), role)
    });
    for member in &members {
        assert!(insert(store, member));
    }
    let [third, first, second] = members;
    let page = |after, limit| with(store, |staff| staff.page(after, limit)).expect("readable");
    assert_eq!(page(None, 2), [first.clone(), second.clone()]);
    assert_eq!(page(Some(second.id), 2), std::slice::from_ref(&third));
    assert_eq!(page(Some(third.id), 2), []);

    let admins = || with(store, |staff| staff.enabled_admins()).expect("readable");
    assert_eq!(admins(), [first.id, third.id]);
    let disabled = StaffMember { disabled_at: Some(now()), ..first };
    with(store, |staff| staff.update(&disabled)).expect("written");
    assert_eq!(admins(), [third.id]);
}

fn update(store: &dyn ObservableStore) {
    let reviewer = member(1, "leila@example.dz", StaffRole::Reviewer);
    assert!(insert(store, &reviewer));
    let changed = StaffMember {
        name: StaffName::parse("Leïla").expect("valid"),
        directorate: None,
        role: StaffRole::Admin,
        scope: Scope::default(),
        disabled_at: Some(now()),
        ..reviewer.clone()
    };
    for wanted in [changed, reviewer] {
        with(store, |staff| staff.update(&wanted)).expect("written");
        assert_eq!(find(store, &StaffRef::Id(wanted.id)), Some(wanted));
    }
}

fn credentials(store: &dyn ObservableStore) {
    let leila = member(1, "Leila@example.dz", StaffRole::Reviewer);
    assert!(insert(store, &leila));
    let found = |address| with(store, |staff| staff.credentials(&email(address))).expect("readable");
    assert_eq!(found("nobody@example.dz"), None);
    let expected = StaffCredentials {
        id: leila.id,
        password: hash(),
        sealed_secret: second_factor(1).0.sealed_secret,
        is_enabled: true,
    };
    assert_eq!(found("LEILA@example.dz"), Some(expected.clone()));
    assert_eq!(with(store, |staff| staff.lock_credentials(leila.id)), Ok(Some(expected.clone())));

    let password = PasswordHash::new("$argon2id$v=19$m=16,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2g".to_owned());
    with(store, |staff| staff.set_password(leila.id, &password)).expect("written");
    with(store, |staff| staff.update(&StaffMember { disabled_at: Some(now()), ..leila })).expect("written");
    assert_eq!(found("leila@example.dz"), Some(StaffCredentials { password, is_enabled: false, ..expected }));
}

fn steps(store: &dyn ObservableStore) {
    let [one, other] = [1, 2].map(|number| member(number, &format!("{number}@example.dz"), StaffRole::Admin));
    assert!(insert(store, &one) && insert(store, &other));
    let mut repositories = store.autocommit().expect("open");
    let mut staff = repositories.staff();
    for (id, step, is_used) in [
        (one.id, 59_847_540, true),
        (one.id, 59_847_540, false),
        (one.id, 59_847_539, false),
        (one.id, 59_847_541, true),
        (other.id, 59_847_540, true),
    ] {
        assert_eq!(staff.use_step(id, step), Ok(is_used), "step {step} of {id}");
    }
}

fn simultaneous_steps(store: &dyn ObservableStore) {
    let admin = member(1, "leila@example.dz", StaffRole::Admin);
    assert!(insert(store, &admin));
    assert_eq!(successes(store, |staff| staff.use_step(admin.id, 7).expect("written")), 1);
}

fn recovery_codes(store: &dyn ObservableStore) {
    let [one, other] = [1, 2].map(|number| member(number, &format!("{number}@example.dz"), StaffRole::Admin));
    assert!(insert(store, &one));
    let (another, _) = second_factor(50);
    assert!(with(store, |staff| staff.insert(&other, &hash(), &another).expect("written")));
    let [first, second, third] = second_factor(1).1.try_into().expect("three");
    for (code, is_used) in [(&first, true), (&first, false), (&third, true), (&second, true), (&third, false)]
    {
        let used = with(store, |staff| staff.use_recovery_code(one.id, &code.digest(), now()));
        assert_eq!(used, Ok(is_used), "{}", code.expose());
    }
    let code = &another.recovery_codes[0];
    assert_eq!(with(store, |staff| staff.use_recovery_code(one.id, code, now())), Ok(false), "another's");
    assert_eq!(with(store, |staff| staff.use_recovery_code(other.id, code, now())), Ok(true));
}

fn simultaneous_recovery(store: &dyn ObservableStore) {
    let admin = member(1, "leila@example.dz", StaffRole::Admin);
    assert!(insert(store, &admin));
    let code = second_factor(1).0.recovery_codes[0];
    let used =
        |staff: &mut dyn StaffRepository| staff.use_recovery_code(admin.id, &code, now()).expect("written");
    assert_eq!(successes(store, used), 1);
}

fn new_second_factor(store: &dyn ObservableStore) {
    let admin = member(1, "leila@example.dz", StaffRole::Admin);
    assert!(insert(store, &admin));
    assert_eq!(with(store, |staff| staff.use_step(admin.id, 7)), Ok(true));
    let new = StoredSecondFactor { sealed_secret: vec![2], ..second_factor(50).0 };
    with(store, |staff| staff.set_second_factor(admin.id, &new)).expect("written");

    let stored = with(store, |staff| staff.lock_credentials(admin.id)).expect("readable");
    assert_eq!(stored.expect("found").sealed_secret, new.sealed_secret);
    assert_eq!(with(store, |staff| staff.use_step(admin.id, 7)), Ok(true), "a step of another secret");
    let old = second_factor(1).0.recovery_codes;
    for (code, is_used) in [(&old[0], false), (&new.recovery_codes[0], true)] {
        assert_eq!(with(store, |staff| staff.use_recovery_code(admin.id, code, now())), Ok(is_used));
    }
}
