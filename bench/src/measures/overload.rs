use super::Measure;
use crate::fixture::{CONNECTIONS, Fixture, logins};
use crate::load::Crowd;
use crate::report::{Reach, Row};
use crate::stats::{Figures, Spread};

/// Number of logins that arrive, as a multiple of the capacity.
const TIMES: f64 = 10.0;
/// More connections than the service lets wait, so that the service refuses some logins.
const CONNECTIONS_OF_OVERLOAD: u64 = 512;

/// Ten times as many logins as the machine can hash. Admitted logins must wait no longer than at
/// capacity, and the others must be refused quickly.
pub(super) struct Overload {
    capacity: Crowd,
    overload: Crowd,
}

impl Overload {
    pub(super) fn new(fixture: &Fixture) -> anyhow::Result<Self> {
        Ok(Self {
            capacity: logins(&fixture.accounts, CONNECTIONS, &[200])?,
            overload: logins(&fixture.accounts, CONNECTIONS_OF_OVERLOAD, &[200, 503])?,
        })
    }
}

impl Measure for Overload {
    fn name(&self) -> &'static str {
        "overload"
    }

    fn round(&mut self, fixture: &Fixture) -> anyhow::Result<Figures> {
        let address = fixture.service.address;
        let capacity = self.capacity.closed(address, fixture.span)?;
        let rate = capacity.rate(200) * TIMES;
        let overload = self.overload.open(address, rate, fixture.span)?;
        Ok([
            ("capacity/s", capacity.rate(200)),
            ("capacity p99 ms", capacity.milliseconds(200, 0.99)),
            ("due/s", rate),
            ("served/s", overload.rate(200)),
            ("served p99 ms", overload.milliseconds(200, 0.99)),
            ("refused/s", overload.rate(503)),
            ("refused p99 ms", overload.milliseconds(503, 0.99)),
            ("refused last ms", overload.milliseconds(503, 1.0)),
        ]
        .into())
    }

    fn rows(&self, rounds: &[Figures]) -> Vec<Row> {
        let served = Row {
            title: "p99 of login at 10 times overload".to_owned(),
            unit: "ms",
            measured: Spread::named(rounds, "served p99 ms"),
            beside: Spread::named(rounds, "capacity p99 ms"),
            beside_is: "at capacity",
            judged: Spread::ratio(rounds, "served p99 ms", "capacity p99 ms"),
            reach: Reach::AtMost(2.0),
        };
        let refused = Row {
            title: "p99 of the refusals (503) meanwhile".to_owned(),
            unit: "ms",
            measured: Spread::named(rounds, "refused p99 ms"),
            beside: Spread::named(rounds, "refused last ms"),
            beside_is: "the very last",
            judged: Spread::named(rounds, "refused p99 ms"),
            reach: Reach::AtMost(50.0),
        };
        vec![served, refused]
    }
}
