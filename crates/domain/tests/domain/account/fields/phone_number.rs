use proptest::collection::vec;
use proptest::prelude::*;
use sihha_domain::FieldError;
use sihha_domain::account::{EmergencyNumbers, PhoneNumber};

use super::{PHONE_NUMBER, assert_malformed, assert_reads};

#[test]
fn numbers_are_kept_as_written() {
    for number in [
        "555-1234",
        "0552987332",
        "021 96 06 06",
        "+213 (0)21 55-12-34",
        "0552.98.73.32",
        "021/96/06/06",
        "*111#",
        "14",
        "٠٥٥٢٩٨٧٣٣٢",
        "۰۵۵۲ ۹۸",
    ] {
        assert_reads(&PHONE_NUMBER, number, number);
    }
    assert_reads(&PHONE_NUMBER, " 0552987332\n", "0552987332");
}

#[test]
fn text_that_nobody_can_dial_is_rejected() {
    for text in
        ["5", "+", "--", "n/a", "call me", "0552 98 73 3x", "0552;98", "=1+1", "05,52", "tel:0552987332"]
    {
        assert_malformed(&PHONE_NUMBER, text);
    }
}

#[test]
fn digits_of_other_scripts_are_rejected() {
    for text in ["५५५१२३४", "໐໑໒", "𝟎𝟓𝟓𝟐", "²³", "½¼", "ⅧⅨ", "①②", "五五", "055²"]
    {
        assert_malformed(&PHONE_NUMBER, text);
    }
}

/// Characters that telephones and messengers copy along with a number.
const DIRECTION_MARKS: &str = "\u{61c}\u{200e}\u{200f}\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}\u{feff}\u{200b}\u{ad}\u{2066}\u{2067}\u{2068}\u{2069}";

#[test]
fn pasted_direction_marks_are_removed() {
    for mark in DIRECTION_MARKS.chars() {
        let pasted = format!(" {mark} +213{mark} 552{mark}{mark} ");
        assert_reads(&PHONE_NUMBER, &pasted, "+213 552");
    }
    assert_eq!((PHONE_NUMBER.read)(DIRECTION_MARKS), Err(FieldError::Required));
    assert_reads(&PHONE_NUMBER, &format!("{DIRECTION_MARKS}{}", "0".repeat(32)), &"0".repeat(32));
}

#[test]
fn other_spaces_dashes_and_full_width_characters_become_plain() {
    assert_reads(&PHONE_NUMBER, "\u{202f}021\u{a0}96\u{202f}06 06\u{a0}", "021 96 06 06");
    for space in ["\u{2003}", "\u{2007}", "\u{3000}", "\u{1680}", "\t"] {
        assert_reads(&PHONE_NUMBER, &format!("021{space}96"), "021 96");
    }
    for dash in ["\u{2010}", "\u{2011}", "\u{2013}", "\u{2014}", "\u{2212}", "\u{fe63}", "\u{ff0d}"] {
        assert_reads(&PHONE_NUMBER, &format!("021{dash}96"), "021-96");
    }
    assert_reads(&PHONE_NUMBER, "（＋２１３）５５２／９８", "(+213)552/98");
    assert_malformed(&PHONE_NUMBER, "０５５２ｘ");
}

proptest! {
    #[test]
    fn pasted_marks_do_not_change_a_number(
        pieces in vec(("[+]?[0-9٠-٩۰-۹]{1,3}", "[\u{a0}\u{202f} ]", 0..9_usize), 2..8),
    ) {
        let plain: Vec<&str> = pieces.iter().map(|(digits, ..)| digits.as_str()).collect();
        let pasted: Vec<String> = pieces
            .iter()
            .map(|(digits, space, mark)| {
                let mark = DIRECTION_MARKS.chars().nth(*mark).expect("a mark");
                format!("{mark}{digits}{mark}{space}{mark}")
            })
            .collect();
        prop_assert_eq!(PhoneNumber::parse(&pasted.concat()), PhoneNumber::parse(&plain.join(" ")));
    }
}

