//! Rules that all text fields share. Each field's own rules are in its file.

mod birth_date;
mod carte_id;
mod choices;
mod email;
mod image_url;
mod phone_number;
mod specialite;
mod text;

use proptest::collection::vec;
use proptest::prelude::*;
use sihha_domain::FieldError;
use sihha_domain::account::{
    Address, ArabicOrganisationName, ArabicPersonName, Bio, BirthDate, BloodType, CarteId, EmailAddress,
    Gender, ImageUrl, OrganisationName, PersonName, PhoneNumber, Specialite,
};
use sihha_domain::reason::Reason;
use sihha_domain::staff_name::StaffName;
use unicode_normalization::is_nfc;

/// A text field.
struct Field {
    name: &'static str,
    /// Maximum number of code points.
    max: usize,
    /// The control characters that the field accepts.
    controls: &'static [char],
    /// Parses text and returns the result as text.
    read: fn(&str) -> Result<String, FieldError>,
}

const PERSON_NAME: Field = Field {
    name: "PersonName",
    max: PersonName::MAX,
    controls: &[],
    read: |text| PersonName::parse(text).map(|value| value.as_str().to_owned()),
};
const ORGANISATION_NAME: Field = Field {
    name: "OrganisationName",
    max: OrganisationName::MAX,
    controls: &[],
    read: |text| OrganisationName::parse(text).map(|value| value.as_str().to_owned()),
};
const ARABIC_PERSON_NAME: Field = Field {
    name: "ArabicPersonName",
    max: ArabicPersonName::MAX,
    controls: &[],
    read: |text| ArabicPersonName::parse(text).map(|value| value.as_str().to_owned()),
};
const ARABIC_ORGANISATION_NAME: Field = Field {
    name: "ArabicOrganisationName",
    max: ArabicOrganisationName::MAX,
    controls: &[],
    read: |text| ArabicOrganisationName::parse(text).map(|value| value.as_str().to_owned()),
};
const ADDRESS: Field = Field {
    name: "Address",
    max: Address::MAX,
    controls: &['\n', '\r', '\t'],
    read: |text| Address::parse(text).map(|value| value.as_str().to_owned()),
};
const BIO: Field = Field {
    name: "Bio",
    max: Bio::MAX,
    controls: &['\n', '\r', '\t'],
    read: |text| Bio::parse(text).map(|value| value.as_str().to_owned()),
};
const DECIDER_NAME: Field = Field {
    name: "StaffName",
    max: StaffName::MAX,
    controls: &[],
    read: |text| StaffName::parse(text).map(|value| value.as_str().to_owned()),
};
const REASON: Field = Field {
    name: "Reason",
    max: Reason::MAX,
    controls: &['\n', '\r', '\t'],
    read: |text| Reason::parse(text).map(|value| value.as_str().to_owned()),
};
const EMAIL: Field = Field {
    name: "EmailAddress",
    max: EmailAddress::MAX,
    controls: &[],
    read: |text| EmailAddress::parse(text).map(|value| value.as_str().to_owned()),
};
const PHONE_NUMBER: Field = Field {
    name: "PhoneNumber",
    max: PhoneNumber::MAX,
    controls: &[],
    read: |text| PhoneNumber::parse(text).map(|value| value.as_str().to_owned()),
};
const CARTE_ID: Field = Field {
    name: "CarteId",
    max: CarteId::MAX,
    controls: &[],
    read: |text| CarteId::parse(text).map(|value| value.as_str().to_owned()),
};
const IMAGE_URL: Field = Field {
    name: "ImageUrl",
    max: ImageUrl::MAX,
    controls: &[],
    read: |text| ImageUrl::parse(text).map(|value| value.as_str().to_owned()),
};

/// Fields that accept every language.
const FREE_TEXTS: [Field; 6] = [PERSON_NAME, ORGANISATION_NAME, ADDRESS, BIO, DECIDER_NAME, REASON];

