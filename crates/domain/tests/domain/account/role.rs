use std::collections::BTreeSet;

use sihha_domain::account::Role;
use sihha_domain::testing::{doctor, hospital, labo, patient};

#[test]
fn roles_have_their_names_in_the_contract() {
    let words = Role::ALL.map(|role| (role.as_str(), role.flag()));
    let contract =
        [("user", "isPatient"), ("doctor", "isDoctor"), ("hospital", "isHospital"), ("labo", "isLabo")];
    assert_eq!(words, contract);
}

#[test]
fn a_role_is_read_only_from_its_exact_name() {
    for role in Role::ALL {
        assert_eq!(Role::parse(role.as_str()), Some(role));
    }
    for other in ["", "patient", "Doctor", "hospital ", "staff", "isLabo"] {
        assert_eq!(Role::parse(other), None, "{other}");
    }
}

#[test]
fn each_kind_of_details_belongs_to_one_role() {
    let roles = [patient(), doctor(), hospital(), labo()].map(|details| details.role());
    assert_eq!(roles, Role::ALL);
    let words: BTreeSet<_> = roles.map(Role::as_str).into();
    assert_eq!(words.len(), roles.len());
}

#[test]
fn only_a_patient_needs_no_approval() {
    assert_eq!(Role::ALL.map(Role::needs_approval), [false, true, true, true]);
}

#[test]
fn the_display_name_of_an_organisation_has_the_last_name_that_front_ends_expect() {
    assert_eq!(patient().display_name(), ("آمنة", "Bénabadji"));
    assert_eq!(doctor().display_name(), ("Khalido", "Koulibaly"));
    assert_eq!(hospital().display_name(), ("مستشفى باب الوادي", "Hospital Profile"));
    assert_eq!(labo().display_name(), ("Fatma Zohra Laboratoire", "Labo Profile"));
}
