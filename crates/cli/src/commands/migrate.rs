use sihha_infra::postgres::Migrated;
use sihha_interrupt::Interrupt;

use crate::config::MigrateOptions;
use crate::database::OpenDatabase;
use crate::output;
use crate::signals;

/// Applies pending migrations.
pub(crate) fn run(options: &MigrateOptions) -> anyhow::Result<()> {
    let open = OpenDatabase::for_migrating(&options.database)?;
    let interrupt = Interrupt::default();
    signals::interrupt_on_stop(interrupt.clone())?;
    let outcome = open.migrate(options.settings(open.data_dir.is_some()), &interrupt);
    let place = format!("schema {} of {}", open.database.schema().unwrap_or("public"), open.database);
    let closed = open.close();
    output::report(&summary(outcome?, &place));
    closed
}

fn summary(done: Migrated, place: &str) -> String {
    let first = match done.applied {
        0 => format!("the schema is already up to date: {place}\n"),
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
