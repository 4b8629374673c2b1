//! The use cases of the search.

use sihha_domain::account::{AccountRef, OrganisationName, Patient, PersonName, Role, RoleDetails};
use sihha_domain::search::{AccountState, SearchFilter, SearchMatch, SearchQuery};
use sihha_domain::suspension::SuspensionRequest;
use sihha_domain::testing::{email, hospital, labo, patient};

use crate::context::{TestContext, reason};

fn person(first_name: &str, last_name: &str) -> RoleDetails {
    RoleDetails::Patient(Patient {
        first_name: PersonName::parse(first_name).unwrap(),
        last_name: PersonName::parse(last_name).unwrap(),
        ..match patient() {
            RoleDetails::Patient(patient) => patient,
            _ => unreachable!(),
        }
    })
}

fn context(names: &[(&str, &str)]) -> TestContext {
    let context = TestContext::new();
    for (number, (first, last)) in names.iter().enumerate() {
        context.register(&format!("p{number}@example.com"), person(first, last));
    }
    context
}

fn find(context: &TestContext, query: &str) -> Vec<SearchMatch> {
    let query = SearchQuery::parse(query);
    context.use_cases().search_accounts.run(&query, &SearchFilter::default(), None, 10).unwrap()
}

fn names(matches: &[SearchMatch]) -> Vec<String> {
    matches.iter().map(|found| found.found.account.details.name()).collect()
}

#[test]
fn names_are_found_in_any_spelling_and_order_best_first() {
    let context = context(&[
        ("Mohammed", "Hadad"),
        ("Mohamed", "Haddad"),
        ("محمد", "حداد"),
        ("Mohamed", "Hadji"),
        ("Mahmoud", "Haddadi"),
        ("Amina", "Benali"),
    ]);
    let found = find(&context, "haddad MOHAMED");
    assert_eq!(names(&found)[..1], ["Mohamed Haddad"]);
    assert!((found[0].score.value() - 1.0).abs() < f64::EPSILON);
    assert!(found.is_sorted_by(|one, next| one.score >= next.score));
    let mut near = names(&found)[1..3].to_vec();
    near.sort();
    assert_eq!(near, ["Mohammed Hadad", "محمد حداد"]);
    assert!(!names(&found).contains(&"Amina Benali".to_owned()));
    assert_eq!(names(&find(&context, "حداد محمد"))[0], "محمد حداد");
}

#[test]
fn names_that_share_a_key_do_not_share_a_rank() {
    let context = context(&[("Hamdi", "Kaci"), ("Ahmed", "Kaci")]);
    assert_eq!(names(&find(&context, "Ahmed Kaci"))[0], "Ahmed Kaci");
    assert_eq!(names(&find(&context, "أحمد قاسي"))[0], "Ahmed Kaci");
}

#[test]
fn an_account_is_found_by_email_telephone_card_and_id() {
    let context = context(&[("Amina", "Benali"), ("Samir", "Kaci")]);
    let account = context.register("card@example.com", hospital()).account;
    for query in ["card@", "CARD@example.com", "021 96 06 06", "+213 21 96 06 06", &account.id.to_string()] {
        let found = find(&context, query);
        assert_eq!(found.len(), 1, "{query}");
        assert_eq!(found[0].found.account.id, account.id, "{query}");
    }
    assert!((find(&context, "card@example.com")[0].score.value() - 1.0).abs() < f64::EPSILON);
    assert!(find(&context, "card@")[0].score.value() < 0.5);
    assert_eq!(find(&context, "0198c0de-0000-7000-8000-000000000001"), []);
}

#[test]
fn a_search_and_a_list_are_filtered_by_role_and_state() {
    let context = context(&[("Fatma", "Zohra")]);
    let labo = context.register("labo@example.com", labo()).account;
    let run = |role: Option<Role>, state| {
        let query = SearchQuery::parse("Fatma Zohra");
        let filter = SearchFilter { roles: role.into_iter().collect(), state, wilayas: Vec::new() };
        let found = context.use_cases().search_accounts.run(&query, &filter, None, 10).unwrap();
        let listed = context.use_cases().browse_accounts.run(&filter, None, 10).unwrap();
        let mut found: Vec<_> = found.into_iter().map(|found| found.found).collect();
        found.sort_unstable_by_key(|found| found.account.id);
        assert_eq!(found, listed);
        found.iter().map(|found| found.account.role()).collect::<Vec<_>>()
    };
    assert_eq!(run(None, None), [Role::Patient, Role::Labo]);
    assert_eq!(run(Some(Role::Labo), None), [Role::Labo]);
    assert_eq!(run(None, Some(AccountState::Pending)), [Role::Labo]);
    context.approve(&labo);
    assert_eq!(run(None, Some(AccountState::Pending)), []);
    assert_eq!(run(None, Some(AccountState::Approved)), [Role::Labo]);
    suspend(&context, "labo@example.com");
    assert_eq!(run(None, Some(AccountState::Approved)), []);
    assert_eq!(run(None, Some(AccountState::Suspended)), [Role::Labo]);
    assert_eq!(run(None, Some(AccountState::Active)), [Role::Patient]);
}

fn suspend(context: &TestContext, address: &str) {
    let request = SuspensionRequest {
        account: AccountRef::Email(email(address)),
        by: sihha_domain::staff_name::StaffName::parse("Leïla").unwrap(),
    };
    context.use_cases().suspend.run(&request, &reason("compte volé")).unwrap();
}

#[test]
fn pages_of_matches_have_each_match_once() {
    let context = context(&[("Amina", "Kaci"); 5]);
    context.register("other@example.com", person("Amina", "Kassi"));
    let search = context.use_cases().search_accounts;
    let query = SearchQuery::parse("Amina Kaci");
    let (mut after, mut all) = (None, Vec::new());
    loop {
        let page = search.run(&query, &SearchFilter::default(), after, 2).unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.cursor());
        all.extend(page);
    }
    assert_eq!(all.len(), 6);
    assert!(all.is_sorted_by(|one, next| one.score > next.score
        || (one.score == next.score && one.found.account.id < next.found.account.id)));
    assert_eq!(names(&all)[5], "Amina Kassi");
}

#[test]
fn an_organisation_is_found_by_words_of_its_name() {
    let context = TestContext::new();
    let RoleDetails::Hospital(mut chu) = hospital() else { unreachable!() };
    chu.name = OrganisationName::parse("Centre hospitalo-universitaire d'Oran").unwrap();
    context.register("chu@example.com", RoleDetails::Hospital(chu));
    assert_eq!(find(&context, "oran hospitalo").len(), 1);
    assert_eq!(find(&context, "hospitalo constantine"), []);
}

#[test]
fn an_account_is_shown_with_its_history() {
    let (context, [patient, doctor, ..]) = TestContext::with_all_roles();
    let show = |account| context.use_cases().show_account.run(&account).unwrap();
    assert_eq!(show(AccountRef::Email(email("nobody@example.com"))), None);
    let record = show(AccountRef::Id(patient.id)).unwrap();
    assert_eq!((record.events.len(), record.suspensions.len()), (0, 0));
    assert_eq!(record.found.account, patient);
    context.approve(&doctor);
    suspend(&context, "doctor@example.com");
    let record = show(AccountRef::Email(email("DOCTOR@example.com"))).unwrap();
    assert_eq!((record.events.len(), record.suspensions.len()), (1, 1));
    assert_eq!(record.found.state(), AccountState::Suspended);
    assert_eq!(show(AccountRef::Id("0198c0de-0000-7000-8000-000000000001".parse().unwrap())), None);
}
