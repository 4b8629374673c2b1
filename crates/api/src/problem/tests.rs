use std::collections::BTreeSet;
use std::fmt::Write;

use serde_json::{Value, json};
use sihha_domain::FieldErrorCode;
use sihha_domain::account::{BloodType, Gender, Specialite};
use sihha_domain::field::{Format, OwnerFact, PasswordAdvice, ValueType};

use super::document::FieldProblem;
use super::*;

/// Returns the errors with this code, one for each text that the code selects.
fn field_errors(code: FieldErrorCode) -> Vec<FieldError> {
    match code {
        FieldErrorCode::Required => vec![FieldError::Required],
        FieldErrorCode::WrongType => {
            ValueType::VARIANTS.iter().map(|&expected| FieldError::WrongType { expected }).collect()
        }
        FieldErrorCode::TooShort => [1, 8].map(|min| FieldError::TooShort { min }).into(),
        FieldErrorCode::TooLong => [1, 128].map(|max| FieldError::TooLong { max }).into(),
        FieldErrorCode::TooMany => [1, 10].map(|max| FieldError::TooMany { max }).into(),
        FieldErrorCode::Duplicate => vec![FieldError::Duplicate],
        FieldErrorCode::ControlCharacter => vec![FieldError::ControlCharacter],
        FieldErrorCode::Malformed => {
            Format::VARIANTS.iter().map(|&format| FieldError::Malformed { format }).collect()
        }
        FieldErrorCode::NoSuchDay => vec![FieldError::NoSuchDay],
        FieldErrorCode::InFuture => vec![FieldError::InFuture],
        FieldErrorCode::TooLongAgo => [1, 150].map(|years| FieldError::TooLongAgo { years }).into(),
        FieldErrorCode::OutOfRange => vec![FieldError::OutOfRange { min: 0, max: 60 }],
        FieldErrorCode::UnknownChoice => [&Gender::ALL[..], &BloodType::ALL, Specialite::ALL]
            .map(|choices| FieldError::UnknownChoice { choices })
            .into(),
        FieldErrorCode::OtherWilaya => vec![FieldError::OtherWilaya { wilaya: "16" }],
        FieldErrorCode::Wrong => vec![FieldError::Wrong],
        FieldErrorCode::ReadOnly => vec![FieldError::ReadOnly],
        FieldErrorCode::Taken => vec![FieldError::Taken],
        FieldErrorCode::Unchanged => vec![FieldError::Unchanged],
        FieldErrorCode::PasswordTooCommon => vec![FieldError::PasswordTooCommon { advice: advice() }],
        FieldErrorCode::PasswordTooSimilar => OwnerFact::VARIANTS
            .iter()
            .map(|&attribute| FieldError::PasswordTooSimilar { attribute, advice: advice() })
            .collect(),
    }
}

fn advice() -> PasswordAdvice {
    PasswordAdvice { score: 1, warning: Some("common"), suggestions: vec!["add_words"] }
}

#[test]
fn the_log_names_why_a_link_is_refused() {
    for (reason, text) in [
        (MailTokenError::Unknown, "unknown"),
        (MailTokenError::Expired, "expired"),
        (MailTokenError::Used, "used"),
        (MailTokenError::Replaced, "replaced"),
        (MailTokenError::OtherPurpose, "other purpose"),
    ] {
        let cause = ApiError::LinkNotValid(reason).cause();
        assert_eq!(cause, Some(format!("link not valid: {text}")));
    }
}

/// Returns the errors of all documents: the examples, the other texts of codes with several, and one
/// with all field errors.
fn errors() -> Vec<ApiError> {
    let mut all = FieldErrors::default();
    for code in FieldErrorCode::VARIANTS {
        for error in field_errors(*code) {
            all.add(format!("field.{code}"), error);
        }
    }
    let json = ["incomplete", "not_an_object", "not_utf_8", "utf_16"].map(|defect| JsonError {
        defect,
        line: 3,
        column: 1,
    });
    let examples = ProblemCode::of_documents().map(ProblemCode::example_error);
    let others = [ApiError::BadRequest("two_authorizations"), ApiError::InvalidFields(all)];
    examples.chain(json.map(ApiError::MalformedJson)).chain(others).collect()
}

fn text(error: &FieldError, language: Language) -> String {
    serde_json::to_value(FieldProblem::new(error, language)).unwrap()["message"].as_str().unwrap().to_owned()
}

#[test]
fn the_documents_in_each_language() {
    for language in Language::ALL {
        let mut documents = String::new();
        for error in errors() {
            let document = error.document("the-id", *language);
            writeln!(documents, "{}", serde_json::to_string_pretty(&document).unwrap()).unwrap();
        }
        insta::assert_snapshot!(language.tag(), documents);
    }
}

