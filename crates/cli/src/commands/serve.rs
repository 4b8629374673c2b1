use std::convert::Infallible;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use actix_web::rt::System;
use anyhow::Context;
use sihha_api::server::Server;
use sihha_embedded_postgres::children::{self, Left};
use sihha_infra::jwt::{KeyRing, KeyWatcher};
use sihha_infra::postgres::{Database, allowed_connections};
use sihha_infra::system::{SystemClock, SystemRandomness};
use sihha_interrupt::Interrupt;
use tokio::signal::unix::{SignalKind, signal};

use crate::compose::{self, Capacity, Dependencies, Service};
use crate::config::ServeOptions;
use crate::database::OpenDatabase;
use crate::database_watcher::DatabaseWatcher;
use crate::key_recorder::{self, KeyRecorder};
use crate::output;
use crate::secret;
use crate::signals::{Signals, StopSignal};
use crate::sweeper::Sweeper;

/// Connections that are left for readiness and for the commands of staff.
const RESERVED: u32 = 3;

/// When to look for orphans again while a process of our own has ended and is about to be waited for.
const REAP_AGAIN: Duration = Duration::from_millis(100);
/// How often the folder of keys is read again.
const KEY_INTERVAL: Duration = Duration::from_secs(30);

/// Serves until told to stop; then finishes the requests in flight, and stops Postgres if it is ours.
pub(crate) fn run(options: &ServeOptions) -> anyhow::Result<()> {
    let system = System::new();
    // From here on a signal is kept until something is there to stop.
    let mut signals = system.block_on(async { Signals::listen() })?;
    let interrupt = Interrupt::default();
    let start = {
        let (options, interrupt) = (options.clone(), interrupt.clone());
        move || start(&options, &interrupt)
    };
    let started = system.block_on(signals.unless_stopped(&interrupt, start))?;
    if let Some((open, dependencies, options)) = started {
        system.block_on(run_service(
            &options,
            &dependencies,
            open.data_dir.as_deref(),
            signals,
            &interrupt,
        ))?;
        open.close()?;
    }
    tracing::info!("stopped");
    Ok(())
}

/// Opens all that the service depends on. May wait: for another process, for the database.
fn start(
    options: &ServeOptions,
    interrupt: &Interrupt,
) -> anyhow::Result<(OpenDatabase, Dependencies, ServeOptions)> {
    let open = OpenDatabase::for_serving(&options.database, Capacity::of(options).pool_size, interrupt)?;
    let dependencies = Dependencies {
        database: open.database.clone(),
        keys: keys(options, open.data_dir.as_deref())?,
        legacy_jwt_secret: secret::load_legacy(options.legacy_jwt_secret_file.as_deref())?,
        clock: open.database.clock(),
        randomness: Arc::new(SystemRandomness),
    };
    let options = ServeOptions { pool_size: Some(pool_size(options, &open.database)?), ..options.clone() };
    Ok((open, dependencies, options))
}

async fn run_service(
    options: &ServeOptions,
    dependencies: &Dependencies,
    data_dir: Option<&Path>,
    mut signals: Signals,
    interrupt: &Interrupt,
) -> anyhow::Result<()> {
    let watcher = match &options.signing_keys {
        Some(_) => Some(KeyWatcher::start(Arc::clone(&dependencies.keys), KEY_INTERVAL)?),
        None => None,
    };
    let Service { server, use_cases } = compose::build(options, dependencies)?;
    let recording = Arc::clone(&use_cases);
    let record = move || {
        key_recorder::warn_of_unknown(&recording.find_unknown_keys);
        KeyRecorder::start(recording.record_key_use.clone())
    };
    let Some(recorder) = signals.unless_stopped(interrupt, record).await? else { return Ok(()) };
    announce(&server, data_dir)?;
    let database_watcher =
        DatabaseWatcher::start(use_cases.check_store.clone(), dependencies.database.clock())?;
    let sweeper = Sweeper::start(use_cases.purge_sessions.clone(), &*dependencies.randomness)?;
    let drain = options.stop.drain(data_dir.is_some());
    let outcome = tokio::select! {
        outcome = serve(server, &mut signals, watcher, drain) => outcome,
        never = reap_orphans() => match never? {},
    };
    sweeper.stop();
    database_watcher.stop();
    recorder.stop();
    outcome
}

