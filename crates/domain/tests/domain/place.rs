use std::collections::BTreeSet;

use proptest::prelude::*;
use sihha_domain::FieldError;
use sihha_domain::place::{Commune, CommuneEntry, Place, Wilaya};

fn place(wilaya: Option<&str>, commune: Option<&str>) -> Result<Option<Place>, FieldError> {
    Place::new(wilaya.map(Wilaya::parse).transpose()?, commune.map(Commune::parse).transpose()?)
}

#[test]
fn the_lists_have_every_wilaya_and_commune_once_in_order() {
    let wilayas = Wilaya::codes();
    assert_eq!((wilayas.len(), wilayas.first(), wilayas.last()), (69, Some(&"01"), Some(&"69")));
    assert!(wilayas.is_sorted());
    let communes = Commune::entries();
    assert_eq!(communes.len(), 1541);
    assert!(communes.is_sorted_by_key(|commune| (commune.wilaya, commune.entry.code)));
    let codes: BTreeSet<_> = communes.iter().map(|commune| commune.entry.code).collect();
    assert_eq!(codes.len(), communes.len(), "no code is listed twice");
    let inhabited: BTreeSet<_> = communes.iter().map(|commune| commune.wilaya).collect();
    assert!(inhabited.iter().eq(wilayas), "every wilaya has communes, and no commune has another wilaya");
}

#[test]
fn a_commune_implies_its_wilaya() {
    for CommuneEntry { wilaya, entry } in Commune::entries() {
        let implied = place(None, Some(entry.code)).unwrap().unwrap();
        assert_eq!(implied.wilaya().as_str(), *wilaya, "{}", entry.code);
        assert_eq!(place(Some(wilaya), Some(entry.code)), Ok(Some(implied)));
    }
}

#[test]
fn a_wilaya_needs_no_commune_and_nothing_is_no_place() {
    assert_eq!(place(Some("16"), None).unwrap().unwrap().commune(), None);
    assert_eq!(place(None, None), Ok(None));
}

#[test]
fn a_commune_of_another_wilaya_is_refused() {
    assert_eq!(place(Some("31"), Some("1621")), Err(FieldError::OtherWilaya { wilaya: "16" }));
    // Charouine was in the wilaya of Adrar until loi 19-12.
    assert_eq!(place(Some("01"), Some("0103")), Err(FieldError::OtherWilaya { wilaya: "49" }));
}

#[test]
fn a_code_that_only_another_release_knows_is_read_as_it_is_stored() {
    let commune = Commune::on_record("7001".to_owned());
    assert_eq!(commune.wilaya(), None);
    let stored = Place::on_record(Wilaya::on_record("70".to_owned()), Some(commune.clone()));
    assert_eq!((stored.wilaya().as_str(), stored.commune()), ("70", Some(&commune)));
}

proptest! {
    #[test]
    fn only_listed_codes_are_accepted(text in "[ 0-9٠-٩A-Za-z]{0,5}") {
        let code = text.trim();
        prop_assert_eq!(Wilaya::parse(&text).is_ok(), Wilaya::codes().contains(&code));
        let is_listed = Commune::entries().iter().any(|commune| commune.entry.code == code);
        prop_assert_eq!(Commune::parse(&text).is_ok(), is_listed);
    }
}
