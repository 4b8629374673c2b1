//! What every clock MUST do.

use chrono::SubsecRound;

use super::case::Case;
use crate::clock::Clock;

/// The cases.
pub const CASES: &[Case<dyn Clock>] = &[("the_time_has_whole_microseconds", whole_microseconds)];

fn whole_microseconds(clock: &dyn Clock) {
    for _ in 0..100 {
        let now = clock.now();
        assert_eq!(now, now.trunc_subsecs(6));
    }
}