/// The pool that is asked for, or as many connections as the database allows beside [`RESERVED`] others.
fn pool_size(options: &ServeOptions, database: &Database) -> anyhow::Result<u16> {
    let wanted = Capacity::of(options).pool_size;
    let allowed = allowed_connections(database)?;
    let size = wanted.min(allowed.saturating_sub(RESERVED)).max(1);
    if size < wanted {
        tracing::warn!(
            allowed,
            wanted,
            size,
            "the database allows this role fewer connections than --pool-size; some are left for commands"
        );
    }
    Ok(u16::try_from(size).unwrap_or(u16::MAX))
}

fn keys(options: &ServeOptions, data_dir: Option<&Path>) -> anyhow::Result<Arc<KeyRing>> {
    let folder = options.signing_keys.as_deref();
    let secret =
        secret::load(options.jwt_secret_file.as_deref(), data_dir, folder.is_none(), &SystemRandomness)?;
    if folder.is_some() && secret.is_some() {
        tracing::info!("the JWT secret still verifies tokens; take it away once its last has expired");
    }
    compose::open_keys(options, secret, Arc::new(SystemClock))
}

/// Serves until the first signal to stop, and then stops: for the time of `drain` all is served while load balancers learn of
/// it, then no more connections are accepted, and requests in flight finish. A second signal cuts that short.
async fn serve(
    server: Server,
    signals: &mut Signals,
    watcher: Option<KeyWatcher>,
    drain: Duration,
) -> anyhow::Result<()> {
    let stopper = server.stopper()?;
    let told_twice = async {
        let first = next_stop(signals, watcher.as_ref()).await;
        stopper.drain();
        // Who presses Ctrl-C has no load balancer.
        let drain = if first == StopSignal::Terminate { drain } else { Duration::ZERO };
        tracing::info!(
            drain = %humantime::format_duration(drain),
            "stopping: load balancers learn of it while all is served, then requests in flight finish"
        );
        let stop = async {
            tokio::time::sleep(drain).await;
            stopper.close().await;
            std::future::pending::<Infallible>().await
        };
        tokio::select! {
            _ = next_stop(signals, watcher.as_ref()) => {}
            never = stop => match never {},
        }
    };
    tokio::select! {
        outcome = server.run() => Ok(outcome?),
        () = told_twice => {
            tracing::warn!("told again to stop: requests in flight are cut off");
            Ok(())
        }
    }
}

/// Waits for a signal to stop. SIGHUP has the keys read again meanwhile, if there is a folder of them.
async fn next_stop(signals: &mut Signals, watcher: Option<&KeyWatcher>) -> StopSignal {
    loop {
        if let Some(stop) = signals.next().await {
            return stop;
        }
        if let Some(watcher) = watcher {
            watcher.wake();
        } else {
            tracing::info!("SIGHUP has no effect: there is no folder of keys to read again");
        }
    }
}

/// Removes processes that the kernel gave to this one from the system's table, when they end.
async fn reap_orphans() -> anyhow::Result<Infallible> {
    let mut ended = signal(SignalKind::child()).context("the system refuses a handler of SIGCHLD")?;
    if !children::inherits_orphans() {
        return std::future::pending().await;
    }
    loop {
        match children::reap_orphans() {
            Left::Nothing => drop(ended.recv().await),
            Left::Own => tokio::time::sleep(REAP_AGAIN).await,
        }
    }
}

/// The one line on standard output: ready, where to look, and how to let accounts in.
///
/// A thread prints it, because neither a blocked reader nor a full disk may prevent the start.
fn announce(server: &Server, data_dir: Option<&Path>) -> anyhow::Result<()> {
    let address = server.addresses().first().map(ToString::to_string).unwrap_or_default();
    let program = std::env::args().next().unwrap_or_else(|| "sihha".to_owned());
    let data_dir = data_dir.map(|dir| dir.display().to_string());
    let data_dir = data_dir.iter().flat_map(|dir| ["--data-dir", dir.as_str()]);
    let words = [program.as_str(), "approvals", "list"].into_iter().chain(data_dir);
    let command = shlex::try_join(words).context("the data directory's name cannot be typed")?;
    let line = format!(
        "sihha is ready: API http://{address}/api, documentation http://{address}/docs/, \
         waiting accounts: {command}\n"
    );
    let print = move || {
        if let Err(error) = output::print(&line) {
            tracing::warn!(error = format!("{error:#}"), "ready line not written");
        }
    };
    thread::Builder::new()
        .name("announce".to_owned())
        .spawn(print)
        .context("the system gives no more threads")?;
    Ok(())
}
