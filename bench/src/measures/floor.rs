use std::thread;

use anyhow::anyhow;

use super::Measure;
use crate::conversations::{Prepared, get};
use crate::fixture::{CONNECTIONS, Fixture, logins};
use crate::load::{Conversation, Crowd, Outcome, Span};
use crate::process::Process;
use crate::report::{Reach, Row};
use crate::scheduling::Arrangement;
use crate::stats::{Figures, Spread};

/// The share of their rate that logins must keep under any other load.
const LEAST: f64 = 1.0 / 3.0;

/// Logins during a full load of calls that hash no password.
pub(super) struct Floor {
    name: &'static str,
    arrangement: Arrangement,
    logins: Crowd,
    others: Crowd,
}

impl Floor {
    pub(super) fn new(
        fixture: &Fixture,
        name: &'static str,
        arrangement: Arrangement,
    ) -> anyhow::Result<Self> {
        let live = || -> Box<dyn Conversation> {
            Box::new(Prepared::new(vec![get("/health/live", "none")], &[200]))
        };
        let others = Crowd::new((0..CONNECTIONS).map(|_| live()));
        Ok(Self { name, arrangement, logins: logins(&fixture.accounts, CONNECTIONS, &[200])?, others })
    }

    fn measure(&mut self, service: &Process, span: Span) -> anyhow::Result<Figures> {
        let address = service.address;
        let alone = self.logins.closed(address, span)?;
        let whole = Span { measured: span.measured + span.warm_up / 2, ..span };
        let (beside, others) = thread::scope(|scope| {
            let others = scope.spawn(|| self.others.closed(address, whole));
            let beside = self.logins.closed(address, span);
            (beside, others.join().map_err(|_| anyhow!("the other load panicked")))
        });
        let (beside, others): (Outcome, Outcome) = (beside?, others??);
        Ok([("alone", alone.rate(200)), ("beside", beside.rate(200)), ("others", others.rate(200))].into())
    }
}

impl Measure for Floor {
    fn name(&self) -> &'static str {
        self.name
    }

    fn arranges_itself(&self) -> bool {
        true
    }

    fn round(&mut self, fixture: &Fixture) -> anyhow::Result<Figures> {
        fixture.with_another(self.arrangement, |service| self.measure(service, fixture.span))
    }

    fn rows(&self, rounds: &[Figures]) -> Vec<Row> {
        vec![Row {
            title: format!("login beside 64 connections on /health/live, {}", self.arrangement.title()),
            unit: "/s",
            measured: Spread::named(rounds, "beside"),
            beside: Spread::named(rounds, "alone"),
            beside_is: "alone",
            judged: Spread::ratio(rounds, "beside", "alone"),
            reach: Reach::AtLeast(LEAST),
        }]
    }
}
