//! Runs background jobs. Needs neither the API nor a database.

#[cfg(test)]
mod tests;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::Context;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use sihha_domain::clock::Clock;
use sihha_domain::randomness::Randomness;
use sihha_domain::store::StoreError;

/// Minimum time without a success before a job counts as overdue. Shorter outages are reported by
/// the pool.
const MIN_OVERDUE: TimeDelta = TimeDelta::minutes(15);

/// Number of intervals without a success before a job counts as overdue.
const OVERDUE_INTERVALS: i32 = 3;

/// Work that is repeated in the background.
pub(crate) struct Job {
    /// Names the job in the log. At most 15 bytes, because it also names the thread.
    pub(crate) name: &'static str,
    /// Time between the end of a run and the start of the next one.
    pub(crate) interval: Duration,
    /// Maximum random time added to each interval, so that instances started together spread out.
    pub(crate) jitter: Duration,
    /// Whether SIGHUP starts a run immediately.
    pub(crate) runs_on_hangup: bool,
    /// The work.
    pub(crate) task: Box<dyn Task>,
}

impl Job {
    /// Makes a job without jitter that SIGHUP does not start.
    pub(crate) fn new(name: &'static str, interval: Duration, task: impl Task + 'static) -> Self {
        Self { name, interval, jitter: Duration::ZERO, runs_on_hangup: false, task: Box::new(task) }
    }
}

/// What a [`Job`] does.
pub(crate) trait Task: Send {
    /// Does the work once. The runner logs an error and runs the task again after the interval.
    ///
    /// A run of several steps MUST return after the current step once [`JobSignal::must_stop`]. A
    /// step that waits needs a time limit of its own.
    fn run(&mut self, signal: &JobSignal) -> anyhow::Result<()>;

    /// Cleans up when the service stops. Called once, after the last run.
    fn finish(&mut self) -> anyhow::Result<()> {
        Ok(())
    }
}

/// Runs jobs until it is dropped. The drop waits for what each job is doing.
///
/// Each job has its own thread, so that a slow one, such as a statement that waits for its time
/// limit, delays no other. A sleeping thread costs a few KiB.
pub(crate) struct JobRunner {
    running: Vec<Running>,
}

struct Running {
    signal: Arc<JobSignal>,
    runs_on_hangup: bool,
    thread: JoinHandle<()>,
}

impl JobRunner {
    /// Starts all `jobs`. Each runs immediately, and then again after each interval.
    ///
    /// # Errors
    ///
    /// Returns an error if the system refuses a thread.
    pub(crate) fn start(
        jobs: Vec<Job>,
        clock: &Arc<dyn Clock>,
        randomness: &Arc<dyn Randomness>,
    ) -> anyhow::Result<Self> {
        let mut runner = Self { running: Vec::new() };
        for job in jobs {
            let signal = Arc::new(JobSignal::default());
            let runs_on_hangup = job.runs_on_hangup;
            let supervisor = Supervisor {
                clock: Arc::clone(clock),
                randomness: Arc::clone(randomness),
                signal: Arc::clone(&signal),
                last_success: clock.now(),
                failure: None,
                is_overdue: false,
                job,
            };
            let thread = thread::Builder::new()
                .name(supervisor.job.name.to_owned())
                .spawn(move || supervisor.run())
                .context("the system refused a thread")?;
            runner.running.push(Running { signal, runs_on_hangup, thread });
        }
        Ok(runner)
    }

    /// Starts a run of each job that [`Job::runs_on_hangup`]. Returns whether there is one.
    pub(crate) fn hangup(&self) -> bool {
        let mut has_job = false;
        for running in self.running.iter().filter(|running| running.runs_on_hangup) {
            running.signal.update(|requests| requests.run = true);
            has_job = true;
        }
        has_job
    }
}

impl Drop for JobRunner {
    fn drop(&mut self) {
        for running in &self.running {
            running.signal.update(|requests| requests.stop = true);
        }
        for running in self.running.drain(..) {
            // It does not panic: runs are caught.
            let _ = running.thread.join();
        }
    }
}

/// Tells a job's thread what to do next.
#[derive(Default)]
pub(crate) struct JobSignal {
    requests: Mutex<Requests>,
    changed: Condvar,
}

