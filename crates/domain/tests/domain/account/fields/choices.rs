use sihha_domain::FieldError;
use sihha_domain::account::{BloodType, FacilityType, Gender};

#[test]
fn the_eight_blood_types_of_the_contract_are_accepted() {
    for text in ["A+", "A-", "B+", "B-", "AB+", "AB-", "O+", "O-"] {
        assert_eq!(BloodType::parse(text).unwrap().as_str(), text);
        assert_eq!(BloodType::parse(&format!(" {text}\n")), BloodType::parse(text));
    }
}

#[test]
fn any_other_blood_type_is_rejected() {
    for text in ["A", "+", "AB", "o+", "O +", "0+", "O−", "O+-", "C+", "A+,B+"] {
        let outcome = BloodType::parse(text);
        assert!(matches!(outcome, Err(FieldError::UnknownChoice { .. })), "{text}: {outcome:?}");
    }
    assert_eq!(BloodType::parse(" "), Err(FieldError::Required));
}

#[test]
fn the_two_genders_of_the_contract_are_accepted() {
    for text in ["Male", "Female"] {
        assert_eq!(Gender::parse(text).unwrap().as_str(), text);
        assert_eq!(Gender::parse(&format!("\t{text} ")), Gender::parse(text));
    }
}

#[test]
fn any_other_gender_is_rejected() {
    for text in ["male", "FEMALE", "M", "F", "Homme", "أنثى", "MaleFemale"] {
        let outcome = Gender::parse(text);
        assert!(matches!(outcome, Err(FieldError::UnknownChoice { .. })), "{text}: {outcome:?}");
    }
    assert_eq!(Gender::parse(""), Err(FieldError::Required));
}

#[test]
fn only_the_listed_kinds_of_facilities_are_accepted() {
    for text in FacilityType::ALL {
        assert_eq!(FacilityType::parse(&format!(" {text}\n")).unwrap().as_str(), *text);
    }
    for text in ["CHU", "hôpital", "chu eph", "salle de soins"] {
        let outcome = FacilityType::parse(text);
        assert!(matches!(outcome, Err(FieldError::UnknownChoice { .. })), "{text}: {outcome:?}");
    }
}
