//! Scale: the same calls on a small and on a large database, in turn.

use std::path::Path;
use std::time::Instant;

use crate::accounts::Accounts;
use crate::fixture::{CONNECTIONS, logins, new_database, readers, refreshers};
use crate::load::{Crowd, Span};
use crate::postgres::Postgres;
use crate::process::{Place, Process};
use crate::report::{Reach, Row, note};
use crate::stats::{Figures, Spread};

/// The title of the table.
pub(crate) const HEADING: &str = "Against a small database";

/// Maximum ratio of latencies, if as many accounts are active as the small database has.
const REACH: f64 = 1.2;
/// Number of active accounts that is reported as well: more than the caches hold.
const MANY: u64 = 128_000;

/// A call, and the number of its active accounts.
struct Call {
    name: &'static str,
    many: bool,
    crowd: fn(&Accounts) -> anyhow::Result<Crowd>,
}

const CALLS: [Call; 5] = [
    Call { name: "login", many: false, crowd: |accounts| logins(accounts, CONNECTIONS, &[200]) },
    Call { name: "GET /api/me", many: false, crowd: |accounts| readers(accounts, CONNECTIONS) },
    Call {
        name: "POST /api/token/refresh",
        many: false,
        crowd: |accounts| refreshers(accounts, CONNECTIONS, 0),
    },
    Call { name: "GET /api/me by 128,000", many: true, crowd: |accounts| readers(accounts, CONNECTIONS) },
    Call {
        name: "POST /api/token/refresh by 128,000",
        many: true,
        crowd: |accounts| refreshers(accounts, CONNECTIONS, accounts.count / 2),
    },
];

/// A service on a database of one size, with its loads.
struct Side {
    service: Process,
    crowds: Vec<Crowd>,
}

impl Side {
    fn start(postgres: &Postgres, binary: &Path, accounts: &Accounts, few: u64) -> anyhow::Result<Self> {
        let service = Process::service(binary, &Place::Url(postgres.url(&accounts.database)))?;
        let crowd = |call: &Call| (call.crowd)(&accounts.with_awake(if call.many { MANY } else { few }));
        Ok(Self { service, crowds: CALLS.iter().map(crowd).collect::<anyhow::Result<_>>()? })
    }
}

/// Loads `small` and `large` accounts and measures the rounds. Returns each call's figures and row.
pub(crate) fn run(
    postgres: &Postgres,
    binary: &Path,
    span: Span,
    rounds: usize,
    [small, large]: [u64; 2],
) -> anyhow::Result<Vec<(&'static str, Vec<Figures>, Row)>> {
    let mut sides = Vec::new();
    for (name, count) in [("small", small), ("large", large)] {
        let started = Instant::now();
        let accounts = new_database(postgres, binary, name, count)?;
        let size = format!("SELECT pg_size_pretty(pg_database_size('{name}'))");
        let size = postgres.query(name, &size)?;
        note(&format!("{count} accounts loaded in {} s: {size}", started.elapsed().as_secs()))?;
        sides.push(Side::start(postgres, binary, &accounts, small)?);
    }
    let mut figures = CALLS.map(|_| Vec::new());
    for round in 1..=rounds {
        note(&format!("round {round} of {rounds}"))?;
        for (call, rounds) in figures.iter_mut().enumerate() {
            let mut of_round = Figures::new();
            for (name, side) in ["small", "large"].into_iter().zip(&mut sides) {
                let Some(crowd) = side.crowds.get_mut(call) else { continue };
                of_round.insert(name, crowd.closed(side.service.address, span)?.rate(200));
            }
            rounds.push(of_round);
        }
    }
    let named = CALLS.into_iter().zip(figures);
    Ok(named
        .map(|(call, rounds)| {
            let row = row(&call, &rounds, large);
            (call.name, rounds, row)
        })
        .collect())
}

fn row(call: &Call, rounds: &[Figures], large: u64) -> Row {
    Row {
        title: format!("{}, at {large} accounts", call.name),
        unit: "/s",
        measured: Spread::named(rounds, "large"),
        beside: Spread::named(rounds, "small"),
        beside_is: "at 10,000",
        // The ratio of the latencies.
        judged: Spread::ratio(rounds, "small", "large"),
        reach: if call.many { Reach::Reported } else { Reach::AtMost(REACH) },
    }
}
