use std::sync::mpsc::{self, Receiver, Sender};

use serde_json::Value;
use sihha_domain::testing::{FixedClock, SequenceRandomness};

use super::*;
use crate::logging::captured;

const HOUR: Duration = Duration::from_hours(1);

/// Sends a message for each run, and for the end.
struct Reporting<F> {
    work: F,
    sender: Sender<&'static str>,
}

impl<F: FnMut(&JobSignal) -> anyhow::Result<()> + Send> Task for Reporting<F> {
    fn run(&mut self, signal: &JobSignal) -> anyhow::Result<()> {
        let _ = self.sender.send("run");
        (self.work)(signal)
    }

    fn finish(&mut self) -> anyhow::Result<()> {
        let _ = self.sender.send("finished");
        Ok(())
    }
}

fn job(
    interval: Duration,
    work: impl FnMut(&JobSignal) -> anyhow::Result<()> + Send + 'static,
) -> (Job, Receiver<&'static str>) {
    let (sender, receiver) = mpsc::channel();
    let task = Box::new(Reporting { work, sender });
    (Job { name: "test", interval, jitter: Duration::ZERO, runs_on_hangup: false, task }, receiver)
}

fn ports() -> (Arc<dyn Clock>, Arc<dyn Randomness>) {
    (Arc::new(FixedClock::at("2026-11-28T09:00:00Z")), Arc::new(SequenceRandomness::default()))
}

fn start(jobs: Vec<Job>) -> JobRunner {
    let (clock, randomness) = ports();
    JobRunner::start(jobs, &clock, &randomness).unwrap()
}

/// Receives the next message, with a deadline that is never reached.
fn next(receiver: &Receiver<&'static str>) -> &'static str {
    receiver.recv_timeout(Duration::from_mins(1)).unwrap()
}

#[test]
fn a_job_runs_immediately_and_after_each_interval() {
    let (job, messages) = job(Duration::ZERO, |_| Ok(()));
    let _runner = start(vec![job]);
    (0..3).for_each(|_| assert_eq!(next(&messages), "run"));
}

#[test]
fn a_run_follows_a_failed_and_a_panicked_one() {
    let mut runs = 0;
    let (job, messages) = job(Duration::ZERO, move |_| {
        runs += 1;
        match runs {
            1 => panic!("the first run panics"),
            2 => anyhow::bail!("the second run fails"),
            _ => Ok(()),
        }
    });
    let _runner = start(vec![job]);
    (0..4).for_each(|_| assert_eq!(next(&messages), "run"));
}

#[test]
fn a_slow_job_delays_no_other() {
    let (release, released) = mpsc::channel::<()>();
    let (slow, _messages) = job(HOUR, move |_| Ok(released.recv()?));
    let (quick, messages) = job(Duration::ZERO, |_| Ok(()));
    let _runner = start(vec![slow, quick]);
    // Dropped before the runner, which waits for the slow job.
    let release = release;
    (0..3).for_each(|_| assert_eq!(next(&messages), "run"));
    release.send(()).unwrap();
}

#[test]
fn a_hangup_starts_a_run_of_the_jobs_that_ask_for_it() {
    let (other, _messages) = job(HOUR, |_| Ok(()));
    let without = start(vec![other]);
    assert!(!without.hangup());

    let (reload, messages) = job(HOUR, |_| Ok(()));
    let runner = start(vec![Job { runs_on_hangup: true, ..reload }]);
    assert_eq!(next(&messages), "run");
    assert!(runner.hangup());
    assert_eq!(next(&messages), "run");
}

#[test]
fn a_stop_ends_the_wait_and_finishes_once() {
    let (job, messages) = job(HOUR, |_| Ok(()));
    let runner = start(vec![job]);
    assert_eq!(next(&messages), "run");
    drop(runner);
    assert_eq!(messages.iter().collect::<Vec<_>>(), ["finished"]);
}

#[test]
fn a_stop_reaches_a_running_job_and_waits_for_its_end() {
    let (job, messages) = job(HOUR, |signal| {
        while !signal.must_stop() {
            thread::yield_now();
        }
        Ok(())
    });
    let runner = start(vec![job]);
    assert_eq!(next(&messages), "run");
    drop(runner);
    assert_eq!(messages.try_recv(), Ok("finished"), "the job has finished when the drop returns");
}

/// Returns the supervisor of a job that is not started, and its clock.
fn supervisor(interval: Duration) -> (Supervisor, Arc<FixedClock>) {
    let clock = Arc::new(FixedClock::at("2026-11-28T09:00:00Z"));
    let supervisor = Supervisor {
        job: job(interval, |_| Ok(())).0,
        clock: Arc::clone(&clock) as _,
        randomness: ports().1,
        signal: Arc::default(),
        last_success: clock.now(),
        failure: None,
        is_overdue: false,
    };
    (supervisor, clock)
}

fn messages(lines: &[Value]) -> Vec<(&str, &str)> {
    lines.iter().map(|line| (line["level"].as_str().unwrap(), line["message"].as_str().unwrap())).collect()
}

#[test]
fn the_same_failure_is_logged_once_until_the_job_recovers() {
    let (mut supervisor, _) = supervisor(HOUR);
    let lines = captured(|| {
        for failure in ["disk full", "disk full", "no right"] {
            supervisor.report(Err(anyhow::anyhow!(failure)));
        }
        (0..2).for_each(|_| supervisor.report(Ok(())));
        supervisor.report(Err(anyhow::anyhow!("no right")));
    });
    let failed = ("ERROR", "background job failed");
    assert_eq!(messages(&lines), [failed, failed, ("INFO", "background job recovered"), failed]);
    assert_eq!((&lines[0]["job"], &lines[0]["error"]), (&"test".into(), &"disk full".into()));
}

#[test]
fn a_job_that_has_not_succeeded_for_long_is_warned_about_once() {
    let unavailable = || anyhow::Error::from(StoreError::Unavailable("nothing listens".into()));
    for (interval, overdue) in [(Duration::from_secs(5), MIN_OVERDUE), (HOUR, TimeDelta::hours(3))] {
        let (mut supervisor, clock) = supervisor(interval);
        let lines = captured(|| {
            supervisor.report(Ok(()));
            clock.advance(overdue - TimeDelta::seconds(1));
            supervisor.report(Err(unavailable()));
        });
        assert_eq!(lines, [] as [Value; 0], "the pool logs that the database is unavailable");
        let lines = captured(|| {
            clock.advance(TimeDelta::seconds(1));
            (0..2).for_each(|_| supervisor.report(Err(unavailable())));
            supervisor.report(Ok(()));
        });
        let warned = ("WARN", "background job has not succeeded for long");
        assert_eq!(messages(&lines), [warned, ("INFO", "background job recovered")]);
        assert_eq!(lines[0]["since"], "2026-11-28T09:00:00.000Z");
    }
}

#[test]
fn the_jitter_is_between_zero_and_its_maximum() {
    struct Constant(u8);
    impl Randomness for Constant {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(self.0);
        }
    }
    let (mut supervisor, _) = supervisor(HOUR);
    supervisor.job.jitter = Duration::from_mins(1);
    for (byte, jitter) in [(0, Duration::ZERO), (u8::MAX, Duration::from_mins(1))] {
        supervisor.randomness = Arc::new(Constant(byte));
        assert_eq!(supervisor.pause(), HOUR + jitter);
    }
}
