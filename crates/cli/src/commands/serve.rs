use std::convert::Infallible;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use actix_web::rt::System;
use anyhow::Context;
use sihha_api::server::Server;
use sihha_infra::jwt::{KeyRing, KeyWatcher};
use sihha_infra::system::{SystemClock, SystemRandomness};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::compose::{self, Background, Capacity, Service, Surroundings};
use crate::config::ServeOptions;
use crate::database::OpenDatabase;
use crate::key_recorder::{self, KeyRecorder};
use crate::output;
use crate::secret;
use crate::signals::{StopSignal, StopSignals};
use crate::sweeper::Sweeper;

/// How often the folder of keys is read again.
const KEY_INTERVAL: Duration = Duration::from_secs(30);

/// Serves until told to stop; then finishes the requests in flight, and stops Postgres if it is ours.
pub(crate) fn run(options: &ServeOptions) -> anyhow::Result<()> {
    let system = System::new();
    // From here on a signal is kept until the server is there to stop.
    let signals = system.block_on(async { StopSignals::listen() })?;
    let open = OpenDatabase::for_serving(&options.database, Capacity::of(options).pool_size)?;
    let surroundings = Surroundings {
        database: open.database.clone(),
        keys: keys(options, open.data_dir.as_deref())?,
        former_jwt_secret: secret::load_former(options.former_jwt_secret_file.as_deref())?,
        clock: Arc::new(SystemClock),
        randomness: Arc::new(SystemRandomness),
    };
    let watcher = match &options.signing_keys {
        Some(_) => {
            let hangup = system.block_on(async { signal(SignalKind::hangup()) })?;
            Some((KeyWatcher::start(Arc::clone(&surroundings.keys), KEY_INTERVAL)?, hangup))
        }
        None => None,
    };
    system.block_on(async {
        let Service { server, background } = compose::build(options, &surroundings)?;
        let Background { sweep, record_key_use, find_unknown_keys } = background;
        key_recorder::warn_of_unknown(&find_unknown_keys);
        let recorder = KeyRecorder::start(record_key_use)?;
        announce(&server, open.data_dir.as_deref())?;
        let sweeper = Sweeper::start(sweep, &*surroundings.randomness)?;
        let outcome = tokio::select! {
            outcome = serve(server, signals, options.stop.drain(open.data_dir.is_some())) => outcome,
            never = reread_on_hangup(watcher) => match never {},
        };
        sweeper.stop();
        recorder.stop();
        outcome
    })?;
    open.close()?;
    tracing::info!("stopped");
    Ok(())
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

/// SIGHUP has the keys read again. Without a folder of keys it ends the process, as the system would have it.
async fn reread_on_hangup(watcher: Option<(KeyWatcher, Signal)>) -> Infallible {
    let Some((watcher, mut hangup)) = watcher else { return std::future::pending().await };
    loop {
        hangup.recv().await;
        watcher.wake();
    }
}

/// Serves until the first signal, and then stops: for the time of `drain` all is served while load balancers learn of it, then no
/// more connections are accepted, and requests in flight finish. A second signal cuts that short.
async fn serve(server: Server, mut signals: StopSignals, drain: Duration) -> anyhow::Result<()> {
    let (handle, draining) = (server.handle(), server.drain());
    let told_twice = async {
        let first = signals.next().await;
        draining.begin();
        // Who presses Ctrl-C has no load balancer.
        let drain = if first == StopSignal::Terminate { drain } else { Duration::ZERO };
        tracing::info!(
            drain = %humantime::format_duration(drain),
            "stopping: load balancers learn of it while all is served, then requests in flight finish"
        );
        let stop = async {
            tokio::time::sleep(drain).await;
            // Told, not awaited: the server ends when it has stopped.
            drop(handle.stop(true));
            std::future::pending().await
        };
        tokio::select! {
            _ = signals.next() => {}
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
