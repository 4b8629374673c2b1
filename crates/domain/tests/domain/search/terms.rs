//! What is stored of an account for the search.

use proptest::prelude::*;
use sihha_domain::account::{Account, OrganisationName, PhoneNumber, RoleDetails};
use sihha_domain::ids::ProfileId;
use sihha_domain::search::{NameKey, SearchTerms};
use sihha_domain::testing::{doctor, hospital, labo, patient, registered};

fn account(details: RoleDetails) -> Account {
    registered(1, "amina@example.com", details)
}

#[test]
fn an_account_has_terms_of_its_names_telephones_and_role() {
    for (details, names, role) in [
        (patient(), &["Amna", "BENABADJI"][..], "role:user"),
        (doctor(), &["Koulibaly", "خاليدو"], "role:doctor"),
        (hospital(), &["مستشفى", "Bab el Oued"], "role:hospital"),
        (labo(), &["laboratoire", "Fatima Zahra"], "role:labo"),
    ] {
        let terms = SearchTerms::of(&account(details.clone()));
        assert!(terms.contains(&role.to_owned()), "{terms:?}");
        let exact = NameKey::new(&account(details.clone()).details.names()).exact_keys();
        assert_eq!(terms[..exact.len()], exact, "in the order of the words");
        assert!(terms.contains(&"tel:213552987332".to_owned()), "{terms:?}");
        for name in names {
            let sets = NameKey::new(&[name]).alternatives();
            assert!(sets.iter().any(|set| set.iter().all(|key| terms.contains(key))), "{name}: {terms:?}");
        }
    }
}

#[test]
fn an_organisation_has_the_terms_of_both_its_telephones() {
    let terms = SearchTerms::of(&account(hospital()));
    assert!(terms.contains(&"tel:21321960606".to_owned()), "{terms:?}");
    let emergencies = terms.iter().filter(|term| term.ends_with("5555555")).count();
    assert_eq!(emergencies, 0, "these are numbers of other people");
}

#[test]
fn some_accounts_have_all_terms_of_the_sample_too() {
    let terms = |number| {
        let mut account = account(patient());
        account.id = ProfileId::from_uuid(uuid::Uuid::from_u128(number));
        SearchTerms::of(&account)
    };
    let (sampled, other) = (terms(640), terms(641));
    let in_sample: Vec<_> = other.iter().map(|term| SearchTerms::in_sample(term)).collect();
    assert_eq!(sampled, [other, in_sample].concat());
}

#[test]
fn a_number_without_digits_has_no_term() {
    let mut account = account(patient());
    account.profile.numero_tel = Some(PhoneNumber::on_record("néant".into()));
    assert!(!SearchTerms::of(&account).iter().any(|term| term.starts_with("tel:")));
}

proptest! {
    #[test]
    fn no_name_has_the_term_of_a_role_or_a_telephone(name in ".{0,60}") {
        let mut account = account(labo());
        let RoleDetails::Labo(labo) = &mut account.details else { unreachable!() };
        labo.name = OrganisationName::on_record(name);
        let terms = SearchTerms::of(&account);
        let others: Vec<_> = terms.iter().filter(|term| term.contains(':')).collect();
        prop_assert_eq!(others, ["role:labo", "wilaya:16", "tel:213552987332"]);
        prop_assert!(terms.iter().all(|term| !term.contains(char::is_whitespace) && !term.is_empty()));
    }
}
