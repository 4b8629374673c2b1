//! The background jobs of the service.
//!
//! To add one, write its [`Task`](runner::Task) in a new file, and add a [`Job`] to the list in
//! [`all`].

mod applications;
mod check_database;
mod mail;
mod purge;
mod purge_networks;
mod record_key_use;
mod reload_certificate;
mod reload_keys;
mod runner;

use std::sync::Arc;
use std::time::Duration;

use sihha_api::network_limits::NetworkLimits;
use sihha_api::tls::TlsCertificate;
use sihha_domain::clock::Clock;
use sihha_domain::use_cases::UseCases;
use sihha_infra::jwt::KeyRing;
use sihha_infra::postgres::DatabaseClock;

use self::check_database::CheckDatabase;
use self::purge_networks::PurgeNetworks;
pub(crate) use self::record_key_use::{KeyUseRecorder, warn_of_unknown_keys};
use self::reload_certificate::ReloadCertificate;
use self::reload_keys::ReloadKeys;
use self::runner::Job;
pub(crate) use self::runner::JobRunner;

/// Files that can change while the service runs.
pub(crate) struct Reloadable {
    /// The signing keys, if there is a directory of them.
    pub(crate) keys: Option<Arc<KeyRing>>,
    /// The TLS certificate.
    pub(crate) certificate: Option<Arc<TlsCertificate>>,
}

/// Returns all jobs. The check of the database sets `database_clock`.
pub(crate) fn all(
    use_cases: &UseCases,
    database_clock: Arc<DatabaseClock>,
    key_use_recorder: KeyUseRecorder,
    network_limits: Arc<NetworkLimits>,
    reloadable: Reloadable,
) -> Vec<Job> {
    let purge = Job::new("purge-sessions", Duration::from_mins(5), use_cases.purge_sessions.clone());
    let records = use_cases.purge_idempotency_records.clone();
    let purge_records = Job::new("purge-idem-keys", Duration::from_mins(5), records);
    let purge_mail = Job::new("purge-mail", Duration::from_mins(5), use_cases.purge_mail.clone());
    let throttles = use_cases.purge_throttles.clone();
    let purge_throttles = Job::new("purge-throttles", Duration::from_mins(5), throttles);
    let count = Job::new("find-duplicates", Duration::from_secs(5), use_cases.count_duplicates.clone());
    let check = CheckDatabase::new(use_cases.check_store.clone(), Arc::clone(&database_clock));
    let mut jobs = vec![
        Job { jitter: Duration::from_mins(1), ..purge },
        Job { jitter: Duration::from_mins(1), ..purge_records },
        Job { jitter: Duration::from_mins(1), ..purge_mail },
        Job { jitter: Duration::from_mins(1), ..purge_throttles },
        Job::new("answer-mail-req", Duration::from_secs(1), use_cases.answer_mail_requests.clone()),
        Job::new("send-mail", Duration::from_secs(1), use_cases.deliver_mail.clone()),
        Job::new("settle-held", Duration::from_secs(1), use_cases.settle_decisions.clone()),
        Job { jitter: Duration::from_secs(2), ..count },
        // Well below `RecordKeyUse::AHEAD`, in case a run fails.
        Job::new("record-key-use", Duration::from_secs(30), key_use_recorder),
        Job::new("purge-networks", Duration::from_mins(1), PurgeNetworks(network_limits)),
        Job::new("check-database", Duration::from_secs(5), check),
    ];
    jobs.extend(reloadable.keys.map(|keys| {
        let reload = Job::new("reload-keys", Duration::from_secs(30), ReloadKeys(keys));
        Job { runs_on_hangup: true, ..reload }
    }));
    let clock: Arc<dyn Clock> = database_clock;
    jobs.extend(reloadable.certificate.map(|certificate| {
        let reload = ReloadCertificate { certificate, clock };
        // Within 30 s, also on a busy machine.
        let reload = Job::new("reload-cert", Duration::from_secs(15), reload);
        Job { runs_on_hangup: true, ..reload }
    }));
    jobs
}