/// Fields with a special format.
const FORMATS: [Field; 6] =
    [EMAIL, PHONE_NUMBER, CARTE_ID, IMAGE_URL, ARABIC_PERSON_NAME, ARABIC_ORGANISATION_NAME];

/// Line separators: not control characters in Unicode, but rejected as well in a single line.
const SEPARATORS: [char; 2] = ['\u{2028}', '\u{2029}'];

/// Examples of the other characters that are rejected: direction overrides, marks of annotations
/// and objects, tags and noncharacters.
const DECEIVING: [char; 9] = [
    '\u{202d}',
    '\u{202e}',
    '\u{fff9}',
    '\u{fffc}',
    '\u{e0001}',
    '\u{e0041}',
    '\u{fdd0}',
    '\u{ffff}',
    '\u{10fffe}',
];

fn every_text() -> impl Iterator<Item = Field> {
    FREE_TEXTS.into_iter().chain(FORMATS)
}

/// Asserts that `text` is read as `expected`.
#[track_caller]
fn assert_reads(field: &Field, text: &str, expected: &str) {
    assert_eq!((field.read)(text).as_deref(), Ok(expected), "{} of {text:?}", field.name);
}

/// Asserts that `text` is rejected because of its format.
#[track_caller]
fn assert_malformed(field: &Field, text: &str) {
    let outcome = (field.read)(text);
    assert!(matches!(outcome, Err(FieldError::Malformed { .. })), "{} of {text:?}: {outcome:?}", field.name);
}

/// Generates texts that some field accepts, texts that are almost accepted, and arbitrary texts.
fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        vec(any::<char>(), 0..300).prop_map(String::from_iter),
        r"\s{0,2}[\p{Arabic}\p{Latin}\p{M}\p{Zs}'’.-]{1,160}\s{0,2}",
        r"[\p{L}\p{M}\r\n\t\x00\x1b\x7f\x{85}]{1,8}",
        r"\s?[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]{1,20}@[\p{L}\p{M}]{1,4}[\p{L}\p{N}-]{0,8}\.[\p{L}\p{M}]{2,8}\s?",
        r"[a-zA-Z0-9]{1,64}@[a-zA-Z]{60,64}\.[a-zA-Z]{60,64}\.[a-zA-Z]{50,64}",
        r"[A-Za-z]{1,4}@(J\x{30c}|H\x{331}|İ|Σ|ẞ|Ω){1,8}\.(com|DZ|الجزائر)",
        r"[A-Za-z]{1,4}@(xn--[a-z0-9-]{1,9}|[\x{ff21}-\x{ff5a}\x{ad}ßςa-z]{1,9})[.。．](dz|xn--lgbbat1ad8j)",
        r"[\x{ad}\x{200b}-\x{200f}\x{2028}-\x{202f}\x{2060}-\x{2069}\x{3164}\x{feff}\p{M}a ]{1,6}",
        r"\s?[+]?[0-9٠-٩۰-۹ ().#*/-]{1,34}\s?",
        r"[0-9०-९٠-٩ \x{a0}\x{202f}\x{200e}\x{200f}\x{202a}-\x{202c}\x{2066}-\x{2069}]{1,34}",
        r"\s?[a-zA-Z0-9]{1,66}\s?",
        r"[\x{feff}\x{202d}]?[a-zA-Z0-9٠-٩۰-۹ /\x{a0}\x{2010}-\x{2013}-]{1,66}[\x{202c}\x{ad}]?",
        r"[hH][tT][tT][pP][sS]?://[\p{L}\p{N}.-]{1,12}(:[0-9]{1,6})?(/[\p{L}\p{M}\p{P}\p{Zs}]{0,12})?",
        r"https?://[a-z]{1,9}\.dz/[\p{L}]{2020,2040}",
        r"(javascript|data|file|ftp|blob):(//)?[a-z./,()]{1,12}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_text_is_rejected_or_stored_clean_and_within_the_limits(text in texts()) {
        for Field { name, max, controls, read } in every_text() {
            let Ok(value) = read(&text) else { continue };
            let length = value.chars().count();
            prop_assert!((1..=max).contains(&length), "{} has {} characters: {:?}", name, length, value);
            prop_assert!(is_nfc(&value), "{} is not in NFC: {:?}", name, value);
            prop_assert_eq!(value.trim(), &value, "{}", name);
            let is_unwanted = |c: &char| {
                (c.is_control() && !controls.contains(c)) || DECEIVING.contains(c) || SEPARATORS.contains(c)
            };
            let unwanted = value.chars().find(is_unwanted);
            prop_assert_eq!(unwanted, None, "{}: {:?}", name, value);
            prop_assert_eq!(read(&value), Ok(value), "{} reads otherwise once more", name);
        }
    }

    #[test]
    fn any_text_for_a_choice_or_a_date_is_rejected_or_stored_in_canonical_form(text in texts()) {
        let today = chrono::NaiveDate::from_ymd_opt(2026, 11, 23).expect("a date");
        if let Ok(value) = BirthDate::parse(&text, today) {
            prop_assert_eq!(value.to_string(), text.trim());
        }
        if let Ok(value) = BloodType::parse(&text) {
            prop_assert_eq!(value.as_str(), text.trim());
        }
        if let Ok(value) = Gender::parse(&text) {
            prop_assert_eq!(value.as_str(), text.trim());
        }
        if let Ok(value) = Specialite::parse(&text) {
            prop_assert!(Specialite::ALL.contains(&value.as_str()));
        }
    }
}

