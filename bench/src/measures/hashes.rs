use super::Measure;
use crate::conversations::Register;
use crate::fixture::{CONNECTIONS, Fixture, logins};
use crate::limits::{hashes_per_second, hashes_per_second_beside};
use crate::load::{Conversation, Crowd, Span};
use crate::report::{Reach, Row};
use crate::shares::shares_while;
use crate::stats::{Figures, Spread};

/// A call whose main cost is a password hash, compared with hashes alone.
pub(super) struct Hashes {
    name: &'static str,
    title: &'static str,
    status: u16,
    reach: f64,
    crowd: Crowd,
    /// The statements of the call, for pgbench.
    script: &'static str,
}

impl Hashes {
    pub(super) fn login(fixture: &Fixture) -> anyhow::Result<Self> {
        Ok(Self {
            name: "login",
            title: "login, right password",
            status: 200,
            reach: 0.95,
            crowd: logins(&fixture.accounts, CONNECTIONS, &[200])?,
            script: include_str!("../../sql/login.sql"),
        })
    }

    pub(super) fn register() -> Self {
        let patients = (0..CONNECTIONS).map(|_| -> Box<dyn Conversation> { Box::new(Register) });
        Self {
            name: "register",
            title: "register",
            status: 201,
            reach: 0.92,
            crowd: Crowd::new(patients),
            script: include_str!("../../sql/register.sql"),
        }
    }
}

impl Measure for Hashes {
    fn name(&self) -> &'static str {
        self.name
    }

    fn round(&mut self, fixture: &Fixture) -> anyhow::Result<Figures> {
        // Before and after, because the speed of a shared machine changes within a round by more
        // than the difference to measure.
        let half = Span { measured: fixture.span.measured / 2, ..fixture.span };
        let before = hashes_per_second(half)?;
        let load = || self.crowd.closed(fixture.service.address, fixture.span);
        let (outcome, shares) = shares_while(fixture.service.id(), fixture.postgres.id(), load)?;
        let rate = outcome.rate(self.status);
        let limit = f64::midpoint(before, hashes_per_second(half)?);
        let beside =
            hashes_per_second_beside(&fixture.postgres, &fixture.accounts, self.script, rate, fixture.span)?;
        let p99 = outcome.milliseconds(self.status, 0.99);
        let mut figures = shares;
        figures.extend([("service", rate), ("limit", limit), ("beside sql", beside), ("p99 ms", p99)]);
        Ok(figures)
    }

    fn rows(&self, rounds: &[Figures]) -> Vec<Row> {
        let row = |title: String, beside, beside_is, reach| Row {
            title,
            unit: "/s",
            measured: Spread::named(rounds, "service"),
            beside: Spread::named(rounds, beside),
            beside_is,
            judged: Spread::ratio(rounds, "service", beside),
            reach,
        };
        let shared = format!("{}, where Postgres has its share", self.title);
        vec![
            row(self.title.to_owned(), "limit", "argon2id alone", Reach::AtLeast(self.reach)),
            row(shared, "beside sql", "argon2id beside the same SQL", Reach::Reported),
            Row {
                title: format!("{}, share of the cores that its hashes had", self.title),
                unit: "",
                measured: Spread::named(rounds, "hashing share"),
                beside: None,
                beside_is: "",
                judged: Spread::named(rounds, "hashing share"),
                reach: Reach::Reported,
            },
        ]
    }
}
