use super::Measure;
use crate::fixture::Fixture;
use crate::process::{Place, Process};
use crate::report::{Reach, Row};
use crate::stats::{Figures, Spread};

/// Number of starts in a round. Their median is the figure.
const STARTS: usize = 3;

/// The time from `exec` to the first success of `/health/ready`.
pub(super) struct Start {
    external: Place,
    embedded: Place,
}

impl Start {
    pub(super) fn new(fixture: &Fixture) -> anyhow::Result<Self> {
        let external = Place::Url(fixture.postgres.url(&fixture.accounts.database));
        let embedded = Place::Folder(fixture.postgres.folder().join("embedded"));
        // The first start creates the database, so it takes longer than a restart.
        Process::service(&fixture.binary, &embedded)?.stop()?;
        Ok(Self { external, embedded })
    }
}

impl Measure for Start {
    fn name(&self) -> &'static str {
        "start"
    }

    fn round(&mut self, fixture: &Fixture) -> anyhow::Result<Figures> {
        let mut figures = Figures::new();
        for (name, place) in [("external ms", &self.external), ("embedded ms", &self.embedded)] {
            let mut times = Vec::new();
            for _ in 0..STARTS {
                let service = Process::service(&fixture.binary, place)?;
                times.push(Figures::from([("ms", service.ready_after.as_secs_f64() * 1000.0)]));
                service.stop()?;
            }
            figures.extend(Spread::named(&times, "ms").map(|spread| (name, spread.median)));
        }
        Ok(figures)
    }

    fn rows(&self, rounds: &[Figures]) -> Vec<Row> {
        let row = |title: &str, name, reach| Row {
            title: title.to_owned(),
            unit: "ms",
            measured: Spread::named(rounds, name),
            beside: None,
            beside_is: "",
            judged: Spread::named(rounds, name),
            reach: Reach::AtMost(reach),
        };
        vec![
            row("from exec to ready, external Postgres", "external ms", 60.0),
            row("from exec to ready, embedded Postgres, warm", "embedded ms", 400.0),
        ]
    }
}
