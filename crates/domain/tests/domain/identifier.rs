use proptest::prelude::*;
use proptest::sample::select;
use sihha_domain::FieldError;
use sihha_domain::field::Format;
use sihha_domain::identifier::IdentifierSystem::{self, Chifa, Cnom, Facility, Ins, Nin, Other};
use sihha_domain::identifier::{Identifier, Identifiers};

fn parsed(system: IdentifierSystem, text: &str) -> Identifier {
    Identifier::parse(system, text).unwrap_or_else(|error| panic!("{system} {text:?}: {error}"))
}

#[test]
fn an_identifier_is_kept_as_typed_and_its_key_has_no_case_script_or_separators() {
    let cases = [
        (Nin, "109850116000123456", "109850116000123456"),
        (Nin, "1 0985 0116 0001 23456", "109850116000123456"),
        (Nin, "١٠٩٨٥٠١١٦٠٠٠١٢٣٤٥٦", "109850116000123456"),
        (Nin, "۱۰۹۸۵۰۱۱۶-۰۰۰۱۲۳۴۵۶", "109850116000123456"),
        (Ins, "１０９８５０１１６０００１２３４５６", "109850116000123456"),
        (Chifa, "09 1234\u{a0}5678\u{2013}12", "091234567812"),
        (Chifa, "12345678", "12345678"),
        (Cnom, "16/Gen-1234", "16gen1234"),
        (Cnom, "A1z", "a1z"),
        (Facility, "CHU-16", "chu16"),
        (Facility, "16", "16"),
        (Other, "N° 12.345", "n°12.345"),
        (Other, "رقم ٧", "رقم7"),
        (Other, "É-1", "é1"),
        (Other, "J\u{30c}1", "\u{1f0}1"),
        (Other, "X", "x"),
    ];
    for (system, text, key) in cases {
        let identifier = parsed(system, text);
        assert_eq!((identifier.value(), identifier.key().as_str()), (text, key), "{system}");
    }
    assert_eq!(parsed(Nin, "\u{feff} \u{202a}109850116000123456\u{202c}\t").value(), "109850116000123456");
    assert_eq!(parsed(Other, "e\u{301}1").value(), "é1", "in Normalization Form C");
}

#[test]
fn a_national_number_is_not_refused_for_its_check_digits() {
    for number in ["000000000000000000", "999999999999999999", "109850116000123400"] {
        parsed(Nin, number);
    }
}

#[test]
fn the_length_is_that_of_the_key() {
    let limits =
        [(Nin, 18, 18), (Ins, 18, 18), (Chifa, 8, 20), (Cnom, 3, 20), (Facility, 2, 20), (Other, 1, 40)];
    for (system, min, max) in limits {
        let digits = |count: usize| "1-".repeat(count - 1) + "1";
        for length in min..=max.min(32) {
            assert_eq!(parsed(system, &digits(length)).key().len(), length);
        }
        assert_eq!(
            Identifier::parse(system, &"1".repeat(max + 1)),
            Err(FieldError::TooLong { max }),
            "{system}"
        );
        if min > 1 {
            assert_eq!(
                Identifier::parse(system, &digits(min - 1)),
                Err(FieldError::TooShort { min }),
                "{system}"
            );
        }
    }
    let spread = format!("1{}1", " ".repeat(Identifier::MAX));
    assert_eq!(Identifier::parse(Facility, &spread), Err(FieldError::TooLong { max: Identifier::MAX }));
}

#[test]
fn other_characters_than_those_of_the_system_are_refused() {
    let cases = [
        (Nin, Format::Digits, ["10985011600012345A", "109850116000.12345", "-/-", "१०९८५०११६०००१२३४५६"]),
        (Chifa, Format::Digits, ["A12345678", "1234_5678", "12345678!", "1\u{200b}2345678"]),
        (Cnom, Format::LettersAndDigits, ["16.1234", "Ａ1234", "é1234", "قسنطينة"]),
        (Facility, Format::LettersAndDigits, ["CHU_16", "'; --", "#16", "--"]),
        (Other, Format::Text, ["--", "…", "°", "_/_"]),
    ];
    for (system, format, texts) in cases {
        for text in texts {
            assert_eq!(
                Identifier::parse(system, text),
                Err(FieldError::Malformed { format }),
                "{system} {text:?}"
            );
        }
    }
    for system in IdentifierSystem::ALL {
        assert_eq!(Identifier::parse(system, " \u{200b}"), Err(FieldError::Required), "{system}");
        assert_eq!(Identifier::parse(system, "1\u{202e}2\n"), Err(FieldError::ControlCharacter), "{system}");
    }
}

#[test]
fn a_system_is_known_by_its_exact_name() {
    for system in IdentifierSystem::ALL {
        assert_eq!(IdentifierSystem::parse(&format!(" {system}\t")), Ok(system));
        assert_eq!(IdentifierSystem::on_record(system.as_str()), Some(system));
    }
    let unknown = FieldError::UnknownChoice { choices: &IdentifierSystem::NAMES };
    for text in ["NIN", "passport", "nin ins"] {
        assert_eq!(IdentifierSystem::parse(text), Err(unknown.clone()), "{text}");
    }
    assert_eq!(IdentifierSystem::parse(" "), Err(FieldError::Required));
    assert_eq!(IdentifierSystem::on_record("passport"), None);
}

#[test]
fn an_account_has_one_identifier_of_each_system_in_a_fixed_order() {
    let mut identifiers = Identifiers::default();
    for (system, text) in [(Other, "X1"), (Nin, "109850116000123456"), (Cnom, "16/1")] {
        assert_eq!(identifiers.add(parsed(system, text)), Ok(()));
    }
    assert_eq!(identifiers.add(parsed(Cnom, "16/2")), Err(FieldError::Duplicate));
    let values: Vec<_> = identifiers.iter().map(Identifier::value).collect();
    assert_eq!(values, ["109850116000123456", "16/1", "X1"]);
    assert_eq!(Identifiers::on_record(identifiers.iter().cloned()), identifiers);
}

/// Generates texts that some system accepts, texts that are almost accepted, and arbitrary texts.
fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        r"[0-9٠-٩۰-۹][0-9٠-٩۰-۹ /\x{a0}\x{2010}-\x{2013}-]{0,40}",
        r"[\x{feff}\x{202d}]?[a-zA-Z0-9٠-٩۰-۹ /-]{1,66}[\x{202c}\x{ad}]?",
        r"[\p{L}\p{M}\p{N}\p{P}\p{Zs}]{1,40}",
        r"[A-Za-z]{1,4} ?(J\x{30c}|H\x{331}|İ|ΑΣ|ẞ|Ω|\x{212a}){1,8}",
    ]
}

proptest! {
    #[test]
    fn any_text_is_refused_or_kept_and_its_key_is_stable(
        system in select(&IdentifierSystem::ALL[..]),
        text in texts(),
    ) {
        let Ok(identifier) = Identifier::parse(system, &text) else { return Ok(()) };
        prop_assert_eq!(Identifier::parse(system, identifier.value()), Ok(identifier.clone()));
        let (key, (format, min, max)) = (identifier.key(), system.rule());
        prop_assert!((min..=max).contains(&key.chars().count()), "{}", key);
        prop_assert_eq!(Identifier::on_record(system, key.clone()).key(), key.clone(), "the key of a key is the key");
        let spelt_otherwise = format!(" {} ", identifier.value().to_uppercase());
        if format != Format::Text {
            prop_assert!(key.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_lowercase()));
            prop_assert_eq!(parsed(system, &spelt_otherwise).key(), key);
        }
    }
}