#[test]
fn a_document_is_written_in_ascii_and_read_back_as_the_same_text() {
    for language in Language::ALL {
        for error in errors() {
            let document = error.document("the-id", *language);
            let written = document.to_ascii_json();
            assert!(written.is_ascii(), "{language:?}: {error}");
            let read: Value = serde_json::from_slice(&written).unwrap();
            assert_eq!(read, json!(document), "{language:?}: {error}");
        }
    }
    let document = Problem {
        request_id: "🩺 \"\\\n\u{7f}".to_owned(),
        ..ApiError::Busy(String::new()).document("", Language::Arabic)
    };
    let written = String::from_utf8(document.to_ascii_json()).unwrap();
    assert!(written.is_ascii() && written.contains(r#""\ud83e\ude7a \"\\\n"#), "{written}");
    assert_eq!(serde_json::from_str::<Value>(&written).unwrap(), json!(document));
}

#[test]
fn every_placeholder_has_a_value_and_every_text_is_a_sentence() {
    for language in Language::ALL {
        for error in errors() {
            let document = json!(error.document("the-id", *language));
            let fields = document["errors"].as_object().into_iter().flat_map(|errors| errors.values());
            let messages =
                fields.flat_map(|errors| errors.as_array().unwrap()).map(|error| &error["message"]);
            for text in messages.chain([&document["detail"]]) {
                let text = text.as_str().unwrap();
                assert!(text.ends_with('.') && !text.contains(['{', '$']), "{language:?}: {text}");
            }
        }
    }
}

#[test]
fn each_format_type_and_kind_of_choice_has_a_different_text() {
    for language in Language::ALL {
        for code in FieldErrorCode::VARIANTS {
            let errors = field_errors(*code);
            let texts: BTreeSet<_> = errors.iter().map(|error| text(error, *language)).collect();
            assert_eq!(texts.len(), errors.len(), "{language:?}: {texts:?}");
        }
    }
}

#[test]
fn arabic_has_six_plural_forms_and_french_counts_zero_as_one() {
    let arabic = [
        (0, "يجب أن يبقى هذا الحقل فارغًا."),
        (1, "يُرجى إدخال حرف واحد على الأكثر."),
        (2, "يُرجى إدخال حرفين على الأكثر."),
        (3, "يُرجى إدخال 3 أحرف على الأكثر."),
        (11, "يُرجى إدخال 11 حرفًا على الأكثر."),
        (100, "يُرجى إدخال 100 حرف على الأكثر."),
    ];
    for (max, expected) in arabic {
        assert_eq!(text(&FieldError::TooLong { max }, Language::Arabic), expected);
    }
    let forms =
        |error: fn(usize) -> FieldError| arabic.map(|(number, _)| text(&error(number), Language::Arabic));
    let counted: [fn(usize) -> FieldError; 3] = [
        |min| FieldError::TooShort { min },
        |max| FieldError::TooMany { max },
        |years| FieldError::TooLongAgo { years: u32::try_from(years).unwrap() },
    ];
    for error in counted {
        assert_eq!(BTreeSet::from(forms(error)).len(), 6, "{:?}", forms(error));
    }
    let french = |min| text(&FieldError::TooShort { min }, Language::French);
    assert_eq!(
        [0, 1, 2].map(french),
        ["0 caractère", "1 caractère", "2 caractères"].map(|it| format!("Saisissez au moins {it}."))
    );
}

#[test]
fn an_error_has_the_parameters_that_its_message_names() {
    let cases = [
        (FieldError::Required, json!({})),
        (FieldError::TooShort { min: 8 }, json!({ "min": 8 })),
        (FieldError::TooLong { max: 128 }, json!({ "max": 128 })),
        (FieldError::TooMany { max: 10 }, json!({ "max": 10 })),
        (FieldError::TooLongAgo { years: 150 }, json!({ "years": 150 })),
        (FieldError::WrongType { expected: ValueType::Boolean }, json!({ "type": "boolean" })),
        (FieldError::Malformed { format: Format::PhoneNumber }, json!({ "format": "phone_number" })),
        (FieldError::UnknownChoice { choices: &Gender::ALL }, json!({ "choices": ["Male", "Female"] })),
        (FieldError::UnknownChoice { choices: Specialite::ALL }, json!({})),
        (
            FieldError::PasswordTooCommon { advice: PasswordAdvice { warning: None, ..advice() } },
            json!({ "score": 1, "suggestions": ["add_words"] }),
        ),
        (
            FieldError::PasswordTooSimilar { attribute: OwnerFact::Card, advice: advice() },
            json!({ "attribute": "card", "score": 1, "warning": "common", "suggestions": ["add_words"] }),
        ),
    ];
    for (error, params) in cases {
        for language in Language::ALL {
            let problem = serde_json::to_value(FieldProblem::new(&error, *language)).unwrap();
            assert_eq!(problem["params"], params, "{error}");
            let numbers = params.as_object().unwrap().iter().filter(|(name, _)| *name != "score");
            for (_, number) in numbers.filter(|(_, value)| value.is_number()) {
                let message = problem["message"].as_str().unwrap();
                assert!(message.contains(&number.to_string()), "{message}");
            }
        }
    }
}

#[test]
fn an_example_has_its_code_and_status() {
    for code in ProblemCode::of_documents() {
        let example = json!(code.example_error().document("the-id", Language::English));
        assert_eq!(
            (example["code"].as_str(), &example["status"]),
            (Some(code.into()), &json!(code.status().as_u16()))
        );
    }
}