#[derive(Default)]
struct Requests {
    run: bool,
    stop: bool,
}

impl JobSignal {
    /// Returns whether the service stops.
    pub(crate) fn must_stop(&self) -> bool {
        self.lock().stop
    }

    fn update(&self, update: impl FnOnce(&mut Requests)) {
        update(&mut self.lock());
        self.changed.notify_all();
    }

    /// Waits until the next run is due or requested. Returns false if the job must stop.
    fn wait(&self, time: Duration) -> bool {
        let nothing = |requests: &mut Requests| !requests.run && !requests.stop;
        let waited = self.changed.wait_timeout_while(self.lock(), time, nothing);
        let mut requests = waited.unwrap_or_else(PoisonError::into_inner).0;
        requests.run = false;
        !requests.stop
    }

    fn lock(&self) -> MutexGuard<'_, Requests> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Repeats one job on its thread and logs how it does.
struct Supervisor {
    job: Job,
    clock: Arc<dyn Clock>,
    randomness: Arc<dyn Randomness>,
    signal: Arc<JobSignal>,
    /// The start, until there is a success.
    last_success: DateTime<Utc>,
    /// The failure that was logged last, unless a run has succeeded since.
    failure: Option<String>,
    is_overdue: bool,
}

impl Supervisor {
    fn run(mut self) {
        loop {
            let signal = Arc::clone(&self.signal);
            let outcome = self.attempt(|task| task.run(&signal));
            self.report(outcome);
            if !self.signal.wait(self.pause()) {
                break;
            }
        }
        if let Err(error) = self.attempt(Task::finish) {
            self.log_failure(&error);
        }
    }

    /// Calls the task and turns a panic into an error. The panic hook has logged its place.
    fn attempt(
        &mut self,
        call: impl FnOnce(&mut (dyn Task + 'static)) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        catch_unwind(AssertUnwindSafe(|| call(&mut *self.job.task)))
            .unwrap_or_else(|_| Err(anyhow::anyhow!("the job panicked")))
    }

    fn pause(&self) -> Duration {
        let mut random = [0; 4];
        self.randomness.fill(&mut random);
        let share = f64::from(u32::from_le_bytes(random)) / f64::from(u32::MAX);
        self.job.interval + self.job.jitter.mul_f64(share)
    }

    fn report(&mut self, outcome: anyhow::Result<()>) {
        let now = self.clock.now();
        match outcome {
            Ok(()) => {
                if self.failure.take().is_some() || self.is_overdue {
                    tracing::info!(job = self.job.name, "background job recovered");
                }
                (self.last_success, self.is_overdue) = (now, false);
            }
            Err(error) => {
                self.log_failure(&error);
                if !self.is_overdue && now - self.last_success >= self.overdue_after() {
                    self.is_overdue = true;
                    tracing::warn!(
                        job = self.job.name,
                        since = self.last_success.to_rfc3339_opts(SecondsFormat::Secs, true),
                        "background job has not succeeded for long"
                    );
                }
            }
        }
    }

    /// Logs a failure, but the same one only once until the job succeeds.
    fn log_failure(&mut self, error: &anyhow::Error) {
        let (job, text) = (self.job.name, format!("{error:#}"));
        if is_transient(error) || self.failure.as_ref() == Some(&text) {
            tracing::debug!(job, error = text, "background job failed");
        } else {
            tracing::error!(job, error = text, "background job failed");
            self.failure = Some(text);
        }
    }

    fn overdue_after(&self) -> TimeDelta {
        let interval = TimeDelta::from_std(self.job.interval + self.job.jitter).unwrap_or(TimeDelta::MAX);
        interval.checked_mul(OVERDUE_INTERVALS).unwrap_or(TimeDelta::MAX).max(MIN_OVERDUE)
    }
}

/// Returns whether the next run may succeed without a change. The pool logs that the database is
/// unavailable.
fn is_transient(error: &anyhow::Error) -> bool {
    matches!(
        error.downcast_ref(),
        Some(StoreError::Unavailable(_) | StoreError::Locked | StoreError::Conflict)
    )
}
