use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use actix_web::rt::System;
use anyhow::Context;
use sihha_api::server::Server;
use sihha_infra::system::{SystemClock, SystemRandomness};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::compose::{self, Capacity, Service, Surroundings};
use crate::config::ServeOptions;
use crate::database::OpenDatabase;
use crate::secret;
use crate::sweeper::Sweeper;

/// Serves until told to stop; then finishes the requests in flight, and stops Postgres if it is ours.
pub(crate) fn run(options: &ServeOptions) -> anyhow::Result<()> {
    let system = System::new();
    // From here on a signal is kept until the server is there to stop.
    let signals = system.block_on(async { Signals::listen() })?;
    let open = OpenDatabase::for_serving(&options.database, Capacity::of(options).pool_size)?;
    let randomness = Arc::new(SystemRandomness);
    let surroundings = Surroundings {
        database: open.database.clone(),
        jwt_secret: secret::load(options.jwt_secret_file.as_deref(), open.data_dir.as_deref(), &*randomness)?,
        former_jwt_secret: secret::load_former(options.former_jwt_secret_file.as_deref())?,
        clock: Arc::new(SystemClock),
        randomness,
    };
    system.block_on(async {
        let Service { server, sweep } = compose::build(options, &surroundings)?;
        announce(&server, open.data_dir.as_deref())?;
        let sweeper = Sweeper::start(sweep, &*surroundings.randomness)?;
        let outcome = serve(server, signals).await;
        sweeper.stop();
        outcome
    })?;
    open.close()?;
    tracing::info!("stopped");
    Ok(())
}

async fn serve(server: Server, mut signals: Signals) -> anyhow::Result<()> {
    let handle = server.handle();
    let told_twice = async {
        signals.next().await;
        tracing::info!("stopping: requests in flight are finished first");
        // Told, not awaited: the server ends when it has stopped.
        drop(handle.stop(true));
        signals.next().await;
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
fn announce(server: &Server, data_dir: Option<&Path>) -> anyhow::Result<()> {
    let address = server.addresses().first().map(ToString::to_string).unwrap_or_default();
    let program = std::env::args().next().unwrap_or_else(|| "sihha".to_owned());
    let data_dir = data_dir.map(|dir| dir.display().to_string());
    let data_dir = data_dir.iter().flat_map(|dir| ["--data-dir", dir.as_str()]);
    let words = [program.as_str(), "approvals", "list"].into_iter().chain(data_dir);
    let command = shlex::try_join(words).context("the data directory's name cannot be typed")?;
    let mut stdout = std::io::stdout();
    writeln!(
        stdout,
        "sihha is ready: API http://{address}/api, documentation http://{address}/docs/, \
         waiting accounts: {command}"
    )?;
    Ok(stdout.flush()?)
}

/// SIGTERM and SIGINT.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn listen() -> std::io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
