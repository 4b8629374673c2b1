//! The measures. Each file has one row of the table, or several related rows.

mod calls;
mod floor;
mod hashes;
mod instances;
mod overload;
mod peer;
mod scale;
mod start;
mod storm;

use crate::fixture::Fixture;
use crate::report::{Reach, Row};
use crate::scheduling::Arrangement;
use crate::stats::Figures;

pub(crate) use self::scale::{HEADING as SCALE, run as scale};

/// A measure, which is repeated in each round.
pub(crate) trait Measure {
    /// Returns the name for `--only`.
    fn name(&self) -> &'static str;

    /// Returns the title of the table.
    fn heading(&self) -> &'static str {
        "Against the limits of the machine"
    }

    /// Returns whether the measure arranges the processes itself. Otherwise all are in one control
    /// group.
    fn arranges_itself(&self) -> bool {
        false
    }

    /// Measures the figures of the service and of the limit.
    fn round(&mut self, fixture: &Fixture) -> anyhow::Result<Figures>;

    /// Returns the rows of the table for all rounds.
    fn rows(&self, rounds: &[Figures]) -> Vec<Row>;
}

/// The names of all measures, in the order of their runs.
pub(crate) const NAMES: [&str; 14] = [
    "login",
    "register",
    "me",
    "refresh",
    "verify",
    "storm",
    "storm-two-groups",
    "storm-one-group",
    "floor",
    "floor-one-group",
    "overload",
    "start",
    "instances",
    "django",
];

/// Maximum factor by which a storm may increase the p99 of reads. Two control groups have the same
/// target as the kernel's default.
const STORM: Reach = Reach::AtMost(3.0);

/// Returns the measure of that name, prepared.
pub(crate) fn prepare(name: &str, fixture: &Fixture) -> anyhow::Result<Box<dyn Measure>> {
    Ok(match name {
        "login" => Box::new(hashes::Hashes::login(fixture)?),
        "register" => Box::new(hashes::Hashes::register()),
        "me" => Box::new(calls::Calls::me(fixture)?),
        "refresh" => Box::new(calls::Calls::refresh(fixture)?),
        "verify" => Box::new(calls::Calls::verify(fixture)?),
        "storm" => Box::new(storm::Storm::new(fixture, "storm", Arrangement::Autogroups, STORM)?),
        "storm-two-groups" => {
            Box::new(storm::Storm::new(fixture, "storm-two-groups", Arrangement::TwoGroups, STORM)?)
        }
        "storm-one-group" => {
            Box::new(storm::Storm::new(fixture, "storm-one-group", Arrangement::OneGroup, Reach::Reported)?)
        }
        "floor" => Box::new(floor::Floor::new(fixture, "floor", Arrangement::Autogroups)?),
        "floor-one-group" => Box::new(floor::Floor::new(fixture, "floor-one-group", Arrangement::OneGroup)?),
        "overload" => Box::new(overload::Overload::new(fixture)?),
        "start" => Box::new(start::Start::new(fixture)?),
        "instances" => Box::new(instances::Instances::new(fixture)?),
        "django" => Box::new(peer::Peer::django(fixture)?),
        other => anyhow::bail!("there is no measure {other}; there are {}", NAMES.join(", ")),
    })
}
