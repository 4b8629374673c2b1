use super::Measure;
use crate::fixture::{CONNECTIONS, Fixture, readers, refreshers, verifiers};
use crate::limits::statements_per_second;
use crate::load::Crowd;
use crate::report::{Reach, Row};
use crate::statements::Statements;
use crate::stats::{Figures, Spread};

/// A call that hashes no password. Its limit is actix-web without a database (A). If the call uses
/// the database, the limit includes the same statements run by pgbench (B): 1 / (1/A + 1/B).
pub(super) struct Calls {
    name: &'static str,
    title: &'static str,
    reach: f64,
    service: Crowd,
    reference: Crowd,
    statements: Option<Statements>,
}

impl Calls {
    pub(super) fn me(fixture: &Fixture) -> anyhow::Result<Self> {
        Ok(Self {
            name: "me",
            title: "GET /api/me",
            reach: 0.80,
            service: readers(&fixture.accounts, CONNECTIONS)?,
            reference: readers(&fixture.accounts, CONNECTIONS)?,
            statements: Some(fixture.me.clone()),
        })
    }

    pub(super) fn refresh(fixture: &Fixture) -> anyhow::Result<Self> {
        Ok(Self {
            name: "refresh",
            title: "POST /api/token/refresh",
            reach: 0.75,
            // pgbench uses the other half.
            service: refreshers(&fixture.accounts, CONNECTIONS, 0)?,
            reference: refreshers(&fixture.accounts, CONNECTIONS, 0)?,
            statements: Some(fixture.refresh.clone()),
        })
    }

    pub(super) fn verify(fixture: &Fixture) -> anyhow::Result<Self> {
        Ok(Self {
            name: "verify",
            title: "POST /api/token/verify",
            reach: 0.60,
            service: verifiers(&fixture.accounts, CONNECTIONS)?,
            reference: verifiers(&fixture.accounts, CONNECTIONS)?,
            statements: None,
        })
    }
}

impl Measure for Calls {
    fn name(&self) -> &'static str {
        self.name
    }

    fn round(&mut self, fixture: &Fixture) -> anyhow::Result<Figures> {
        let http = self.reference.closed(fixture.reference.address, fixture.span)?.rate(200);
        let mut figures = Figures::from([("http alone", http), ("limit", http)]);
        if let Some(statements) = &self.statements {
            let database = &fixture.accounts.database;
            let sql = statements_per_second(&fixture.postgres, database, statements, fixture.span)?;
            figures.extend([("sql alone", sql), ("limit", (http.recip() + sql.recip()).recip())]);
        }
        let outcome = self.service.closed(fixture.service.address, fixture.span)?;
        figures.extend([("service", outcome.rate(200)), ("p99 ms", outcome.milliseconds(200, 0.99))]);
        Ok(figures)
    }

    fn rows(&self, rounds: &[Figures]) -> Vec<Row> {
        let beside_is =
            if self.statements.is_some() { "HTTP alone with SQL alone" } else { "a constant answer" };
        vec![Row {
            title: self.title.to_owned(),
            unit: "/s",
            measured: Spread::named(rounds, "service"),
            beside: Spread::named(rounds, "limit"),
            beside_is,
            judged: Spread::ratio(rounds, "service", "limit"),
            reach: Reach::AtLeast(self.reach),
        }]
    }
}
