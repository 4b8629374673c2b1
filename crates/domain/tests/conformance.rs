//! The conformance suites, run on the adapters in memory.

use libtest_mimic::{Arguments, Trial};
use sihha_domain::testing::conformance::{self, Hashers, tests};
use sihha_domain::testing::{
    FixedClock, MemoryStore, PlainHasher, PlainIssuer, PlainSecretBox, PlainStaffIssuer, SequenceRandomness,
};

fn main() {
    let tests = [
        tests("memory_store", &conformance::STORE.concat(), |case| case(&MemoryStore::default())),
        tests("plain_hasher", conformance::HASHER, |case| {
            case(&Hashers {
                current: Box::new(PlainHasher::default()),
                previous: Box::new(PlainHasher { generation: 1 }),
            });
        }),
        tests("plain_issuer", conformance::ISSUER, |case| case(&PlainIssuer::default())),
        tests("plain_staff_issuer", conformance::STAFF_ISSUER, |case| case(&PlainStaffIssuer::default())),
        tests("plain_secret_box", conformance::SECRET_BOX, |case| case(&PlainSecretBox::default())),
        tests("fixed_clock", conformance::CLOCK, |case| {
            case(&FixedClock::at("2026-11-23T09:30:00.123456789Z"));
        }),
        tests("sequence_randomness", conformance::RANDOMNESS, |case| case(&SequenceRandomness::default())),
    ];
    let trial = |test: conformance::Test| {
        Trial::test(test.name, move || {
            (test.run)();
            Ok(())
        })
    };
    libtest_mimic::run(&Arguments::from_args(), tests.into_iter().flatten().map(trial).collect()).exit();
}
