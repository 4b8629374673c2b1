use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::prelude::*;
use sihha_domain::FieldError;
use sihha_domain::account::Specialite;
use unicode_normalization::UnicodeNormalization;

#[track_caller]
fn assert_reads(text: &str, canonical: &str) {
    assert_eq!(Specialite::parse(text).map(|value| value.to_string()).as_deref(), Ok(canonical), "{text}");
}

#[test]
fn the_list_has_at_least_fifty_different_specialities() {
    let different: BTreeSet<_> = Specialite::ALL.iter().map(|name| name.replace('_', "")).collect();
    assert_eq!(different.len(), Specialite::ALL.len());
    assert!(different.len() >= 50, "{}", different.len());
}

#[test]
fn the_list_is_alphabetical_with_autre_last() {
    let (last, rest) = Specialite::ALL.split_last().expect("not empty");
    assert_eq!(*last, "AUTRE");
    assert!(rest.is_sorted(), "{rest:?}");
}

#[test]
fn the_list_has_the_specialities_that_front_ends_send() {
    for name in ["CARDIOLOGIE", "GENERALISTE", "PEDIATRIE", "RADIOLOGIE", "AUTRE"] {
        assert_reads(name, name);
    }
}

#[test]
fn every_name_consists_of_plain_capitals_and_single_underscores() {
    for name in Specialite::ALL {
        let plain = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_uppercase());
        assert!(name.split('_').all(plain), "{name}");
    }
}

#[test]
fn a_speciality_is_found_as_people_write_it() {
    for (text, canonical) in [
        ("Pédiatrie", "PEDIATRIE"),
        ("pe\u{301}diatrie", "PEDIATRIE"),
        ("médecine d'urgence", "MEDECINE_D_URGENCE"),
        ("Médecine d’urgence", "MEDECINE_D_URGENCE"),
        ("gynécologie-obstétrique", "GYNECOLOGIE_OBSTETRIQUE"),
        ("Oto-rhino-laryngologie", "OTO_RHINO_LARYNGOLOGIE"),
        ("  Médecine\u{a0}interne\n", "MEDECINE_INTERNE"),
        ("Génétique", "GENETIQUE"),
    ] {
        assert_reads(text, canonical);
    }
}

#[test]
fn text_that_is_not_a_speciality_is_rejected() {
    for text in
        ["CARDIO", "CARDIOLOGIE2", "CARDIOLOGIE!", "CARDIOLOGIE, PEDIATRIE", "طب القلب", "cardiology", "0"]
    {
        let outcome = Specialite::parse(text);
        assert!(matches!(outcome, Err(FieldError::UnknownChoice { .. })), "{text}: {outcome:?}");
    }
    for blank in ["", "  ", "_-'’"] {
        assert_eq!(Specialite::parse(blank), Err(FieldError::Required), "{blank:?}");
    }
}

#[test]
fn a_speciality_is_displayed_in_its_canonical_form() {
    assert_eq!(Specialite::parse("médecine légale").unwrap().to_string(), "MEDECINE_LEGALE");
}

/// Another way to write one letter or separator of a name.
#[derive(Debug, Clone)]
struct Spelling {
    lower_case: bool,
    accent: bool,
    separator: &'static str,
}

fn spelling() -> impl Strategy<Value = Spelling> {
    let separators = prop::sample::select(vec!["_", " ", "-", "'", "’", "\u{a0}", " - ", "__", ""]);
    (any::<bool>(), any::<bool>(), separators).prop_map(|(lower_case, accent, separator)| Spelling {
        lower_case,
        accent,
        separator,
    })
}

fn spell(name: &str, spellings: &[Spelling]) -> String {
    let mut text = String::new();
    for (letter, spelling) in name.chars().zip(spellings.iter().cycle()) {
        match letter {
            '_' => text.push_str(spelling.separator),
            _ if spelling.lower_case => text.push(letter.to_ascii_lowercase()),
            _ => text.push(letter),
        }
        let accent = match letter {
            'A' | 'E' | 'O' | 'U' => '\u{301}',
            'I' => '\u{308}',
            'C' => '\u{327}',
            _ => continue,
        };
        text.extend(spelling.accent.then_some(accent));
    }
    text
}

proptest! {
    #[test]
    fn every_speciality_is_found_regardless_of_case_accents_and_separators(
        spellings in vec(spelling(), 1..40),
    ) {
        for canonical in Specialite::ALL {
            let apart = spell(canonical, &spellings);
            let together: String = apart.nfc().collect();
            for text in [apart, together] {
                let found = Specialite::parse(&text).map(|value| value.to_string());
                prop_assert_eq!(found.as_deref(), Ok(*canonical), "{}", text);
            }
        }
    }
}
