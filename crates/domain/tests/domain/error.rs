use sihha_domain::{Error, UniqueField};

#[test]
fn a_value_that_is_taken_goes_by_the_fields_name_in_the_contract() {
    for (field, name) in [(UniqueField::Email, "email"), (UniqueField::CarteId, "carte_id")] {
        assert_eq!(field.name(), name);
        assert_eq!(Error::Taken(field).to_string(), format!("{name} is already taken"));
    }
}
