use std::collections::BTreeSet;

use sihha_domain::FieldError;
use sihha_domain::account::CarteId;

use super::{CARTE_ID, assert_malformed, assert_reads};

#[test]
fn a_card_number_is_kept_as_written() {
    for number in [
        "AB123452q6111",
        "0",
        "z",
        "1990-0515/04",
        "1990 0515\u{a0}04",
        "1990\u{2011}0515\u{2013}04",
        "1990\u{2212}0515",
        "١٩٩٠/٠٥",
        "۱۹۹۰",
        "１９９０",
    ] {
        assert_reads(&CARTE_ID, number, number);
    }
    assert_reads(&CARTE_ID, " 11111\t", "11111");
    assert_reads(&CARTE_ID, "\u{feff}\u{202a}11111\u{202c}", "11111");
}

#[test]
fn a_card_number_has_only_latin_letters_digits_and_separators() {
    for text in ["AB_1", "AB.1", "é1", "رقم", "Ａ1", "१२", "1\u{200b}2", "'--", "- /", "1#2"] {
        assert_malformed(&CARTE_ID, text);
    }
}

#[test]
fn a_card_number_has_at_most_64_characters() {
    let longest = "A".repeat(64);
    assert_reads(&CARTE_ID, &longest, &longest);
    assert_eq!((CARTE_ID.read)(&"A".repeat(65)), Err(FieldError::TooLong { max: 64 }));
}

#[test]
fn a_card_number_is_the_same_regardless_of_case_script_and_separators() {
    let same =
        ["1990-0515/Ab", "19900515ab", "1990 0515 AB", "١٩٩٠-٠٥١٥ ab", "۱۹۹۰0515/aB", "１９９００５１５ab"];
    let numbers: BTreeSet<_> = same.iter().map(|text| text.parse::<CarteId>().unwrap()).collect();
    assert_eq!(numbers.len(), 1);
    assert_eq!(numbers.first().unwrap().canonical(), "19900515ab");
    assert_ne!(CarteId::parse("19900515abc"), CarteId::parse("19900515ab"));
}
