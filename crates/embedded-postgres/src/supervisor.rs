//! Keeps the server running, and stops it.
//!
//! One thread does it all, and sleeps until there is an event. It starts the server itself and runs
//! as long as the server, because the kernel sends the parent-death signal when the thread ends,
//! not the process.

use std::os::unix::process::ExitStatusExt;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use sihha_interrupt::{Interrupt, RunningWork};

use crate::plan::{Event, Plan};
use crate::postmaster::Postmaster;
use crate::{EmbeddedPostgresError, Result, cluster, locks, log_file};

/// Time between two checks whether a new server is ready.
const READY_INTERVAL: Duration = Duration::from_millis(5);

/// Maximum time of a start. Recovery after a crash may take minutes.
const START_TIMEOUT: Duration = Duration::from_mins(5);

/// Time between two checks of the log's size.
const LOG_INTERVAL: Duration = Duration::from_mins(1);

/// A server that ran this long is not in a crash loop.
const STABLE_AFTER: Duration = Duration::from_mins(1);

/// Delay before the first restart in a row, and the maximum for later ones.
const MIN_RESTART_DELAY: Duration = Duration::from_millis(100);
const MAX_RESTART_DELAY: Duration = Duration::from_secs(5);

/// Signals that stop the server, one after the other, and the time that it gets to end after each.
const STOP_SIGNALS: [(Signal, Duration); 3] = [
    (Signal::SIGINT, Duration::from_secs(30)),
    (Signal::SIGQUIT, Duration::from_secs(10)),
    (Signal::SIGKILL, Duration::from_secs(5)),
];

/// A handle of the supervisor's thread. Dropping it stops the server.
#[derive(Debug)]
pub(crate) struct Supervisor {
    events: Sender<Event>,
    thread: Option<JoinHandle<Result<()>>>,
    running: Option<RunningWork>,
}

impl Supervisor {
    /// Starts the thread, and returns when the server accepts connections.
    pub(crate) fn start(plan: Plan, interrupt: &Interrupt) -> Result<Self> {
        let (events, inbox) = mpsc::channel();
        let to_stop = events.clone();
        let (started, is_started) = mpsc::channel();
        let worker = Worker { plan, events: events.clone(), inbox, delay: MIN_RESTART_DELAY };
        let thread = thread::spawn(move || worker.run(&started));
        // The channel is closed if the server has ended.
        let running = interrupt.when_triggered(move || _ = to_stop.send(Event::Stop));
        match is_started.recv() {
            Ok(()) => Ok(Self { events, thread: Some(thread), running: Some(running) }),
            Err(_) => Err(join(thread).err().unwrap_or(EmbeddedPostgresError::SupervisorGone)),
        }
    }

    /// Stops the server. Returns when it has ended and all locks are released. A second call does
    /// nothing.
    pub(crate) fn stop(&mut self) -> Result<()> {
        let Some(thread) = self.thread.take() else { return Ok(()) };
        // The channel is closed if the thread has ended, and the join then returns its error.
        let _ = self.events.send(Event::Stop);
        let outcome = join(thread);
        self.running = None;
        outcome
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        if let Err(error) = self.stop() {
            tracing::error!(%error, "Postgres not stopped");
        }
    }
}

fn join(thread: JoinHandle<Result<()>>) -> Result<()> {
    thread.join().unwrap_or(Err(EmbeddedPostgresError::SupervisorGone))
}

/// Why an attempt to start a server failed.
enum Failure {
    /// Postgres found the files or the shared memory of another server.
    InUse(EmbeddedPostgresError),
    Other(EmbeddedPostgresError),
    Stopped,
}

impl From<EmbeddedPostgresError> for Failure {
    fn from(error: EmbeddedPostgresError) -> Self {
        Self::Other(error)
    }
}

/// The state of the supervisor's thread.
struct Worker {
    plan: Plan,
    events: Sender<Event>,
    inbox: Receiver<Event>,
    /// Delay before the next restart.
    delay: Duration,
}

impl Worker {
    fn run(mut self, started: &Sender<()>) -> Result<()> {
        let mut server = self.first_start()?;
        // The channel is closed if the caller was interrupted, and the next event is then a stop.
        let _ = started.send(());
        loop {
            let began = Instant::now();
            if self.watch(&server) == Event::Stop {
                self.wait_for_users(&server);
                return self.stop(server);
            }
            let status = server.reap().map_or_else(String::new, |status| status.to_string());
            tracing::warn!(status, log = %self.plan.layout.log().display(), "Postgres ended unexpectedly");
            if began.elapsed() > STABLE_AFTER {
                self.delay = MIN_RESTART_DELAY;
            }
            let Some(next) = self.restart() else {
                cluster::forget_dead_server(&self.plan.layout);
                return Ok(());
            };
            server = next;
        }
    }

