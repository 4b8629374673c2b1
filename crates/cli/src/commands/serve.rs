use std::convert::Infallible;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use actix_web::rt::System;
use anyhow::Context;
use sihha_api::server::Server;
use sihha_embedded_postgres::children::{self, Left};
use sihha_infra::jwt::KeyRing;
use sihha_infra::postgres::{Database, allowed_connections};
use sihha_infra::system::{SystemClock, SystemRandomness};
use sihha_interrupt::Interrupt;
use tokio::signal::unix::{SignalKind, signal};

use crate::compose::{self, Capacity, Dependencies, Service};
use crate::config::ServeOptions;
use crate::database::OpenDatabase;
use crate::jobs::{self, JobRunner, KeyUseRecorder};
use crate::listen::{BoundSocket, ListenAddress};
use crate::output;
use crate::secret;
use crate::signals::{Signals, StopSignal};

/// Number of database connections left for the readiness check and for staff commands.
const RESERVED_CONNECTIONS: u32 = 3;

/// Time between two checks for orphans while another part of this process has yet to collect the
/// exit of its own child.
const REAP_INTERVAL: Duration = Duration::from_millis(100);

/// Serves until a signal to stop. Then finishes the requests in flight, and stops the private
/// Postgres if there is one.
///
/// That `socket` has no address is reported last: another service with the same data is a better
/// reason.
pub(crate) fn run(options: &ServeOptions, socket: io::Result<BoundSocket>) -> anyhow::Result<()> {
    let system = System::new();
    // From here on signals are kept until there is something to stop.
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
            socket,
            open.data_dir.as_deref(),
            signals,
            &interrupt,
        ))?;
        open.close()?;
    }
    tracing::info!("stopped");
    Ok(())
}

/// Opens everything that the service depends on. May wait for another process or for the database.
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
    socket: io::Result<BoundSocket>,
    data_dir: Option<&Path>,
    mut signals: Signals,
    interrupt: &Interrupt,
) -> anyhow::Result<()> {
    let Service { server, use_cases } = compose::build(options, dependencies, socket)?;
    let recording = Arc::clone(&use_cases);
    let record = move || {
        jobs::warn_of_unknown_keys(&recording.find_unknown_keys);
        Ok(KeyUseRecorder::start(recording.record_key_use.clone()))
    };
    let Some(key_use_recorder) = signals.unless_stopped(interrupt, record).await? else { return Ok(()) };
    announce(&server, &options.listen, data_dir)?;
    let reloadable_keys = options.signing_keys.is_some().then(|| Arc::clone(&dependencies.keys));
    let jobs = jobs::all(&use_cases, dependencies.database.clock(), key_use_recorder, reloadable_keys);
    let jobs = JobRunner::start(jobs, &dependencies.clock, &dependencies.randomness)?;
    let drain = options.stop.drain(data_dir.is_some());
    tokio::select! {
        outcome = serve(server, &mut signals, &jobs, drain) => outcome,
        never = reap_orphans() => match never? {},
    }
}

/// Returns the requested pool size, or less if the database allows fewer connections in addition to
/// [`RESERVED_CONNECTIONS`].
fn pool_size(options: &ServeOptions, database: &Database) -> anyhow::Result<u16> {
    let wanted = Capacity::of(options).pool_size;
    let allowed = allowed_connections(database)?;
    let size = wanted.min(allowed.saturating_sub(RESERVED_CONNECTIONS)).max(1);
    if size < wanted {
        tracing::warn!(
            allowed,
            wanted,
            size,
            "the database allows this role fewer connections than --pool-size; some stay free for commands"
        );
    }
    Ok(u16::try_from(size).unwrap_or(u16::MAX))
}

fn keys(options: &ServeOptions, data_dir: Option<&Path>) -> anyhow::Result<Arc<KeyRing>> {
    let folder = options.signing_keys.as_deref();
    let secret =
        secret::load(options.jwt_secret_file.as_deref(), data_dir, folder.is_none(), &SystemRandomness)?;
    if folder.is_some() && secret.is_some() {
        tracing::info!("the JWT secret still verifies tokens; remove it when its last token has expired");
    }
    compose::open_keys(options, secret, Arc::new(SystemClock))
}

/// Serves until a signal to stop, and then for the time of `drain`, while load balancers notice it.
/// Then accepts no more connections, and finishes the requests in flight. A second signal stops
/// immediately.
async fn serve(
    server: Server,
    signals: &mut Signals,
    jobs: &JobRunner,
    drain: Duration,
) -> anyhow::Result<()> {
    let stopper = server.stopper()?;
    let second_signal = async {
        let first = next_stop(signals, jobs).await;
        stopper.drain();
        // A person at a terminal has no load balancer.
        let drain = if first == StopSignal::Terminate { drain } else { Duration::ZERO };
        tracing::info!(drain = %humantime::format_duration(drain), "stopping: requests are served until the drain ends");
        let stop = async {
            tokio::time::sleep(drain).await;
            stopper.close().await;
            std::future::pending::<Infallible>().await
        };
        tokio::select! {
            _ = next_stop(signals, jobs) => {}
            never = stop => match never {},
        }
    };
    tokio::select! {
        outcome = server.run() => Ok(outcome?),
        () = second_signal => {
            tracing::warn!("second signal to stop: requests in flight are cut off");
            Ok(())
        }
    }
}

/// Waits for a signal to stop. Reads the keys again at SIGHUP, if there is a directory of keys.
async fn next_stop(signals: &mut Signals, jobs: &JobRunner) -> StopSignal {
    loop {
        if let Some(stop) = signals.next().await {
            return stop;
        }
        if !jobs.hangup() {
            tracing::info!("SIGHUP has no effect: no --signing-keys to read again");
        }
    }
}

/// Collects the exits of orphans that the kernel made children of this process.
async fn reap_orphans() -> anyhow::Result<Infallible> {
    let mut ended = signal(SignalKind::child()).context("the system refused a handler of SIGCHLD")?;
    if !children::inherits_orphans() {
        return std::future::pending().await;
    }
    loop {
        match children::reap_orphans() {
            Left::Nothing => drop(ended.recv().await),
            Left::Own => tokio::time::sleep(REAP_INTERVAL).await,
        }
    }
}

/// Prints the only line on standard output: that the service is ready, its addresses, and how to
/// list waiting accounts.
///
/// Uses a thread, because neither a blocked reader nor a full disk may prevent the start.
fn announce(server: &Server, listen: &ListenAddress, data_dir: Option<&Path>) -> anyhow::Result<()> {
    let api = server.address().map_or_else(
        || format!("API {listen}"),
        |address| format!("API http://{address}/api, documentation http://{address}/docs/"),
    );
    let program = std::env::args().next().unwrap_or_else(|| "sihha".to_owned());
    let data_dir = data_dir.map(|dir| dir.display().to_string());
    let data_dir = data_dir.iter().flat_map(|dir| ["--data-dir", dir.as_str()]);
    let words = [program.as_str(), "approvals", "list"].into_iter().chain(data_dir);
    let command =
        shlex::try_join(words).context("the name of the data directory cannot be typed in a shell")?;
    let line = format!("sihha is ready: {api}, waiting accounts: {command}\n");
    let print = move || {
        if let Err(error) = output::print(&line) {
            tracing::warn!(error = format!("{error:#}"), "ready line not written");
        }
    };
    thread::Builder::new().name("announce".to_owned()).spawn(print).context("the system refused a thread")?;
    Ok(())
}
