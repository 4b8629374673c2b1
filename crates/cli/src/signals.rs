//! SIGTERM and SIGINT, which stop a command, and SIGHUP, which makes the service read its keys
//! again.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::thread;
use std::time::Duration;

use anyhow::Context;
use nix::sys::signal::{SigSet, SigmaskHow, Signal as Number, sigprocmask};
use sihha_interrupt::Interrupt;
use tokio::runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;

/// Time that an interrupted step of the start has to end. After it, the process exits anyway,
/// unless a private Postgres has yet to stop.
const INTERRUPT_TIMEOUT: Duration = Duration::from_millis(500);
/// Time between two checks whether that Postgres has stopped.
const CHECK_INTERVAL: Duration = Duration::from_millis(5);

/// A signal to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StopSignal {
    /// SIGTERM, sent by a service manager.
    Terminate,
    /// SIGINT, sent by a person at a terminal.
    Interrupt,
}

/// Returns the signals that [`Signals`] handles.
fn handled() -> SigSet {
    [Number::SIGHUP, Number::SIGINT, Number::SIGTERM].into_iter().collect()
}

/// Blocks these signals until handlers are installed or [`unblock`] is called. Until then they are
/// pending.
pub(crate) fn block() {
    // It fails only for invalid signal numbers.
    let _ = sigprocmask(SigmaskHow::SIG_BLOCK, Some(&handled()), None);
}

/// Delivers pending signals and later ones.
pub(crate) fn unblock() {
    // As above.
    let _ = sigprocmask(SigmaskHow::SIG_UNBLOCK, Some(&handled()), None);
}

/// SIGTERM and SIGINT, stored until they are read. The action of SIGHUP is unchanged.
struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
}

impl StopSignals {
    fn listen() -> io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn next(&mut self) -> StopSignal {
        tokio::select! {
            _ = self.terminate.recv() => StopSignal::Terminate,
            _ = self.interrupt.recv() => StopSignal::Interrupt,
        }
    }
}

/// Triggers `interrupt` at SIGINT or SIGTERM, so that the server does not continue with the running
/// statement.
pub(crate) fn interrupt_on_stop(interrupt: Interrupt) -> anyhow::Result<()> {
    let runtime = runtime::Builder::new_current_thread().enable_io().build()?;
    let mut stop = runtime.block_on(async { StopSignals::listen() })?;
    let wait = move || {
        runtime.block_on(stop.next());
        interrupt.trigger();
    };
    thread::Builder::new().name("signals".to_owned()).spawn(wait).context("the system refused a thread")?;
    Ok(())
}

/// SIGTERM, SIGINT and SIGHUP, stored until they are read.
pub(crate) struct Signals {
    stop: StopSignals,
    hangup: Signal,
}

impl Signals {
    /// Installs the handlers. Must be called in the context of a runtime.
    ///
    /// # Errors
    ///
    /// Returns an error if the system refuses a handler.
    pub(crate) fn listen() -> io::Result<Self> {
        let signals = Self { stop: StopSignals::listen()?, hangup: signal(SignalKind::hangup())? };
        unblock();
        Ok(signals)
    }

    /// Waits for the next signal. Returns `None` for SIGHUP.
    pub(crate) async fn next(&mut self) -> Option<StopSignal> {
        tokio::select! {
            _ = self.hangup.recv() => None,
            stop = self.stop.next() => Some(stop),
        }
    }

    /// Runs a step of the start on another thread. Returns `None` if a signal to stop arrives
    /// meanwhile. Then `interrupt` is triggered, and the step may still be running, for example
    /// because a database does not answer.
    ///
    /// # Errors
    ///
    /// Returns the error of the step.
    pub(crate) async fn unless_stopped<T: Send + 'static>(
        &mut self,
        interrupt: &Interrupt,
        step: impl FnOnce() -> anyhow::Result<T> + Send + 'static,
    ) -> anyhow::Result<Option<T>> {
        let (done, mut outcome) = oneshot::channel();
        let run = move || drop(done.send(catch_unwind(AssertUnwindSafe(step))));
        thread::Builder::new().name("start".to_owned()).spawn(run).context("the system refused a thread")?;
        tokio::select! {
            outcome = &mut outcome => {
                // The panic hook has logged it.
                return outcome?.unwrap_or_else(|panic| resume_unwind(panic)).map(Some);
            }
            _ = self.stop.next() => {}
        }
        tracing::info!("stopping during the start");
        interrupt.trigger();
        let timeout = async {
            tokio::time::sleep(INTERRUPT_TIMEOUT).await;
            while !interrupt.is_idle() {
                tokio::time::sleep(CHECK_INTERVAL).await;
            }
        };
        tokio::select! {
            _ = outcome => {}
            () = timeout => {}
            _ = self.stop.next() => tracing::warn!("second signal to stop: stopping immediately"),
        }
        Ok(None)
    }
}
