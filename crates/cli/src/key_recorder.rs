//! Records which keys sign tokens, and warns at the start of those that it finds missing.

use std::convert::Infallible;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::Context;
use chrono::SecondsFormat;
use sihha_domain::key::{FindUnknownKeys, KeyUse, RecordKeyUse};
use sihha_domain::store::StoreError;

/// How often the keys are recorded. Well below [`RecordKeyUse::AHEAD`], in case a record fails.
const PAUSE: Duration = Duration::from_secs(30);

/// A thread that records the keys again and again.
pub(crate) struct KeyRecorder {
    /// Nothing is ever sent: the thread ends when this is dropped.
    stop: Sender<Infallible>,
    thread: JoinHandle<()>,
}

impl KeyRecorder {
    /// Records the keys before it returns, so that no token goes out whose key is not known.
    pub(crate) fn start(record: RecordKeyUse) -> anyhow::Result<Self> {
        let (stop, stopped) = mpsc::channel::<Infallible>();
        let mut recorded = uses(&record);
        let thread = thread::Builder::new()
            .name("key-recorder".to_owned())
            .spawn(move || {
                while stopped.recv_timeout(PAUSE) == Err(RecvTimeoutError::Timeout) {
                    recorded = uses(&record);
                }
                if let Err(error) = record.end(&recorded) {
                    report(&error);
                }
            })
            .context("the system gives no more threads")?;
        Ok(Self { stop, thread })
    }

    /// Ends it. From here on nothing may be signed.
    pub(crate) fn stop(self) {
        drop(self.stop);
        // The panic hook has logged it.
        let _ = self.thread.join();
    }
}

/// What was recorded, which is nothing where that failed.
fn uses(record: &RecordKeyUse) -> Vec<KeyUse> {
    record.run().unwrap_or_else(|error| {
        report(&error);
        Vec::new()
    })
}

fn report(error: &StoreError) {
    if matches!(error, StoreError::Unavailable(_)) {
        // The pool has logged that the database is unavailable; the next attempt comes.
        tracing::debug!(%error, "signing keys not recorded");
    } else {
        tracing::error!(%error, "signing keys not recorded");
    }
}

/// Logs one warning if live sessions hold tokens of keys that this service does not have.
pub(crate) fn warn_of_unknown(find: &FindUnknownKeys) {
    let unknown = match find.run() {
        Ok(unknown) => unknown,
        Err(error) => return tracing::warn!(%error, "keys of live sessions not checked"),
    };
    let Some(until) = unknown.iter().map(|key_use| key_use.tokens_until).max() else { return };
    let keys: Vec<_> = unknown.into_iter().map(|key_use| key_use.key).collect();
    tracing::warn!(
        keys = keys.join(", "),
        until = until.to_rfc3339_opts(SecondsFormat::Secs, true),
        "live sessions have tokens of keys that this service does not have, and are answered 401; start it with these \
         keys (--signing-keys; for a secret, --jwt-secret-file), or their owners must log in again"
    );
}
