//! Accounts that may belong to the same person or organisation.

use chrono::NaiveDate;
use sihha_domain::account::{
    Account, AccountRef, ArabicPersonName, BirthDate, CarteId, Patient, PersonName, PhoneNumber,
    Registration, RoleDetails,
};
use sihha_domain::search::{DuplicateReason, Duplicates};
use sihha_domain::store::StoreError;
use sihha_domain::testing::{email, hospital, patient};

use crate::context::{TestContext, registration};

/// A patient with these names, date of birth and telephone number, if there is one.
fn person(number: u64, (first, last): (&str, &str), born: &str, telephone: Option<&str>) -> Registration {
    let RoleDetails::Patient(details) = patient() else { unreachable!() };
    let details = Patient {
        first_name: PersonName::parse(first).unwrap(),
        last_name: PersonName::parse(last).unwrap(),
        first_name_ar: None,
        last_name_ar: None,
        ..details
    };
    let mut new = registration(&format!("p{number}@example.com"), RoleDetails::Patient(details));
    let today = NaiveDate::from_ymd_opt(2026, 11, 23).unwrap();
    new.profile.birth_date = Some(BirthDate::parse(born, today).unwrap());
    new.profile.numero_tel = telephone.map(|number| PhoneNumber::parse(number).unwrap());
    new
}

fn register(context: &TestContext, new: Registration) -> Account {
    context.try_register(new).unwrap().account
}

fn reasons_of(found: &Duplicates) -> Vec<(String, Vec<DuplicateReason>)> {
    let possible = found.possible.iter();
    possible.map(|one| (one.found.account.profile.email.to_string(), one.reasons.clone())).collect()
}

fn find(context: &TestContext, account: &Account) -> Vec<(String, Vec<DuplicateReason>)> {
    let found = context.use_cases().find_duplicates.run(&AccountRef::Id(account.id)).unwrap();
    reasons_of(&found.expect("an account"))
}

#[test]
fn the_same_name_in_any_spelling_counts_if_the_dates_of_birth_may_be_the_same() {
    let context = TestContext::new();
    let first = register(&context, person(1, ("Mohamed", "Haddad"), "1942-05-17", None));
    register(&context, person(2, ("Mohammed", "Hadad"), "1942-05-17", None));
    register(&context, person(3, ("محمد", "حداد"), "1942", None));
    register(&context, person(4, ("Mohamed", "Haddad"), "1942-06", None));
    register(&context, person(5, ("Mohamed", "Haddad"), "1943-05-17", None));
    register(&context, person(6, ("Amina", "Benali"), "1942-05-17", None));
    let same = vec![DuplicateReason::NameAndBirthDate];
    let expected = ["p2@example.com", "p3@example.com"].map(|email| (email.to_owned(), same.clone()));
    assert_eq!(find(&context, &first), expected);
}

#[test]
fn a_telephone_number_or_an_identifier_in_another_system_counts() {
    let context = TestContext::new();
    let first = register(&context, person(1, ("Amina", "Benali"), "1990-01-02", Some("0552 98 73 32")));
    let mut second = person(2, ("Karim", "Benali"), "1985-01-02", Some("+213 552987332"));
    second.profile.carte_id = CarteId::parse("109900515").unwrap();
    register(&context, second);
    register(&context, person(3, ("Amina", "Benali"), "1990-01-02", Some("00213552987332")));
    assert_eq!(
        find(&context, &first),
        [
            (
                "p3@example.com".to_owned(),
                vec![DuplicateReason::Telephone, DuplicateReason::NameAndBirthDate]
            ),
            ("p2@example.com".to_owned(), vec![DuplicateReason::Telephone]),
        ],
        "the account with more reasons is first"
    );
}

#[test]
fn a_report_has_each_pair_once() {
    let context = TestContext::new();
    register(&context, person(1, ("Amina", "Benali"), "1990-01-02", None));
    register(&context, person(2, ("Amina", "Ben Ali"), "1990-01-02", None));
    register(&context, person(3, ("Emina", "Benali"), "1990-01-02", None));
    context.register("chu@example.com", hospital());
    let mut pairs = Vec::new();
    let report = context.use_cases().find_duplicates;
    report
        .report(|found| -> Result<(), StoreError> {
            let of = found.of.account.profile.email.to_string();
            pairs.extend(reasons_of(&found).into_iter().map(|(other, _)| (of.clone(), other)));
            Ok(())
        })
        .unwrap();
    let expected = [(1, 2), (1, 3), (2, 3)];
    assert_eq!(pairs, expected.map(|(a, b)| (format!("p{a}@example.com"), format!("p{b}@example.com"))));
}

#[test]
fn an_unknown_account_has_no_report() {
    let context = TestContext::new();
    let found = context.use_cases().find_duplicates.run(&AccountRef::Email(email("nobody@example.com")));
    assert_eq!(found, Ok(None));
}

#[test]
fn an_account_with_names_in_both_scripts_is_compared_by_each() {
    let context = TestContext::new();
    let mut both = person(1, ("Mohamed", "Haddad"), "1942", None);
    let RoleDetails::Patient(details) = &mut both.details else { unreachable!() };
    details.first_name_ar = ArabicPersonName::parse("محمد").ok();
    details.last_name_ar = ArabicPersonName::parse("حداد").ok();
    let first = register(&context, both);
    register(&context, person(2, ("Mohammed", "Hadad"), "1942", None));
    register(&context, person(3, ("محمد", "حداد"), "1942", None));
    let found: Vec<_> = find(&context, &first).into_iter().map(|(email, _)| email).collect();
    assert_eq!(found, ["p2@example.com", "p3@example.com"]);
}