    /// Starts the server for the first time. Returns any failure to the caller, but waits for the
    /// end of an earlier server.
    fn first_start(&self) -> Result<Postmaster> {
        let deadline = Instant::now() + locks::OWNER_TIMEOUT;
        loop {
            match self.start_once() {
                Ok(server) => return Ok(server),
                Err(Failure::InUse(_)) if Instant::now() < deadline => {}
                Err(Failure::InUse(error) | Failure::Other(error)) => return Err(error),
                Err(Failure::Stopped) => return Err(EmbeddedPostgresError::Interrupted),
            }
            if self.must_stop_within(MIN_RESTART_DELAY) {
                return Err(EmbeddedPostgresError::Interrupted);
            }
        }
    }

    /// Starts the server again after an unexpected end, and repeats that until it succeeds. Returns
    /// nothing if it must stop.
    fn restart(&mut self) -> Option<Postmaster> {
        loop {
            if self.must_stop_within(self.delay) {
                return None;
            }
            self.delay = (self.delay * 2).min(MAX_RESTART_DELAY);
            match self.start_once() {
                Ok(server) => return Some(server),
                Err(Failure::Stopped) => return None,
                // The sessions of the ended server may still be ending.
                Err(Failure::InUse(error)) => tracing::warn!(%error, "Postgres not restarted yet"),
                Err(Failure::Other(error)) => tracing::error!(%error, "Postgres not restarted"),
            }
        }
    }

    /// Starts the server and waits until it is ready.
    fn start_once(&self) -> std::result::Result<Postmaster, Failure> {
        self.trim_log();
        let began = Instant::now();
        let server = Postmaster::spawn(&self.plan, &self.events)?;
        while !server.is_ready(&self.plan.layout) {
            if self.must_stop_within(READY_INTERVAL) {
                self.stop(server)?;
                return Err(Failure::Stopped);
            }
            if server.has_ended() {
                return Err(self.failure_of(server));
            }
            if began.elapsed() > START_TIMEOUT {
                self.stop(server)?;
                return Err(Failure::Other(self.not_started("it did not become ready".to_owned())));
            }
        }
        let user = &self.plan.launcher.account.name;
        tracing::info!(pid = server.id(), user, ms = began.elapsed().as_millis(), "Postgres is ready");
        Ok(server)
    }

    /// Returns why this server ended before it was ready.
    fn failure_of(&self, server: Postmaster) -> Failure {
        let text = log_file::text_since(&self.plan.layout, server.log_start);
        let status = server.reap();
        // The last line of a killed server is not the reason of its end.
        let reason = match status.and_then(|status| status.signal()) {
            Some(_) => log_file::error_in(&text),
            None => log_file::reason_in(&text),
        };
        let status = status.map_or_else(String::new, |status| status.to_string());
        let error = self.not_started(reason.unwrap_or(status));
        let in_use = text.contains("lock file \"") || text.contains("is still in use");
        if in_use { Failure::InUse(error) } else { Failure::Other(error) }
    }

    fn not_started(&self, message: String) -> EmbeddedPostgresError {
        EmbeddedPostgresError::NotStarted { message, log: self.plan.layout.log() }
    }

    /// Sleeps until the server ends or must stop. Returns which of the two.
    fn watch(&self, server: &Postmaster) -> Event {
        while !self.must_stop_within(LOG_INTERVAL) {
            if server.has_ended() {
                return Event::Exited;
            }
            self.trim_log();
        }
        Event::Stop
    }

    /// Waits for the attached commands to finish, and prevents new ones from attaching.
    fn wait_for_users(&self, server: &Postmaster) {
        let deadline = Instant::now() + self.plan.grace_period;
        let mut is_logged = false;
        while self.plan.locks.users.try_lock().is_err() && Instant::now() < deadline && !server.has_ended() {
            if !is_logged {
                tracing::info!("waiting for other commands that use the database before it stops");
                is_logged = true;
            }
            self.must_stop_within(locks::STEP);
        }
    }

    fn stop(&self, server: Postmaster) -> Result<()> {
        let killed = EmbeddedPostgresError::Killed { log: self.plan.layout.log() };
        for (signal, timeout) in STOP_SIGNALS {
            server.signal(signal);
            if self.ends_within(&server, timeout) {
                server.reap();
                cluster::forget_dead_server(&self.plan.layout);
                tracing::debug!(%signal, "Postgres stopped");
                return if signal == Signal::SIGINT { Ok(()) } else { Err(killed) };
            }
        }
        Err(killed)
    }

    fn ends_within(&self, server: &Postmaster, limit: Duration) -> bool {
        let deadline = Instant::now() + limit;
        while !server.has_ended() {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            self.must_stop_within(left);
        }
        true
    }

    /// Sleeps until the next event, at most for `limit`. Returns whether that is a stop.
    fn must_stop_within(&self, limit: Duration) -> bool {
        match self.inbox.recv_timeout(limit) {
            Ok(Event::Stop) | Err(RecvTimeoutError::Disconnected) => true,
            Ok(Event::Exited) | Err(RecvTimeoutError::Timeout) => false,
        }
    }

    fn trim_log(&self) {
        if let Err(error) = log_file::trim(&self.plan.layout) {
            tracing::warn!(%error, log = %self.plan.layout.log().display(), "the log of Postgres was not trimmed");
        }
    }
}
