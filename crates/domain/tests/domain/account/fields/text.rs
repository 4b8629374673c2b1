use proptest::prelude::*;
use sihha_domain::FieldError;
use sihha_domain::field::Format;
use sihha_domain::text::is_not_given;
use unicode_normalization::UnicodeNormalization;

use super::{
    ADDRESS, ARABIC_ORGANISATION_NAME, ARABIC_PERSON_NAME, BIO, DECEIVING, DECIDER_NAME, FREE_TEXTS, Field,
    ORGANISATION_NAME, PERSON_NAME, REASON, SEPARATORS, assert_reads,
};

#[test]
fn names_of_people_are_kept_as_written() {
    for name in [
        "آمنة",
        "عبد القادر",
        "مُحَمَّد",
        "Bénabadji",
        "N'Guyễn",
        "d’Ørsted-Çelik",
        "O",
        "李",
        "Smith, Jr.",
        "Ⅷ 2",
        "می‌خواهم",
        "Null",
        "<b>",
    ] {
        assert_reads(&PERSON_NAME, name, &name.nfc().collect::<String>());
    }
}

#[test]
fn an_arabic_name_has_an_arabic_letter() {
    for field in [&ARABIC_PERSON_NAME, &ARABIC_ORGANISATION_NAME] {
        for text in ["آمنة", "مُحَمَّد", "د. أحمد (Ahmed)", "پارسا", "ﻣﺤﻤﺪ", "مستشفى 1"]
        {
            assert_reads(field, text, &text.nfc().collect::<String>());
        }
        for text in ["Amina", "١٢٣", "ـ1ـ", "李", "1\u{64e}"] {
            let refused = Err(FieldError::Malformed { format: Format::ArabicText });
            assert_eq!((field.read)(text), refused, "{text}");
        }
    }
}

#[test]
fn white_space_is_removed_at_the_ends_of_a_text_and_kept_inside() {
    for field in &FREE_TEXTS {
        assert_reads(field, " \u{a0}\tDidouche  Mourad\u{3000}\r\n", "Didouche  Mourad");
    }
}

#[test]
fn composed_and_decomposed_accents_give_the_same_text() {
    for text in ["Zoé Bénabadji à Alger", "Françoise Noël", "آمنة أحمد مؤمن", "Nguyễn"] {
        let (together, apart): (String, String) = (text.nfc().collect(), text.nfd().collect());
        assert_ne!(together, apart);
        for field in &FREE_TEXTS {
            assert_reads(field, &together, &together);
            assert_reads(field, &apart, &together);
        }
    }
}

#[test]
fn arabic_vowel_signs_give_the_same_text_in_any_order() {
    let (fatha_first, shadda_first) = ("الل\u{64e}\u{651}ه", "الل\u{651}\u{64e}ه");
    for field in &FREE_TEXTS {
        assert_reads(field, shadda_first, fatha_first);
        assert_reads(field, fatha_first, fatha_first);
    }
}

#[test]
fn an_address_a_biography_and_a_reason_may_have_several_lines() {
    for field in [ADDRESS, BIO, REASON] {
        let text = "حي 1200 مسكن\r\nBab Ezzouar\n\tAlger";
        assert_reads(&field, text, text);
    }
}

#[test]
fn texts_have_a_maximum_length() {
    let bounds = [
        (PERSON_NAME, 150),
        (ORGANISATION_NAME, 200),
        (ADDRESS, 500),
        (BIO, 5000),
        (DECIDER_NAME, 150),
        (REASON, 2000),
    ];
    for (Field { name, read, .. }, max) in bounds {
        for character in ["a", "é", "e\u{301}", "ش", "🩺"] {
            let longest = format!("ل{}", character.repeat(max - 1));
            assert_eq!(read(&longest), Ok(longest.nfc().collect()), "{name}");
            assert_eq!(read(&format!("  {longest}\n")), read(&longest), "{name}");
            let too_long = format!("ل{}", character.repeat(max));
            assert_eq!(read(&too_long), Err(FieldError::TooLong { max }), "{name}");
        }
    }
}

