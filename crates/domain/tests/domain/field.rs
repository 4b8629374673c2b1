use sihha_domain::field::{Format, OwnerFact, PasswordAdvice, ValueType};
use sihha_domain::{FieldError, FieldErrorCode, FieldErrors};

const ADVICE: PasswordAdvice = PasswordAdvice { score: 0, warning: None, suggestions: Vec::new() };

/// Returns an error with each code. A new code does not compile until it is listed here.
const fn example(code: FieldErrorCode) -> FieldError {
    match code {
        FieldErrorCode::Required => FieldError::Required,
        FieldErrorCode::WrongType => FieldError::WrongType { expected: ValueType::String },
        FieldErrorCode::TooShort => FieldError::TooShort { min: 8 },
        FieldErrorCode::TooLong => FieldError::TooLong { max: 128 },
        FieldErrorCode::TooMany => FieldError::TooMany { max: 10 },
        FieldErrorCode::Duplicate => FieldError::Duplicate,
        FieldErrorCode::ControlCharacter => FieldError::ControlCharacter,
        FieldErrorCode::Malformed => FieldError::Malformed { format: Format::PhoneNumber },
        FieldErrorCode::NoSuchDay => FieldError::NoSuchDay,
        FieldErrorCode::InFuture => FieldError::InFuture,
        FieldErrorCode::TooLongAgo => FieldError::TooLongAgo { years: 150 },
        FieldErrorCode::OutOfRange => FieldError::OutOfRange { min: 0, max: 60 },
        FieldErrorCode::UnknownChoice => FieldError::UnknownChoice { choices: &["Male", "Female"] },
        FieldErrorCode::OtherWilaya => FieldError::OtherWilaya { wilaya: "16" },
        FieldErrorCode::Wrong => FieldError::Wrong,
        FieldErrorCode::ReadOnly => FieldError::ReadOnly,
        FieldErrorCode::Taken => FieldError::Taken,
        FieldErrorCode::Unchanged => FieldError::Unchanged,
        FieldErrorCode::PasswordTooCommon => FieldError::PasswordTooCommon { advice: ADVICE },
        FieldErrorCode::PasswordTooSimilar => {
            FieldError::PasswordTooSimilar { attribute: OwnerFact::Phone, advice: ADVICE }
        }
    }
}

#[test]
fn codes_and_messages_for_the_terminal_are_stable() {
    use FieldErrorCode as Code;
    let published = [
        (Code::Required, "required", "is required"),
        (Code::WrongType, "wrong_type", "must be of the type string"),
        (Code::TooShort, "too_short", "must have at least 8 characters"),
        (Code::TooLong, "too_long", "must have at most 128 characters"),
        (Code::TooMany, "too_many", "must have at most 10 entries"),
        (Code::Duplicate, "duplicate", "occurs more than once"),
        (Code::ControlCharacter, "control_character", "must not contain control characters"),
        (Code::Malformed, "malformed", "is not a valid phone_number"),
        (Code::NoSuchDay, "no_such_day", "is no such day"),
        (Code::InFuture, "in_future", "must not be in the future"),
        (Code::TooLongAgo, "too_long_ago", "must not be more than 150 years ago"),
        (Code::OutOfRange, "out_of_range", "must be between 0 and 60"),
        (Code::UnknownChoice, "unknown_choice", "must be one of Male, Female"),
        (Code::OtherWilaya, "other_wilaya", "the commune is in wilaya 16"),
        (Code::Wrong, "wrong", "is incorrect"),
        (Code::ReadOnly, "read_only", "cannot be changed"),
        (Code::Taken, "taken", "is already taken"),
        (Code::Unchanged, "unchanged", "is the present value"),
        (Code::PasswordTooCommon, "password_too_common", "is one of the most common passwords"),
        (Code::PasswordTooSimilar, "password_too_similar", "must not be the phone of its owner"),
    ];
    for (code, name, text) in published {
        let error = example(code);
        assert_eq!((error.code().to_string().as_str(), error.to_string().as_str()), (name, text));
    }
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
fn only_the_first_values_of_a_long_enumeration_are_listed() {
    let error =
        FieldError::UnknownChoice { choices: &["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11"] };
    assert_eq!(error.to_string(), "must be one of 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, …");
}
