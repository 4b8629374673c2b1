//! Requests that are repeated with their key.

mod password;
mod register;

use chrono::TimeDelta;
use sihha_domain::idempotency::{ContentDigest, IdempotencyKey, IdempotentRequest, PurgeIdempotencyRecords};
use sihha_domain::testing::patient;

use crate::context::{TestContext, registration};

/// Returns a request with this key and content.
fn request(key: &str, content: &str) -> IdempotentRequest {
    let key = IdempotencyKey::parse(key).expect("valid");
    IdempotentRequest { key, content: ContentDigest::of(content.as_bytes()) }
}

#[test]
fn a_key_is_1_to_255_visible_ascii_characters() {
    for text in ["a", "8e03978e-40d5-43dd-bc93-6894a57f9324", &"x".repeat(255)] {
        assert!(IdempotencyKey::parse(text).is_some(), "{text}");
    }
    for text in ["", " ", "a b", "é", "a\tb", "a\u{7f}", "a\"b", "a\\b", &"x".repeat(256)] {
        assert_eq!(IdempotencyKey::parse(text), None, "{text}");
    }
}

#[test]
fn a_record_is_purged_after_a_day() {
    let context = TestContext::new();
    let register = registration("amina@example.com", patient());
    context.try_register_as(register, Some(&request("a-key", "amina"))).expect("registered");
    let (store, clock) = (context.store.clone(), context.clock.clone());
    let purge = PurgeIdempotencyRecords { store, clock, batch_size: 1000 };
    context.clock.advance(TimeDelta::hours(24));
    assert_eq!(purge.batch(), Ok(0));
    context.clock.advance(TimeDelta::seconds(1));
    assert_eq!([purge.batch(), purge.batch()], [Ok(1), Ok(0)]);
}
