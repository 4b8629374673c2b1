//! The signals that stop the service, and the one that has it read its keys again.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::thread;
use std::time::Duration;

use anyhow::Context;
use nix::sys::signal::{SigSet, SigmaskHow, Signal as Number, sigprocmask};
use sihha_interrupt::Interrupt;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;

/// How long a step of the start that was given up may take to end. After it, the process ends without it, unless a Postgres of
/// its own has yet to stop.
const GIVE_UP: Duration = Duration::from_millis(500);
/// How often to look whether that Postgres has stopped.
const STEP: Duration = Duration::from_millis(5);

/// Which signal came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StopSignal {
    /// SIGTERM, of a service manager.
    Terminate,
    /// SIGINT, of a person at a terminal.
    Interrupt,
}

/// The signals that [`Signals`] handles.
fn handled() -> SigSet {
    [Number::SIGHUP, Number::SIGINT, Number::SIGTERM].into_iter().collect()
}

/// Keeps these signals until handlers are installed, or [`release`].
pub(crate) fn hold() {
    // It fails only for numbers that are no signals.
    let _ = sigprocmask(SigmaskHow::SIG_BLOCK, Some(&handled()), None);
}

/// Lets the signals that were kept, and later ones, do what they do.
pub(crate) fn release() {
    let _ = sigprocmask(SigmaskHow::SIG_UNBLOCK, Some(&handled()), None);
}

/// SIGTERM, SIGINT and SIGHUP. From the moment when this exists, they are kept until asked for.
pub(crate) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
}

impl Signals {
    /// Installs the handlers; in the context of a runtime.
    ///
    /// # Errors
    ///
    /// If the system refuses.
    pub(crate) fn listen() -> io::Result<Self> {
        let signals = Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
        };
        release();
        Ok(signals)
    }

    /// Waits for a signal to stop. SIGHUP is kept.
    async fn stop(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }

    /// Waits for the next signal. Returns nothing for SIGHUP.
    pub(crate) async fn next(&mut self) -> Option<StopSignal> {
        tokio::select! {
            _ = self.hangup.recv() => None,
            _ = self.terminate.recv() => Some(StopSignal::Terminate),
            _ = self.interrupt.recv() => Some(StopSignal::Interrupt),
        }
    }

    /// Runs a step of the start on another thread. Returns nothing if told to stop meanwhile; then `interrupt` is told, and the
    /// step may still run, waiting for a database that does not answer.
    ///
    /// # Errors
    ///
    /// If the step fails.
    pub(crate) async fn unless_stopped<T: Send + 'static>(
        &mut self,
        interrupt: &Interrupt,
        step: impl FnOnce() -> anyhow::Result<T> + Send + 'static,
    ) -> anyhow::Result<Option<T>> {
        let (done, mut outcome) = oneshot::channel();
        let run = move || drop(done.send(catch_unwind(AssertUnwindSafe(step))));
        thread::Builder::new()
            .name("start".to_owned())
            .spawn(run)
            .context("the system gives no more threads")?;
        tokio::select! {
            outcome = &mut outcome => {
                // The panic hook has logged it.
                return outcome?.unwrap_or_else(|panic| resume_unwind(panic)).map(Some);
            }
            () = self.stop() => {}
        }
        tracing::info!("stopping: the start is given up");
        interrupt.trigger();
        let given_up = async {
            tokio::time::sleep(GIVE_UP).await;
            while !interrupt.is_idle() {
                tokio::time::sleep(STEP).await;
            }
        };
        tokio::select! {
            _ = outcome => {}
            () = given_up => {}
            () = self.stop() => tracing::warn!("told again to stop"),
        }
        Ok(None)
    }
}
