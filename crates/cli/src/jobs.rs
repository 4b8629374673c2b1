//! The background jobs of the service.
//!
//! To add one, write its [`Task`](runner::Task) in a new file, and add a [`Job`] to the list in
//! [`all`].

mod check_database;
mod purge;
mod record_key_use;
mod reload_keys;
mod runner;

use std::sync::Arc;
use std::time::Duration;

use sihha_domain::use_cases::UseCases;
use sihha_infra::jwt::KeyRing;
use sihha_infra::postgres::DatabaseClock;

use self::check_database::CheckDatabase;
pub(crate) use self::record_key_use::{KeyUseRecorder, warn_of_unknown_keys};
use self::reload_keys::ReloadKeys;
use self::runner::Job;
pub(crate) use self::runner::JobRunner;

/// What the jobs work on.
pub(crate) struct JobDependencies {
    /// The use cases.
    pub(crate) use_cases: Arc<UseCases>,
    /// The clock that the check of the database sets.
    pub(crate) database_clock: Arc<DatabaseClock>,
    /// Records which keys sign.
    pub(crate) key_use_recorder: KeyUseRecorder,
    /// The signing keys, if they can change while the service runs.
    pub(crate) reloadable_keys: Option<Arc<KeyRing>>,
}

/// Returns all jobs.
pub(crate) fn all(dependencies: JobDependencies) -> Vec<Job> {
    let JobDependencies { use_cases, database_clock, key_use_recorder, reloadable_keys } = dependencies;
    let mut jobs = vec![
        Job {
            name: "purge-sessions",
            interval: Duration::from_mins(5),
            jitter: Duration::from_mins(1),
            runs_on_hangup: false,
            task: Box::new(use_cases.purge_sessions.clone()),
        },
        Job {
            name: "purge-idem-keys",
            interval: Duration::from_mins(5),
            jitter: Duration::from_mins(1),
            runs_on_hangup: false,
            task: Box::new(use_cases.purge_idempotency_records.clone()),
        },
        Job {
            name: "record-key-use",
            // Well below `RecordKeyUse::AHEAD`, in case a run fails.
            interval: Duration::from_secs(30),
            jitter: Duration::ZERO,
            runs_on_hangup: false,
            task: Box::new(key_use_recorder),
        },
        Job {
            name: "check-database",
            interval: Duration::from_secs(5),
            jitter: Duration::ZERO,
            runs_on_hangup: false,
            task: Box::new(CheckDatabase::new(use_cases.check_store.clone(), database_clock)),
        },
    ];
    jobs.extend(reloadable_keys.map(|keys| Job {
        name: "reload-keys",
        interval: Duration::from_secs(30),
        jitter: Duration::ZERO,
        runs_on_hangup: true,
        task: Box::new(ReloadKeys(keys)),
    }));
    jobs
}
