//! Measures the built service against the limits of the machine that it runs on. See
//! `bench/README.md`.

mod accounts;
mod applications;
mod conversations;
mod fixture;
mod limits;
mod load;
mod machine;
mod measures;
mod names;
mod options;
mod pauses;
mod postgres;
mod process;
mod queue;
mod reference;
mod report;
mod scheduling;
mod search;
mod shares;
mod statements;
mod stats;
mod upgrade;

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use sihha_domain::clock::Clock;
use sihha_infra::system::SystemClock;

use self::fixture::Fixture;
use self::load::Span;
use self::machine::Machine;
use self::measures::NAMES;
use self::options::{Cli, Command, RunOptions, ScaleOptions};
use self::postgres::Postgres;
use self::report::{Measured, Report, note};
use self::scheduling::in_one_group;
use self::stats::Figures;

/// Accounts in the database of all measures except the scale.
const ACCOUNTS: u64 = 10_000;

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Run(options) => run(&options),
        Command::Scale(options) => scale(&options),
        Command::Search(options) => search::run(&options),
        Command::Queue(options) => queue::run(&options),
        Command::Upgrade(options) => upgrade::run(&options),
        Command::Reference { me } => reference::serve(&me),
    };
    let Err(error) = outcome else { return ExitCode::SUCCESS };
    // A failure of this cannot be reported.
    let _ = note(&format!("{error:#}"));
    ExitCode::FAILURE
}

fn run(options: &RunOptions) -> anyhow::Result<()> {
    let common = &options.common;
    let (rounds, quick) = (common.rounds(options.quick), options.quick);
    let started_at = SystemClock.now();
    let fixture = Fixture::start(common.binary()?, common.span(quick), ACCOUNTS)?;
    let machine = Machine::look(&fixture.postgres)?;

    let wanted = |name: &&str| options.only.is_empty() || options.only.iter().any(|only| only == name);
    let mut measures = Vec::new();
    for name in NAMES.into_iter().filter(wanted) {
        measures.push((measures::prepare(name, &fixture)?, Vec::<Figures>::new()));
    }
    for round in 1..=rounds {
        for (measure, figures) in &mut measures {
            note(&format!("round {round} of {rounds}: {}", measure.name()))?;
            fixture.postgres.settle(&fixture.accounts.database)?;
            figures.push(if measure.arranges_itself() {
                measure.round(&fixture)?
            } else {
                in_one_group(|| measure.round(&fixture))?
            });
        }
    }
    let profile = if !options.only.is_empty() {
        "part"
    } else if quick {
        "quick"
    } else {
        "full"
    };
    let mut report = Report::new(profile, started_at, machine, common.span(quick));
    report.statements("GET /api/me", &fixture.me);
    report.statements("POST /api/token/refresh", &fixture.refresh);
    for (measure, rounds) in measures {
        let rows = measure.rows(&rounds);
        report.measures.push(Measured { name: measure.name(), heading: measure.heading(), rounds, rows });
    }
    report.publish(&common.results)
}

fn scale(options: &ScaleOptions) -> anyhow::Result<()> {
    let common = &options.common;
    let started_at = SystemClock.now();
    let postgres = Postgres::start()?;
    // The caches of a large database need more time to fill.
    let span = Span { warm_up: Duration::from_secs(3), ..common.span(false) };
    let mut report = Report::new("scale", started_at, Machine::look(&postgres)?, span);
    let sizes = [ACCOUNTS, options.accounts];
    for (name, rounds, row) in
        in_one_group(|| measures::scale(&postgres, &common.binary()?, span, common.rounds(false), sizes))?
    {
        report.measures.push(Measured { name, heading: measures::SCALE, rounds, rows: vec![row] });
    }
    report.publish(&common.results)
}
