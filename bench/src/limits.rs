//! The limits of the machine: hashes without a service, and statements without a service.

use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow, bail};
use sihha_domain::password::{Password, PasswordHasher};
use sihha_infra::argon2::{Argon2Cost, Argon2Hasher};
use sihha_infra::system::SystemRandomness;

use crate::accounts::Accounts;
use crate::conversations::PASSWORD;
use crate::load::{Span, cores};
use crate::postgres::Postgres;
use crate::statements::Statements;

/// Number of connections: as many as the service has from its clients.
const CLIENTS: u32 = 64;

/// Returns the Argon2id hashes per second: one thread for each core, which is never idle, and
/// reuses its working memory in huge pages.
pub(crate) fn hashes_per_second(span: Span) -> anyhow::Result<f64> {
    let hasher = Argon2Hasher::new(Argon2Cost::default(), cores(), Arc::new(SystemRandomness))?;
    let from = Instant::now() + span.warm_up;
    thread::scope(|scope| {
        let threads: Vec<_> =
            (0..2 * cores()).map(|_| scope.spawn(|| hash(&hasher, from, span.measured))).collect();
        let rates = threads
            .into_iter()
            .map(|thread| thread.join().map_err(|_| anyhow!("a hashing thread panicked"))?);
        rates.sum()
    })
}

/// Returns the hashes per second while pgbench runs `script` at a rate: the rest of the machine
/// that Postgres leaves, without any other load.
pub(crate) fn hashes_per_second_beside(
    postgres: &Postgres,
    accounts: &Accounts,
    script: &str,
    rate: f64,
    span: Span,
) -> anyhow::Result<f64> {
    let file = script_file(postgres, script)?;
    // One second longer than the hashes, because hashing starts later.
    let seconds = (span.warm_up + span.measured).as_secs() + 1;
    let arguments = [
        "--no-vacuum",
        "--protocol=prepared",
        &format!("--define=accounts={}", accounts.count),
        // As many clients as the service has threads for these calls.
        &format!("--client={}", 2 * cores()),
        &format!("--rate={rate:.1}"),
        &format!("--time={seconds}"),
        &format!("--file={}", file.display()),
    ];
    thread::scope(|scope| {
        let statements = scope.spawn(|| postgres.pgbench(&accounts.database, &arguments.map(str::to_owned)));
        let hashes = hashes_per_second(span);
        statements.join().map_err(|_| anyhow!("the thread of pgbench panicked"))??;
        hashes
    })
}

fn script_file(postgres: &Postgres, script: &str) -> anyhow::Result<PathBuf> {
    let file = postgres.folder().join("pgbench.sql");
    std::fs::write(&file, script)?;
    Ok(file)
}

fn hash(hasher: &Argon2Hasher, from: Instant, measured: Duration) -> anyhow::Result<f64> {
    let password = Password::parse(PASSWORD).ok().context("the bench's password is refused")?;
    while Instant::now() < from {
        hasher.hash(&password)?;
    }
    let started = Instant::now();
    let mut count = 0.0;
    // The last hash ends a little late. Its time is included.
    while started.elapsed() < measured {
        hasher.hash(&password)?;
        count += 1.0;
    }
    Ok(count / started.elapsed().as_secs_f64())
}

/// Returns how many calls' statements pgbench runs per second, through the Unix socket.
pub(crate) fn statements_per_second(
    postgres: &Postgres,
    database: &str,
    statements: &Statements,
    span: Span,
) -> anyhow::Result<f64> {
    let script = script_file(postgres, &statements.script)?;
    // The first seconds are left out, because its clients look up sessions and plan statements
    // then.
    let warm_up = span.warm_up.as_secs().max(2);
    let seconds = warm_up + span.measured.as_secs().max(1);
    let arguments = [
        "--no-vacuum",
        "--protocol=prepared",
        "--define=ready=0",
        "--progress=1",
        "--jobs=2",
        &format!("--client={CLIENTS}"),
        &format!("--time={seconds}"),
        &format!("--file={}", script.display()),
    ];
    let said = postgres.pgbench(database, &arguments.map(str::to_owned))?;
    let rates: Vec<f64> = said.lines().filter_map(progress).skip(usize::try_from(warm_up)?).collect();
    if rates.is_empty() {
        bail!("pgbench reported no progress: {said}");
    }
    Ok(mean(&rates) * f64::from(statements.calls))
}

/// Returns the rate in a line of pgbench, such as `progress: 3.0 s, 1234.5 tps, lat …`.
fn progress(line: &str) -> Option<f64> {
    line.strip_prefix("progress: ")?.split(", ").nth(1)?.strip_suffix(" tps")?.parse().ok()
}

#[expect(clippy::cast_precision_loss, reason = "there are a few seconds")]
fn mean(rates: &[f64]) -> f64 {
    rates.iter().sum::<f64>() / rates.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pgbench_reports_its_rate_each_second() {
        let line = "progress: 3.0 s, 1234.5 tps, lat 1.000 ms stddev 0.1, 0 failed";
        assert_eq!(progress(line), Some(1234.5));
        assert_eq!(progress("tps = 3"), None);
    }
}
