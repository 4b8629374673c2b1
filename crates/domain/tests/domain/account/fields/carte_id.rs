use sihha_domain::FieldError;

use super::{CARTE_ID, assert_malformed, assert_reads};

#[test]
fn a_card_number_is_kept_as_written() {
    for number in ["AB123452q6111", "AAA1111B1", "111111", "0", "z"] {
        assert_reads(&CARTE_ID, number, number);
    }
    assert_reads(&CARTE_ID, " 11111\t", "11111");
}

#[test]
fn a_card_number_has_only_ascii_letters_and_digits() {
    for text in ["12 34", "12-34", "AB_1", "AB.1", "é1", "رقم", "١٢٣", "１２", "1\u{200b}2", "'--"] {
        assert_malformed(&CARTE_ID, text);
    }
}

#[test]
fn a_card_number_has_at_most_64_characters() {
    let longest = "A".repeat(64);
    assert_reads(&CARTE_ID, &longest, &longest);
    assert_eq!((CARTE_ID.read)(&"A".repeat(65)), Err(FieldError::TooLong { max: 64 }));
}
