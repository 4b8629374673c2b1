use std::panic::catch_unwind;

use sihha_domain::testing::MemoryStore;
use sihha_domain::testing::conformance::CASES;

#[test]
fn the_store_in_memory_conforms_to_every_case() {
    let failed: Vec<_> = CASES
        .iter()
        .filter(|(_, case)| catch_unwind(|| case(&MemoryStore::default())).is_err())
        .map(|(name, _)| name)
        .collect();
    assert!(failed.is_empty(), "failed: {failed:#?}");
}
