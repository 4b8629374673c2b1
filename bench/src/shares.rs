//! Shares of CPU time per component.

use std::fs;
use std::path::Path;
use std::time::Instant;

use crate::load::cores;
use crate::machine::{busy_while, children};
use crate::stats::Figures;

/// Ticks per second of the times in `/proc/*/stat`: always 100 on Linux (`USER_HZ`).
const TICKS: f64 = 100.0;

/// Names of the service's hashing threads begin with this.
const HASHING: &str = "hash-";

/// Returns the shares of all cores' time while `work` ran, from 0 to 1: of the service's hashing
/// threads, of its other threads, of Postgres, of this process, which is the load, and of idle
/// time.
pub(crate) fn shares_while<T>(
    service: u32,
    postgres: u32,
    work: impl FnOnce() -> anyhow::Result<T>,
) -> anyhow::Result<(T, Figures)> {
    let look = || {
        let hashing = hashing_ticks(service);
        [hashing, ticks(service) - hashing, family_ticks(postgres), ticks(std::process::id())]
    };
    let (before, from) = (look(), Instant::now());
    let (done, busy) = busy_while(work)?;
    let all = from.elapsed().as_secs_f64() * TICKS * f64::from(u32::try_from(cores())?);
    let names = ["hashing share", "service share", "postgres share", "load share"];
    let taken = look().into_iter().zip(before).map(|(after, before)| (after - before) / all);
    let mut shares: Figures = names.into_iter().zip(taken).collect();
    shares.insert("idle share", 1.0 - busy);
    Ok((done, shares))
}

/// Returns the CPU time of a process, including its ended threads.
fn ticks(process: u32) -> f64 {
    ticks_in(&Path::new("/proc").join(process.to_string()))
}

/// Returns the CPU time of a process and its running children. Postgres keeps the processes that
/// serve connections.
fn family_ticks(process: u32) -> f64 {
    ticks(process) + children(process).into_iter().flatten().map(ticks).sum::<f64>()
}

fn hashing_ticks(process: u32) -> f64 {
    let threads = fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
    let name = |thread: &Path| fs::read_to_string(thread.join("comm")).unwrap_or_default();
    threads
        .map(|thread| thread.path())
        .filter(|thread| name(thread).starts_with(HASHING))
        .map(|thread| ticks_in(&thread))
        .sum()
}

/// Returns the CPU time in a `stat` file; 0 if the process has ended.
fn ticks_in(folder: &Path) -> f64 {
    user_and_system(&fs::read_to_string(folder.join("stat")).unwrap_or_default()).unwrap_or_default()
}

/// Returns fields 14 and 15 (`proc(5)`). Field 2 is a name, which may contain blanks and
/// parentheses.
fn user_and_system(stat: &str) -> Option<f64> {
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let mut next = || fields.next()?.parse::<f64>().ok();
    Some(next()? + next()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_found_behind_any_name() {
        let stat = "42 (a (b) c) S 1 42 42 0 -1 4194304 1 2 3 4 250 50 7 8 20 0 3 0 12345";
        assert_eq!(user_and_system(stat), Some(300.0));
        assert_eq!(user_and_system("gone"), None);
    }

    #[test]
    fn the_shares_of_a_busy_moment_are_shares() {
        let me = std::process::id();
        let busy = || Ok((0..50_000_000_u64).fold(0_u64, |sum, number| sum.wrapping_mul(31) ^ number));
        let (_, shares) = shares_while(me, me, busy).unwrap();
        assert!(shares["hashing share"] < 0.01, "nobody hashes");
        assert!(shares.values().all(|share| (-0.01..=1.01).contains(share)), "{shares:?}");
    }
}
