use std::collections::BTreeSet;
use std::iter::successors;

use sihha_domain::account::{AccountError, UniqueField};
use sihha_domain::{FieldError, FieldErrors};

/// Returns the field error that follows `error`. A new variant does not compile until it is listed here.
fn next(error: &FieldError) -> Option<FieldError> {
    Some(match error {
        FieldError::Required => FieldError::WrongType { expected: "a string" },
        FieldError::WrongType { .. } => FieldError::TooShort { min: 8 },
        FieldError::TooShort { .. } => FieldError::TooLong { max: 128 },
        FieldError::TooLong { .. } => FieldError::TooMany { max: 10 },
        FieldError::TooMany { .. } => FieldError::ControlCharacter,
        FieldError::ControlCharacter => FieldError::Malformed { expected: "a telephone number" },
        FieldError::Malformed { .. } => FieldError::InFuture,
        FieldError::InFuture => FieldError::TooLongAgo { years: 150 },
        FieldError::TooLongAgo { .. } => FieldError::UnknownChoice { expected: "Male or Female" },
        FieldError::UnknownChoice { .. } => FieldError::Wrong,
        FieldError::Wrong => FieldError::ReadOnly,
        FieldError::ReadOnly => FieldError::Taken,
        FieldError::Taken => return None,
    })
}

fn every_field_error() -> Vec<FieldError> {
    successors(Some(FieldError::Required), next).collect()
}

#[test]
fn each_field_error_has_its_own_code() {
    let errors = every_field_error();
    let codes: BTreeSet<_> = errors.iter().map(FieldError::code).collect();
    assert_eq!(codes.len(), errors.len(), "{codes:?}");
}

#[test]
fn codes_of_field_errors_are_snake_case() {
    for code in every_field_error().iter().map(FieldError::code) {
        let words_of_letters =
            code.split('_').all(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase()));
        assert!(words_of_letters, "{code}");
    }
}

#[test]
fn the_message_of_a_field_error_is_a_sentence_that_names_the_limit_or_the_choices() {
    for error in every_field_error() {
        let text = error.to_string();
        assert!(text.starts_with(char::is_uppercase) && text.ends_with('.'), "{text}");
    }
    assert_eq!(FieldError::TooShort { min: 8 }.to_string(), "Must have at least 8 characters.");
    assert_eq!(FieldError::TooLong { max: 128 }.to_string(), "Must have at most 128 characters.");
    assert_eq!(
        FieldError::UnknownChoice { expected: "Male or Female" }.to_string(),
        "Must be Male or Female."
    );
}

#[test]
fn the_errors_of_a_request_are_grouped_by_path() {
    let mut errors = FieldErrors::default();
    assert!(errors.is_empty());
    errors.add("profile.email", FieldError::Taken);
    errors.add("name", FieldError::TooLong { max: 200 });
    errors.add("name", FieldError::ControlCharacter);
    assert!(!errors.is_empty());
    let listed: Vec<_> = errors.iter().collect();
    let of_name = [FieldError::TooLong { max: 200 }, FieldError::ControlCharacter];
    assert_eq!(listed, [("name", &of_name[..]), ("profile.email", &[FieldError::Taken][..])]);
}

#[test]
fn a_unique_field_has_its_name_in_the_contract() {
    for (field, name) in [(UniqueField::Email, "email"), (UniqueField::CarteId, "carte_id")] {
        assert_eq!(field.name(), name);
        assert_eq!(AccountError::Taken(field).to_string(), format!("{name} is already taken"));
    }
}
