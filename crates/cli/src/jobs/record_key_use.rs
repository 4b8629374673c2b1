//! Records which keys sign tokens, and warns at the start about missing ones.

use sihha_domain::clock::format_timestamp;
use sihha_domain::key::{FindUnknownKeys, KeyUse, RecordKeyUse};

use super::runner::{JobSignal, Task};

/// Keeps the records of this service's keys up to date.
pub(crate) struct KeyUseRecorder {
    record: RecordKeyUse,
    /// What was recorded last; empty if that failed.
    recorded: Vec<KeyUse>,
}

impl KeyUseRecorder {
    /// Records the keys, so that each key is known before it signs a token. A failure does not
    /// prevent the start: the job records again, and logs it.
    pub(crate) fn start(record: RecordKeyUse) -> Self {
        let recorded = record.run().unwrap_or_default();
        Self { record, recorded }
    }
}

impl Task for KeyUseRecorder {
    fn run(&mut self, _signal: &JobSignal) -> anyhow::Result<()> {
        self.recorded.clear();
        self.recorded = self.record.run()?;
        Ok(())
    }

    /// Corrects the records: nothing may be signed from now on.
    fn finish(&mut self) -> anyhow::Result<()> {
        Ok(self.record.end(&self.recorded)?)
    }
}

/// Logs one warning if live sessions have tokens of keys that this service does not have.
pub(crate) fn warn_of_unknown_keys(find: &FindUnknownKeys) {
    let unknown = match find.run() {
        Ok(unknown) => unknown,
        Err(error) => return tracing::warn!(%error, "keys of live sessions not checked"),
    };
    let Some(until) = unknown.iter().map(|key_use| key_use.tokens_until).max() else { return };
    let keys: Vec<_> = unknown.into_iter().map(|key_use| key_use.key).collect();
    tracing::warn!(
        keys = keys.join(", "),
        until = format_timestamp(until),
        "live sessions have tokens of keys that this service does not have, and are answered 401; start it with these \
         keys (--signing-keys; for a secret, --jwt-secret-file), or their owners must log in again"
    );
}
