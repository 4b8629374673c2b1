use chrono::DateTime;
use proptest::prelude::*;
use sihha_domain::ids::{ProfileId, TokenId};
use sihha_domain::randomness::Randomness;
use sihha_domain::testing::SequenceRandomness;
use uuid::Variant;

/// Bytes that are all equal.
struct Repeating(u8);

impl Randomness for Repeating {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(self.0);
    }
}

fn profile_id(millis: i64, randomness: &dyn Randomness) -> ProfileId {
    ProfileId::generate(DateTime::from_timestamp_millis(millis).expect("in range"), randomness)
}

/// Generates milliseconds that both the 48 bits of a `UUIDv7` and `chrono` can represent.
fn millis() -> impl Strategy<Value = i64> {
    0..8_000_000_000_000_i64
}

proptest! {
    #[test]
    fn a_profile_id_is_a_uuid_of_version_7_with_the_milliseconds_of_the_clock(
        millis in millis(), byte in any::<u8>(),
    ) {
        let uuid = profile_id(millis, &Repeating(byte)).as_uuid();
        prop_assert_eq!((uuid.get_version_num(), uuid.get_variant()), (7, Variant::RFC4122));
        prop_assert_eq!(uuid.as_u128() >> 80, u128::try_from(millis)?);
    }

    #[test]
    fn profile_ids_sort_by_time_whatever_the_random_bits_are(
        earlier in millis(), by in 1..1_000_000_i64,
    ) {
        let first = profile_id(earlier, &Repeating(0xff));
        let second = profile_id(earlier + by, &Repeating(0));
        prop_assert!(first < second, "{first} {second}");
        prop_assert!(first.to_string() < second.to_string(), "as text: {first} {second}");
    }

    #[test]
    fn a_token_id_is_written_as_32_hex_digits_and_read_back(start in any::<u64>()) {
        let id = TokenId::generate(&SequenceRandomness::starting_at(start >> 1));
        let text = id.to_string();
        prop_assert_eq!(text.len(), 32);
        prop_assert!(text.bytes().all(|b| b.is_ascii_hexdigit() && !b.is_ascii_uppercase()), "{}", text);
        prop_assert_eq!(TokenId::parse(&text), Some(id));
    }

    #[test]
    fn a_token_id_is_written_as_it_was_read(text in "[0-9a-fA-F+]{30,34}|[0-9a-f]{32}|.*") {
        if let Some(id) = TokenId::parse(&text) {
            prop_assert_eq!(id.to_string(), text);
        }
    }
}

#[test]
fn profile_ids_of_one_millisecond_differ_in_their_random_bits() {
    let randomness = SequenceRandomness::default();
    assert_ne!(profile_id(0x01a2_07bd_aa3b, &randomness), profile_id(0x01a2_07bd_aa3b, &randomness));
}

#[test]
fn a_profile_id_is_a_hyphenated_uuid_and_is_restored_from_it() {
    let id = profile_id(0x01a2_07bd_aa3b, &Repeating(0xab));
    assert_eq!(id.to_string(), "01a207bd-aa3b-7bab-abab-abababababab");
    assert_eq!(ProfileId::from_uuid(id.as_uuid()), id);
}

#[test]
fn a_token_id_has_128_random_bits_and_keeps_its_leading_zeros() {
    assert_eq!(TokenId::generate(&Repeating(0xc3)).to_string(), "c3".repeat(16));
    assert_eq!(TokenId::generate(&Repeating(0x05)).to_string(), "05".repeat(16));
}

#[test]
fn text_in_upper_case_or_of_another_length_is_not_a_token_id() {
    for text in [
        "",
        &"0".repeat(31),
        &"0".repeat(33),
        &"AB".repeat(16),
        &"0g".repeat(16),
        &format!("+{}", "0".repeat(31)),
        &format!(" {}", "0".repeat(31)),
        &"\u{661}".repeat(16),
        "01938d3c-86db-7bab-abab-abababababab",
    ] {
        assert_eq!(TokenId::parse(text), None, "{text}");
    }
}
