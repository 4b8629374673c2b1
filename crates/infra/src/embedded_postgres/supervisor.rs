//! Keeps the server running, and stops it in good order.
//!
//! One thread does it all and sleeps until an event comes. It starts the server itself and lives as long as that,
//! because the kernel's parent-death signal is tied to the thread, not to the process.

use std::ffi::OsString;
use std::fs::File;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use super::launcher::Launcher;
use super::layout::Layout;
use super::locks::ServeLock;
use super::postmaster::Postmaster;
use super::{EmbeddedPostgresError, PATIENCE, Result, cluster, locks, log_file};
use crate::interrupt::{Interrupt, Running};

const READY_STEP: Duration = Duration::from_millis(5);

/// Recovery after a crash may take minutes; a server that hangs for good must not take us with it.
const START_LIMIT: Duration = Duration::from_mins(5);

/// How often the size of the log is looked at.
const LOG_CHECK: Duration = Duration::from_mins(1);

/// A server that ran as long as this is not one that dies again and again.
const STEADY: Duration = Duration::from_mins(1);

/// From the first restart in a row to the later ones.
const SHORTEST_DELAY: Duration = Duration::from_millis(100);
const LONGEST_DELAY: Duration = Duration::from_secs(5);

/// How to ask the server to end, ever less politely, and how long to wait for it.
const ENDINGS: [(Signal, Duration); 3] = [
    (Signal::SIGINT, Duration::from_secs(30)),
    (Signal::SIGQUIT, Duration::from_secs(10)),
    (Signal::SIGKILL, Duration::from_secs(5)),
];

/// What wakes the supervisor.
#[derive(Debug)]
pub(super) enum Event {
    /// We are to stop.
    Stop,
    /// A server has ended: the one that runs, or one that was given up.
    Exited,
}

/// All that is needed to run the server.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) layout: Layout,
    pub(super) launcher: Launcher,
    pub(super) postgres: PathBuf,
    pub(super) arguments: Vec<OsString>,
    pub(super) locks: OwnerLocks,
    /// How long attached commands may take to finish.
    pub(super) grace: Duration,
}

/// Held as long as the supervisor lives.
#[derive(Debug)]
pub(super) struct OwnerLocks {
    #[expect(dead_code, reason = "held, not read")]
    pub(super) serve: Option<ServeLock>,
    #[expect(dead_code, reason = "held, not read")]
    pub(super) owner: Arc<File>,
    /// Open, but locked only when the server is to stop.
    pub(super) users: File,
}

/// The handle of the supervisor's thread. Dropping it stops the server.
#[derive(Debug)]
pub(super) struct Supervisor {
    events: Sender<Event>,
    thread: Option<JoinHandle<Result<()>>>,
    running: Option<Running>,
}

impl Supervisor {
    /// Returns when the server accepts connections.
    pub(super) fn start(plan: Plan, interrupt: &Interrupt) -> Result<Self> {
        let (events, inbox) = mpsc::channel();
        let to_stop = events.clone();
        let (started, is_started) = mpsc::channel();
        let worker = Worker { plan, events: events.clone(), inbox, delay: SHORTEST_DELAY };
        let thread = thread::spawn(move || worker.run(&started));
        // If nobody receives it, the server has ended.
        let running = interrupt.when_triggered(move || drop(to_stop.send(Event::Stop)));
        match is_started.recv() {
            Ok(()) => Ok(Self { events, thread: Some(thread), running: Some(running) }),
            Err(_) => Err(join(thread).err().unwrap_or(EmbeddedPostgresError::SupervisorGone)),
        }
    }

    /// Returns when the server has ended and all locks are free. The second time does nothing.
    pub(super) fn stop(&mut self) -> Result<()> {
        let Some(thread) = self.thread.take() else { return Ok(()) };
        // If nobody receives it, the thread has ended, and the join tells why.
        let _ = self.events.send(Event::Stop);
        let outcome = join(thread);
        self.running = None;
        outcome
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        if let Err(error) = self.stop() {
            tracing::error!(%error, "stopping Postgres failed");
        }
    }
}

fn join(thread: JoinHandle<Result<()>>) -> Result<()> {
    thread.join().unwrap_or(Err(EmbeddedPostgresError::SupervisorGone))
}

/// Why there is no server after an attempt to start one.
enum Failure {
    /// The remains of another server are in the way, as far as Postgres can tell.
    InUse(EmbeddedPostgresError),
    Other(EmbeddedPostgresError),
    ToldToStop,
}

impl From<EmbeddedPostgresError> for Failure {
    fn from(error: EmbeddedPostgresError) -> Self {
        Self::Other(error)
    }
}

/// The thread's own state.
struct Worker {
    plan: Plan,
    events: Sender<Event>,
    inbox: Receiver<Event>,
    delay: Duration,
}