#[test]
fn a_number_has_at_most_32_characters() {
    let longest = "٠".repeat(32);
    assert_reads(&PHONE_NUMBER, &longest, &longest);
    assert_eq!((PHONE_NUMBER.read)(&"0".repeat(33)), Err(FieldError::TooLong { max: 32 }));
}

fn key(text: &str) -> String {
    PhoneNumber::parse(text).expect("a number").key()
}

#[test]
fn spellings_of_one_number_have_the_same_key() {
    for spelling in [
        "0552987332",
        "05 52 98 73 32",
        "+213552987332",
        "+213 (0)552-98-73-32",
        "(+213) 0552 98 73 32",
        "00213552987332",
        "00 213 0552.98.73.32",
        "213552987332",
        "552987332",
        "٠٥٥٢٩٨٧٣٣٢",
        "۰۵۵۲۹۸۷۳۳۲",
        "+٢١٣ (٠)٥٥٢ ٩٨ ٧٣ ٣٢",
    ] {
        assert_eq!(key(spelling), "213552987332", "{spelling}");
    }
    for spelling in ["021 96 06 06", "+213 (0)21/96/06/06", "21960606", "21321960606"] {
        assert_eq!(key(spelling), "21321960606", "{spelling}");
    }
}

#[test]
fn foreign_and_short_numbers_keep_their_digits() {
    for (spelling, expected) in [
        ("+33 (0)6 12 34 56 78", "33612345678"),
        ("0033612345678", "33612345678"),
        ("+1 (213) 555-0100", "12135550100"),
        ("+216 71 123 456", "21671123456"),
        ("14", "14"),
        ("*111#", "111"),
        ("555-1234", "5551234"),
        ("00", "00"),
    ] {
        assert_eq!(key(spelling), expected, "{spelling}");
    }
    assert_eq!(PhoneNumber::on_record("aucun".into()).key(), "");
}

proptest! {
    #[test]
    fn the_prefix_separators_and_digits_make_no_difference(national in "[2-7][0-9]{8}", separator in "[ ./-]{0,1}") {
        let spaced: Vec<String> = national.chars().map(|digit| format!("{digit}{separator}")).collect();
        let arabic = |c: char| char::from_u32(0x660 + c.to_digit(10).expect("a digit")).expect("a digit");
        for prefix in ["0", "+213", "00213", "+213 (0)", "+213 0", "213"] {
            let spelling: String = format!("{prefix}{}", spaced.concat()).trim_end_matches(['/', '-', '.']).into();
            prop_assert_eq!(key(&spelling), format!("213{national}"));
            let spelling: String = spelling.chars().map(|c| if c.is_ascii_digit() { arabic(c) } else { c }).collect();
            prop_assert_eq!(key(&spelling), format!("213{national}"));
        }
    }

    #[test]
    fn every_text_on_record_has_a_key_of_digits(text in ".{0,40}") {
        prop_assert!(PhoneNumber::on_record(text).key().bytes().all(|b| b.is_ascii_digit()));
    }
}

fn numbers(count: usize) -> Vec<PhoneNumber> {
    (10..10 + count).map(|number| PhoneNumber::parse(&number.to_string()).expect("a number")).collect()
}

#[test]
fn at_most_ten_emergency_numbers_keep_their_order() {
    let ten = EmergencyNumbers::new(numbers(10)).unwrap();
    assert_eq!(ten.iter().collect::<Vec<_>>(), ["10", "11", "12", "13", "14", "15", "16", "17", "18", "19"]);
    assert_eq!(EmergencyNumbers::new(numbers(11)), Err(FieldError::TooMany { max: 10 }));
}

#[test]
fn emergency_numbers_are_optional() {
    assert_eq!(EmergencyNumbers::new(Vec::new()), Ok(EmergencyNumbers::default()));
    assert_eq!(EmergencyNumbers::default().iter().count(), 0);
}
