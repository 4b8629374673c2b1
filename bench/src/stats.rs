//! Statistics over the rounds of a measure.

use std::collections::BTreeMap;

use serde::Serialize;

/// The figures of one round, by name.
pub(crate) type Figures = BTreeMap<&'static str, f64>;

/// A median, with the minimum and the maximum.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Spread {
    /// The median, which is compared with the target.
    pub(crate) median: f64,
    /// The minimum.
    pub(crate) min: f64,
    /// The maximum.
    pub(crate) max: f64,
}

impl Spread {
    /// Returns the summary of one figure over all rounds that have it. `None` if no round has it.
    pub(crate) fn of(rounds: &[Figures], figure: impl Fn(&Figures) -> Option<f64>) -> Option<Self> {
        let mut values: Vec<f64> = rounds.iter().filter_map(figure).collect();
        values.sort_by(f64::total_cmp);
        let (min, max) = (*values.first()?, *values.last()?);
        // An even number of values has two in the middle.
        let (low, high) = (*values.get((values.len() - 1) / 2)?, *values.get(values.len() / 2)?);
        Some(Self { median: f64::midpoint(low, high), min, max })
    }

    /// Returns the summary of a named figure.
    pub(crate) fn named(rounds: &[Figures], name: &str) -> Option<Self> {
        Self::of(rounds, |round| round.get(name).copied())
    }

    /// Returns the summary of one named figure divided by another of the same round.
    pub(crate) fn ratio(rounds: &[Figures], of: &str, to: &str) -> Option<Self> {
        Self::of(rounds, |round| Some(round.get(of)? / round.get(to)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rounds(values: &[f64]) -> Vec<Figures> {
        values.iter().map(|value| Figures::from([("service", *value), ("limit", 10.0)])).collect()
    }

    #[test]
    fn the_median_is_the_middle_of_the_rounds() {
        let spread = Spread { median: 3.0, min: 1.0, max: 9.0 };
        assert_eq!(Spread::named(&rounds(&[9.0, 1.0, 3.0]), "service"), Some(spread));
        let spread = Spread { median: 2.0, min: 1.0, max: 3.0 };
        assert_eq!(Spread::named(&rounds(&[3.0, 1.0]), "service"), Some(spread));
        assert_eq!(Spread::named(&rounds(&[3.0]), "absent"), None);
    }

    #[test]
    fn a_ratio_is_taken_within_a_round() {
        let ratio = Spread::ratio(&rounds(&[5.0, 10.0, 20.0]), "service", "limit");
        assert_eq!(ratio, Some(Spread { median: 1.0, min: 0.5, max: 2.0 }));
    }
}