impl Worker {
    fn run(mut self, started: &Sender<()>) -> Result<()> {
        let mut server = self.first_start()?;
        // If nobody waits for it any more, the next event is a stop.
        let _ = started.send(());
        loop {
            let began = Instant::now();
            if self.is_stop_first(&server) {
                self.wait_for_users(&server);
                return self.end(server);
            }
            let status = server.reap().map_or_else(String::new, |status| status.to_string());
            tracing::warn!(status, log = %self.plan.layout.log().display(), "Postgres ended unexpectedly");
            if began.elapsed() > STEADY {
                self.delay = SHORTEST_DELAY;
            }
            let Some(next) = self.bring_back() else {
                cluster::forget_dead_server(&self.plan.layout);
                return Ok(());
            };
            server = next;
        }
    }

    /// A failure goes to the caller, but what an earlier server left behind gets a while to vanish.
    fn first_start(&self) -> Result<Postmaster> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.start_once() {
                Ok(server) => return Ok(server),
                Err(Failure::InUse(_)) if Instant::now() < deadline => {}
                Err(Failure::InUse(error) | Failure::Other(error)) => return Err(error),
                Err(Failure::ToldToStop) => return Err(EmbeddedPostgresError::Interrupted),
            }
            if self.told_to_stop(SHORTEST_DELAY) {
                return Err(EmbeddedPostgresError::Interrupted);
            }
        }
    }

    /// After an unexpected end: tries until it succeeds, or returns nothing if told to stop.
    fn bring_back(&mut self) -> Option<Postmaster> {
        loop {
            if self.told_to_stop(self.delay) {
                return None;
            }
            self.delay = (self.delay * 2).min(LONGEST_DELAY);
            match self.start_once() {
                Ok(server) => return Some(server),
                Err(Failure::ToldToStop) => return None,
                // The dead server's sessions need a moment to end.
                Err(Failure::InUse(error)) => tracing::warn!(%error, "Postgres does not start again yet"),
                Err(Failure::Other(error)) => tracing::error!(%error, "Postgres does not start again"),
            }
        }
    }

    /// Starts the server and waits until it is ready.
    fn start_once(&self) -> std::result::Result<Postmaster, Failure> {
        self.trim_log();
        let began = Instant::now();
        let server = Postmaster::spawn(&self.plan, &self.events)?;
        while !server.is_ready(&self.plan.layout) {
            if self.told_to_stop(READY_STEP) {
                self.end(server)?;
                return Err(Failure::ToldToStop);
            }
            if server.has_ended() {
                return Err(self.explain(server));
            }
            if began.elapsed() > START_LIMIT {
                self.end(server)?;
                return Err(Failure::Other(self.not_started("it does not become ready".to_owned())));
            }
        }
        let user = &self.plan.launcher.account.name;
        tracing::info!(pid = server.id(), user, ms = began.elapsed().as_millis(), "Postgres is ready");
        Ok(server)
    }

    /// Why this server ended before it was ready.
    fn explain(&self, server: Postmaster) -> Failure {
        let text = log_file::text_since(&self.plan.layout, server.log_start);
        let status = server.reap();
        // One that was killed had no last word.
        let reason = match status.and_then(|status| status.signal()) {
            Some(_) => log_file::complaint_in(&text),
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

    /// Sleeps until there is a reason to act: `true` for a stop, `false` for an end of the server.
    fn is_stop_first(&self, server: &Postmaster) -> bool {
        while !self.told_to_stop(LOG_CHECK) {
            if server.has_ended() {
                return false;
            }
            self.trim_log();
        }
        true
    }

    /// Lets the commands that use our server finish, and keeps new ones from coming.
    fn wait_for_users(&self, server: &Postmaster) {
        let deadline = Instant::now() + self.plan.grace;
        let mut told = false;
        while self.plan.locks.users.try_lock().is_err() && Instant::now() < deadline && !server.has_ended() {
            if !told {
                tracing::info!(
                    "other commands still use the database: waiting for them before it is stopped"
                );
                told = true;
            }
            self.told_to_stop(locks::STEP);
        }
    }

    fn end(&self, server: Postmaster) -> Result<()> {
        let killed = EmbeddedPostgresError::Killed { log: self.plan.layout.log() };
        for (signal, patience) in ENDINGS {
            server.signal(signal);
            if self.ends_within(&server, patience) {
                server.reap();
                cluster::forget_dead_server(&self.plan.layout);
                tracing::debug!(%signal, "Postgres has ended");
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
            self.told_to_stop(left);
        }
        true
    }

    /// Sleeps as long as this at most, and less if something happens. Whether that is a stop.
    fn told_to_stop(&self, limit: Duration) -> bool {
        match self.inbox.recv_timeout(limit) {
            Ok(Event::Stop) | Err(RecvTimeoutError::Disconnected) => true,
            Ok(Event::Exited) | Err(RecvTimeoutError::Timeout) => false,
        }
    }

    fn trim_log(&self) {
        if let Err(error) = log_file::trim(&self.plan.layout) {
            tracing::warn!(%error, log = %self.plan.layout.log().display(), "Postgres's log cannot be trimmed");
        }
    }
}