/// Examples of each kind of invisible character. Unicode counts a few of them as letters.
const INVISIBLE: [char; 16] = [
    '\u{ad}',
    '\u{34f}',
    '\u{61c}',
    '\u{115f}',
    '\u{1160}',
    '\u{180e}',
    '\u{200b}',
    '\u{200f}',
    '\u{2060}',
    '\u{2066}',
    '\u{2800}',
    '\u{3164}',
    '\u{fe0f}',
    '\u{feff}',
    '\u{ffa0}',
    '\u{e0141}',
];

#[test]
fn a_text_of_invisible_characters_is_missing() {
    let accents = ["\u{301}", "\u{64e}\u{651}", "\u{345}", "\u{20dd}"];
    for invisible in INVISIBLE.map(String::from).into_iter().chain(accents.map(str::to_owned)) {
        for field in &FREE_TEXTS {
            for text in [invisible.clone(), invisible.repeat(3), format!("{invisible} \u{200b}{invisible}")] {
                assert_eq!((field.read)(&text), Err(FieldError::Required), "{} of {text:?}", field.name);
            }
        }
    }
}

#[test]
fn a_text_without_a_letter_or_digit_is_rejected() {
    for text in ["…", "-", "?!", "'", "-\u{301}", "\u{200b}.", "-\u{3164}", "🩺", "<>", "،", "ـ*"] {
        for field in &FREE_TEXTS {
            let malformed = FieldError::Malformed { format: Format::Text };
            assert_eq!((field.read)(text), Err(malformed), "{} of {text:?}", field.name);
        }
    }
}

#[test]
fn invisible_characters_that_arabic_and_persian_need_are_kept() {
    for helper in
        "\u{200c}\u{200d}\u{200e}\u{200f}\u{202a}\u{202b}\u{202c}\u{2066}\u{2067}\u{2068}\u{2069}".chars()
    {
        let text = format!("می{helper}خواهم 12");
        for field in &FREE_TEXTS {
            assert_reads(field, &text, &text);
        }
    }
}

#[test]
fn fillers_are_removed_at_the_ends_of_a_text_and_kept_inside() {
    for field in &FREE_TEXTS {
        let text = "\u{feff} \u{200b}Ben\u{ad}yahia \u{2060}Ali\u{ad}\u{200b}\u{a0}\u{180e}";
        assert_reads(field, text, "Ben\u{ad}yahia \u{2060}Ali");
        assert_reads(field, "هـ\u{200d}", "هـ\u{200d}");
    }
}

#[test]
fn line_breaks_of_other_programs_are_line_breaks() {
    for line_break in ["\u{b}", "\u{c}", "\u{85}", "\u{2028}", "\u{2029}"] {
        for field in [ADDRESS, BIO] {
            let text = format!("{line_break}حي 1200{line_break}Alger{line_break}");
            assert_reads(&field, &text, "حي 1200\nAlger");
        }
        let name = format!("Ali{line_break}Ben");
        assert_eq!((PERSON_NAME.read)(&name), Err(FieldError::ControlCharacter), "{name:?}");
    }
}

#[test]
fn an_optional_text_of_strokes_is_not_given() {
    for text in ["", " \u{200b}\u{feff}", "-", " — ", "–", "--", "−", "...", "…", ".", "_", "/", "ـ"]
    {
        assert!(is_not_given(text), "{text:?}");
    }
    for text in ["0", "a", "O-", "?", "n/a", "+", "\0", "🩺"] {
        assert!(!is_not_given(text), "{text:?}");
    }
}

proptest! {
    #[test]
    fn a_text_in_any_script_is_accepted_and_keeps_its_meaning(text in r"\PC{0,50}[a-zéش0-9٠-٩漢]\PC{0,50}") {
        prop_assume!(!text.contains(DECEIVING) && !text.contains(SEPARATORS));
        for Field { name, read, .. } in FREE_TEXTS {
            prop_assert_eq!(read(&text), Ok(text.trim().nfc().collect()), "{}", name);
        }
    }
}
