use std::collections::HashSet;

use sihha_domain::staff::{OtpSecret, RecoveryCode};
use sihha_domain::testing::SequenceRandomness;

#[test]
fn a_recovery_code_has_140_random_bits_in_groups_and_a_digest() {
    let randomness = SequenceRandomness::default();
    let codes: Vec<_> = (0..40).map(|_| RecoveryCode::generate(&randomness)).collect();
    for code in &codes {
        let groups: Vec<_> = code.expose().split('-').collect();
        assert!(groups.len() == 7 && groups.iter().all(|group| group.len() == 4), "{}", code.expose());
        assert!(code.expose().chars().all(|c| matches!(c, 'A'..='Z' | '2'..='7' | '-')), "{}", code.expose());
        assert!(!format!("{code:?}").contains(code.expose()), "codes are never printed");
    }
    let digests: HashSet<_> = codes.iter().map(|code| *code.digest().as_bytes()).collect();
    assert_eq!(digests.len(), 32, "each of the 32 characters occurs");
}

#[test]
fn a_secret_has_the_length_of_the_hash_and_is_never_printed() {
    let secret = OtpSecret::generate(&SequenceRandomness::starting_at(77));
    assert_eq!(secret.expose().len(), 20);
    assert!(!format!("{secret:?}").contains("77"));
}