#[test]
fn a_field_of_only_white_space_is_missing() {
    for Field { name, read, .. } in every_text() {
        for blank in ["", " ", "\t\r\n", "\u{a0}\u{2003}\u{3000}", "\u{2028}\u{2029}"] {
            assert_eq!(read(blank), Err(FieldError::Required), "{name} of {blank:?}");
        }
    }
}

#[test]
fn control_characters_are_rejected_in_every_field() {
    for Field { name, read, .. } in every_text() {
        for control in ['\0', '\x08', '\x1b', '\x7f', '\u{9b}'] {
            let text = format!("a{control}b");
            assert_eq!(read(&text), Err(FieldError::ControlCharacter), "{name} of {text:?}");
        }
    }
}

#[test]
fn characters_that_disguise_a_text_are_rejected_in_every_field() {
    for Field { name, read, .. } in every_text() {
        for character in DECEIVING {
            let text = format!("a{character}b");
            let refused = read(&text);
            // The direction marks that telephones copy are removed from a number before it is
            // checked.
            let expected = match (name, character) {
                ("PhoneNumber", '\u{202d}' | '\u{202e}') => {
                    matches!(refused, Err(FieldError::Malformed { .. }))
                }
                _ => refused == Err(FieldError::ControlCharacter),
            };
            assert!(expected, "{name} of {text:?}: {refused:?}");
        }
    }
}

#[test]
fn a_field_of_invisible_characters_is_missing() {
    for Field { name, read, .. } in every_text() {
        for text in ["\u{200b}", "\u{2060}\u{feff}", "\u{301}", "\u{3164}"] {
            assert_eq!(read(text), Err(FieldError::Required), "{name} of {text:?}");
        }
    }
}

#[test]
fn line_breaks_and_tabs_are_rejected_in_every_single_line_field() {
    for Field { name, read, .. } in every_text().filter(|field| field.controls.is_empty()) {
        for text in ["a\nb", "a\r\nb", "a\u{2028}b", "a\tb"] {
            // A tab in a telephone number is a space.
            if (name, text) != ("PhoneNumber", "a\tb") {
                assert_eq!(read(text), Err(FieldError::ControlCharacter), "{name} of {text:?}");
            }
        }
    }
}
