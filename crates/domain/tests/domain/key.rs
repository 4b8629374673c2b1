use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use sihha_domain::key::{FindUnknownKeys, RecordKeyUse, SigningKeys};
use sihha_domain::testing::patient;

use crate::context::TestContext;

const LONGEST_TOKEN: TimeDelta = TimeDelta::hours(24);

/// The only key of a service.
struct OneKey(&'static str);

impl SigningKeys for OneKey {
    fn signers(&self, _: DateTime<Utc>, _: DateTime<Utc>) -> Vec<String> {
        vec![self.0.to_owned()]
    }

    fn verifies(&self, key: &str, _: DateTime<Utc>) -> bool {
        self.0 == key
    }
}

fn recorder(context: &TestContext, key: &'static str) -> RecordKeyUse {
    RecordKeyUse {
        store: context.store.clone(),
        keys: Arc::new(OneKey(key)),
        clock: context.clock.clone(),
        longest_token: LONGEST_TOKEN,
    }
}

fn unknown(context: &TestContext, key: &'static str) -> Vec<String> {
    let find = FindUnknownKeys {
        store: context.store.clone(),
        keys: Arc::new(OneKey(key)),
        clock: context.clock.clone(),
    };
    find.run().expect("readable").into_iter().map(|key_use| key_use.key).collect()
}

#[test]
fn a_key_is_reported_as_unknown_while_a_session_that_it_signed_is_live() {
    let context = TestContext::new();
    let first = recorder(&context, "first");
    let recorded = first.run().expect("recorded");
    assert_eq!(unknown(&context, "second"), Vec::<String>::new(), "nobody has logged in");
    context.clock.advance(TimeDelta::seconds(30));
    context.register("amina@example.com", patient());
    first.end(&recorded).expect("ended");
    assert_eq!(unknown(&context, "first"), Vec::<String>::new());
    assert_eq!(unknown(&context, "second"), ["first"]);
    context.clock.advance(LONGEST_TOKEN);
    assert_eq!(unknown(&context, "second"), Vec::<String>::new(), "its tokens have expired");
}

#[test]
fn a_key_that_no_longer_signs_is_not_needed_for_later_sessions() {
    let context = TestContext::new();
    let first = recorder(&context, "first");
    let recorded = first.run().expect("recorded");
    context.clock.advance(TimeDelta::seconds(1));
    first.end(&recorded).expect("ended");
    context.clock.advance(TimeDelta::seconds(1));
    context.register("amina@example.com", patient());
    assert_eq!(unknown(&context, "second"), Vec::<String>::new());
}

#[test]
fn a_killed_service_has_recorded_its_key_in_advance() {
    let context = TestContext::new();
    recorder(&context, "first").run().expect("recorded");
    context.clock.advance(RecordKeyUse::AHEAD);
    context.register("amina@example.com", patient());
    assert_eq!(unknown(&context, "second"), ["first"]);
}

#[test]
fn a_service_that_stops_does_not_end_the_key_use_of_another_service() {
    let context = TestContext::new();
    let (one, other) = (recorder(&context, "first"), recorder(&context, "first"));
    let recorded = one.run().expect("recorded");
    context.clock.advance(TimeDelta::seconds(1));
    other.run().expect("recorded");
    one.end(&recorded).expect("ended");
    context.clock.advance(TimeDelta::seconds(1));
    context.register("amina@example.com", patient());
    assert_eq!(unknown(&context, "second"), ["first"]);
}
