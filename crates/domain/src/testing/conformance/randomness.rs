//! What every source of randomness MUST do. That its bytes are unpredictable, no test can show.

use std::collections::HashSet;

use super::case::Case;
use crate::randomness::Randomness;

/// The cases.
pub const CASES: &[Case<dyn Randomness>] = &[("no_two_draws_are_equal", draws_differ)];

fn draws_differ(randomness: &dyn Randomness) {
    let draw = || {
        let mut bytes = [0; 16];
        randomness.fill(&mut bytes);
        bytes
    };
    let draws: HashSet<_> = std::iter::repeat_with(draw).take(1000).collect();
    assert_eq!(draws.len(), 1000);
    randomness.fill(&mut []);
}
