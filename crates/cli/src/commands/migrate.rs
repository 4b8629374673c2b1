use std::thread;

use anyhow::Context;
use sihha_infra::postgres::Migrated;
use sihha_interrupt::Interrupt;
use tokio::runtime;
use tokio::signal::unix::{SignalKind, signal};

use crate::config::MigrateOptions;
use crate::database::OpenDatabase;
use crate::output;

/// Applies the migrations that are missing.
pub(crate) fn run(options: &MigrateOptions) -> anyhow::Result<()> {
    let open = OpenDatabase::for_migrating(&options.database)?;
    let interrupt = Interrupt::default();
    interrupt_on_signal(interrupt.clone())?;
    let outcome = open.migrate(options.settings(open.data_dir.is_some()), &interrupt);
    let place = format!("schema {} of {}", open.database.schema().unwrap_or("public"), open.database);
    open.close()?;
    output::print(&summary(outcome?, &place))
}

fn summary(done: Migrated, place: &str) -> String {
    let first = match done.applied {
        0 => format!("the schema is up to date already: {place}\n"),
        1 => format!("the schema is up to date: 1 migration applied to {place}\n"),
        applied => format!("the schema is up to date: {applied} migrations applied to {place}\n"),
    };
    match done.left {
        0 => first,
        left => format!(
            "{first}{left} contracting migration(s) left: when no instance of the previous release runs any more, \
             run `sihha migrate --finish`\n"
        ),
    }
}

/// Has SIGINT and SIGTERM cancel the statement that the server is running, which would otherwise wait on there.
fn interrupt_on_signal(interrupt: Interrupt) -> anyhow::Result<()> {
    let runtime = runtime::Builder::new_current_thread().enable_io().build()?;
    let guard = runtime.enter();
    let (mut terminate, mut int) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    drop(guard);
    let wait = move || {
        runtime.block_on(async {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = int.recv() => {}
            }
        });
        interrupt.trigger();
    };
    thread::Builder::new()
        .name("signals".to_owned())
        .spawn(wait)
        .context("the system gives no more threads")?;
    Ok(())
}
