use std::thread;

use anyhow::anyhow;

use super::Measure;
use crate::fixture::{CONNECTIONS, Fixture, readers};
use crate::load::Crowd;
use crate::machine::busy_while;
use crate::process::Process;
use crate::report::{Reach, Row};
use crate::stats::{Figures, Spread};

/// Two instances on one Postgres, compared with one. If one keeps all cores busy, a second adds
/// nothing. The share of busy time shows this.
pub(super) struct Instances {
    second: Process,
    all: Crowd,
    halves: [Crowd; 2],
}

impl Instances {
    pub(super) fn new(fixture: &Fixture) -> anyhow::Result<Self> {
        let crowd = |connections| readers(&fixture.accounts, connections);
        let halves = [crowd(CONNECTIONS / 2)?, crowd(CONNECTIONS / 2)?];
        Ok(Self { second: fixture.another()?, all: crowd(CONNECTIONS)?, halves })
    }
}

impl Measure for Instances {
    fn name(&self) -> &'static str {
        "instances"
    }

    fn round(&mut self, fixture: &Fixture) -> anyhow::Result<Figures> {
        let (first, second, span) = (fixture.service.address, self.second.address, fixture.span);
        let (one, busy_by_one) = busy_while(|| self.all.closed(first, span))?;
        let [here, there] = &mut self.halves;
        let (two, busy_by_two) = busy_while(|| {
            thread::scope(|scope| {
                let there = scope.spawn(|| there.closed(second, span));
                let here = here.closed(first, span);
                let there = there.join().map_err(|_| anyhow!("a load panicked"))?;
                Ok(here?.rate(200) + there?.rate(200))
            })
        })?;
        let one = one.rate(200);
        Ok([("one", one), ("two", two), ("busy by one", busy_by_one), ("busy by two", busy_by_two)].into())
    }

    fn rows(&self, rounds: &[Figures]) -> Vec<Row> {
        let busy = Spread::named(rounds, "busy by one").map_or(0.0, |busy| busy.median * 100.0);
        vec![Row {
            title: format!(
                "GET /api/me, two instances on one Postgres (one keeps the machine {busy:.0} % busy)"
            ),
            unit: "/s",
            measured: Spread::named(rounds, "two"),
            beside: Spread::named(rounds, "one"),
            beside_is: "one instance",
            judged: Spread::ratio(rounds, "two", "one"),
            reach: Reach::Reported,
        }]
    }
}
