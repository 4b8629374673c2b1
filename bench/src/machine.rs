//! The machine, and the memory and time that processes use.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use anyhow::{Context, anyhow};
use serde::Serialize;

use crate::load::cores;
use crate::postgres::Postgres;

/// The machine and its software. Figures of another machine are not comparable; ratios nearly are.
#[derive(Debug, Serialize)]
pub(crate) struct Machine {
    cpu: String,
    cores: usize,
    memory_mib: f64,
    /// Number of reserved huge pages, for example for the cache of Postgres.
    huge_pages: u64,
    kernel: String,
    postgres: String,
    /// The load average of the previous minute. Above 0.5, other programs were running.
    load_before: f64,
    /// The commit of the working tree, with `-dirty` if there are changes.
    pub(crate) commit: String,
    /// The service's options that differ from the defaults.
    options: Vec<String>,
}

impl Machine {
    /// Returns this machine.
    pub(crate) fn look(postgres: &Postgres) -> anyhow::Result<Self> {
        let text = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let cpuinfo = text("/proc/cpuinfo");
        let cpu = cpuinfo.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or("unknown");
        let options =
            std::env::vars().filter(|(name, _)| name.starts_with("SIHHA_") && !name.contains("SECRET"));
        Ok(Self {
            cpu: cpu.trim_start_matches([' ', '\t', ':']).to_owned(),
            cores: cores(),
            memory_mib: field_mib(&text("/proc/meminfo"), "MemTotal").unwrap_or_default(),
            huge_pages: text("/proc/sys/vm/nr_hugepages").trim().parse().unwrap_or(0),
            kernel: text("/proc/sys/kernel/osrelease").trim().to_owned(),
            postgres: postgres.query("postgres", "SHOW server_version")?,
            load_before: text("/proc/loadavg")
                .split(' ')
                .next()
                .and_then(|load| load.parse().ok())
                .unwrap_or(0.0),
            commit: commit(),
            options: options.map(|(name, value)| format!("{name}={value}")).collect(),
        })
    }
}

fn commit() -> String {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").args(arguments).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let Some(commit) = git(&["rev-parse", "--short", "HEAD"]) else { return "unknown".to_owned() };
    let clean =
        git(&["status", "--porcelain", "--", ":!bench/results"]).is_some_and(|changes| changes.is_empty());
    if clean { commit } else { format!("{commit}-dirty") }
}

/// Returns the resident memory of a process, in MiB.
pub(crate) fn resident(process: u32) -> anyhow::Result<f64> {
    status(process, "VmRSS")
}

/// Returns the maximum resident memory of a process so far, in MiB.
pub(crate) fn peak_resident(process: u32) -> anyhow::Result<f64> {
    status(process, "VmHWM")
}

/// Returns the memory of a process and its descendants, in MiB. Shared memory counts once (PSS).
fn family_memory(process: u32) -> anyhow::Result<f64> {
    let path = format!("/proc/{process}/smaps_rollup");
    let own = field_mib(&fs::read_to_string(&path).context(path)?, "Pss").context("no Pss")?;
    children(process)?.into_iter().try_fold(own, |sum, child| Ok(sum + family_memory(child)?))
}

/// Returns the maximum memory of a process and its descendants while `work` runs, sampled twenty
/// times a second, in MiB.
pub(crate) fn most_while<T>(
    process: u32,
    work: impl FnOnce() -> anyhow::Result<T>,
) -> anyhow::Result<(T, f64)> {
    let (done, ended) = channel::<()>();
    thread::scope(|scope| {
        let looking = scope.spawn(move || {
            let mut most = family_memory(process)?;
            while ended.recv_timeout(Duration::from_millis(50)) == Err(RecvTimeoutError::Timeout) {
                most = most.max(family_memory(process)?);
            }
            Ok(most)
        });
        let worked = work();
        drop(done);
        let most: anyhow::Result<f64> = looking.join().map_err(|_| anyhow!("a look at memory panicked"))?;
        Ok((worked?, most?))
    })
}

/// Returns the busy share of all cores' time while `work` ran, from 0 to 1.
pub(crate) fn busy_while<T>(work: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<(T, f64)> {
    let (busy_before, all_before) = processor_time()?;
    let done = work()?;
    let (busy, all) = processor_time()?;
    Ok((done, (busy - busy_before) / (all - all_before).max(1.0)))
}

fn status(process: u32, field: &str) -> anyhow::Result<f64> {
    let path = format!("/proc/{process}/status");
    let text = fs::read_to_string(&path).with_context(|| path.clone())?;
    field_mib(&text, field).with_context(|| format!("no {field} in {path}"))
}

/// Returns the value of a field in MiB, such as of `VmRSS:     1234 kB`.
fn field_mib(text: &str, field: &str) -> Option<f64> {
    let value = text.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'))?;
    let kib: f64 = value.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib / 1024.0)
}

/// Returns the child processes of a process.
pub(crate) fn children(process: u32) -> anyhow::Result<Vec<u32>> {
    let mut found = Vec::new();
    for task in fs::read_dir(Path::new("/proc").join(process.to_string()).join("task"))? {
        let text = fs::read_to_string(task?.path().join("children")).unwrap_or_default();
        found.extend(text.split_whitespace().filter_map(|child| child.parse::<u32>().ok()));
    }
    Ok(found)
}

/// Returns the busy ticks of all cores, and all ticks (`proc(5)`, `/proc/stat`).
fn processor_time() -> anyhow::Result<(f64, f64)> {
    let text = fs::read_to_string("/proc/stat")?;
    let ticks: Vec<f64> = text
        .lines()
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .skip(1)
        // `user` includes the time of guests.
        .take(8)
        .filter_map(|value| value.parse().ok())
        .collect();
    let idle: f64 = ticks.iter().skip(3).take(2).sum();
    let all: f64 = ticks.iter().sum();
    Ok((all - idle, all))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_in_mebibytes() {
        assert_eq!(field_mib("VmPeak:\t 9 kB\nVmRSS:\t    2048 kB\n", "VmRSS"), Some(2.0));
        assert_eq!(field_mib("Threads:\t2\n", "VmRSS"), None);
    }

    #[test]
    fn this_process_takes_memory() {
        let process = std::process::id();
        assert!(resident(process).unwrap() > 0.0);
        assert!(peak_resident(process).unwrap() >= resident(process).unwrap() * 0.5);
        let (done, most) = most_while(process, || Ok("done")).unwrap();
        assert_eq!(done, "done");
        assert!(most > 0.0);
    }
}
