use std::collections::BTreeSet;

use sihha_domain::account::{FacilityType, Specialite};
use sihha_domain::place::{Commune, Wilaya};
use sihha_domain::reference::Entry;
use unicode_normalization::is_nfc;

fn lists() -> [Vec<Entry>; 4] {
    let communes = Commune::entries().iter().map(|commune| commune.entry);
    [
        Wilaya::entries().into(),
        communes.collect(),
        FacilityType::entries().into(),
        Specialite::entries().into(),
    ]
}

#[test]
fn every_entry_has_names_in_the_scripts_of_their_languages() {
    let is_arabic = |c: char| matches!(c, '\u{600}'..='\u{6ff}');
    for entry in lists().into_iter().flatten() {
        let labels = entry.labels;
        assert!(labels.ar.chars().any(is_arabic), "{entry:?}");
        for name in [labels.fr, labels.en] {
            assert!(name.starts_with(char::is_uppercase) && !name.contains(is_arabic), "{entry:?}");
        }
        for name in [labels.ar, labels.fr, labels.en] {
            assert!(is_nfc(name) && name.trim() == name, "{entry:?}");
        }
    }
}

#[test]
fn no_name_is_used_twice_in_a_list_without_places() {
    for list in lists().into_iter().skip(2) {
        let names = |name: fn(&Entry) -> &'static str| list.iter().map(name).collect::<BTreeSet<_>>().len();
        let [ar, fr, en] = [names(|e| e.labels.ar), names(|e| e.labels.fr), names(|e| e.labels.en)];
        assert_eq!([ar, fr, en], [list.len(); 3]);
    }
}

#[test]
fn the_french_name_of_a_speciality_is_read_as_its_code() {
    for entry in Specialite::entries().iter().filter(|entry| entry.code != "GENERALISTE") {
        assert_eq!(Specialite::parse(entry.labels.fr).unwrap().as_str(), entry.code);
    }
}
