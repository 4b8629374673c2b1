use std::collections::BTreeSet;

use sihha_domain::account::Role;
use sihha_domain::testing::{doctor, hospital, labo, patient};

#[test]
fn roles_go_by_the_words_of_the_contract() {
    let words = Role::ALL.map(|role| (role.as_str(), role.flag()));
    let contract =
        [("user", "isPatient"), ("doctor", "isDoctor"), ("hospital", "isHospital"), ("labo", "isLabo")];
    assert_eq!(words, contract);
}

#[test]
fn a_role_is_read_from_its_own_word_alone() {
    for role in Role::ALL {
        assert_eq!(Role::parse(role.as_str()), Some(role));
    }
    for other in ["", "patient", "Doctor", "hospital ", "staff", "isLabo"] {
        assert_eq!(Role::parse(other), None, "{other}");
    }
}

#[test]
fn each_holder_is_of_a_role_of_its_own() {
    let roles = [patient(), doctor(), hospital(), labo()].map(|details| details.role());
    assert_eq!(roles, Role::ALL);
    let words: BTreeSet<_> = roles.map(Role::as_str).into();
    assert_eq!(words.len(), roles.len());
}

#[test]
fn only_a_patient_waits_for_nobody() {
    assert_eq!(Role::ALL.map(Role::needs_approval), [false, true, true, true]);
}

#[test]
fn organisations_show_their_name_and_the_last_name_that_front_ends_know() {
    assert_eq!(patient().display_name(), ("آمنة", "Bénabadji"));
    assert_eq!(doctor().display_name(), ("Khalido", "Koulibaly"));
    assert_eq!(hospital().display_name(), ("مستشفى باب الوادي", "Hospital Profile"));
    assert_eq!(labo().display_name(), ("Fatma Zohra Laboratoire", "Labo Profile"));
}
