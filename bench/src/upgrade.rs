//! The upgrade of a database with many accounts, while the previous release serves, and the search in
//! the upgraded database.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::anyhow;

use crate::fixture::{CONNECTIONS, new_database, readers};
use crate::load::Span;
use crate::options::UpgradeOptions;
use crate::postgres::Postgres;
use crate::process::{Place, Process, migrate};
use crate::report::note;
use crate::search;

/// Reads per second: an ordinary load of two cores.
const RATE: f64 = 500.0;

/// One interval of the report.
const SPAN: Span = Span { warm_up: Duration::ZERO, measured: Duration::from_secs(2) };

/// Loads accounts with the previous release, migrates, contracts while this release serves, and searches.
pub(crate) fn run(options: &UpgradeOptions) -> anyhow::Result<()> {
    let new = options.common.binary()?;
    let postgres = Postgres::start()?;
    let place = Place::Url(postgres.url("upgrade"));
    let accounts = new_database(&postgres, &options.previous, "upgrade", options.accounts)?;
    note(&format!("{} accounts of the previous release loaded", options.accounts))?;
    for (title, serving, arguments) in
        [("migrate", &*options.previous, &[][..]), ("migrate --finish", &new, &["--finish"])]
    {
        let service = Process::service(serving, &place)?;
        let (mut crowd, mut worst) = (readers(&accounts, CONNECTIONS)?, 0.0_f64);
        let alone = crowd.open(service.address, RATE, SPAN)?.milliseconds(200, 0.99);
        let started = Instant::now();
        let took = thread::scope(|scope| {
            let migration = scope.spawn(|| migrate(&new, &place, arguments).map(|()| started.elapsed()));
            while !migration.is_finished() {
                worst = worst.max(crowd.open(service.address, RATE, SPAN)?.milliseconds(200, 0.99));
            }
            migration.join().map_err(|_| anyhow!("the migration panicked"))?
        })?;
        note(&format!(
            "{title}: {:.0} s; GET /api/me p99 {alone:.1} ms before it, {worst:.1} ms in its worst 2 seconds",
            took.as_secs_f64()
        ))?;
        service.stop()?;
    }
    let sizes = "SELECT 'search_keys ' || pg_size_pretty(pg_table_size('search_keys')) \
                 || ', its indexes ' || pg_size_pretty(pg_indexes_size('search_keys'))";
    note(&postgres.query("upgrade", sizes)?)?;
    search::measure(&postgres, "upgrade")
}
