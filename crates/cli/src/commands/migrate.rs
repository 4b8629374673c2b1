use std::io::Write;

use sihha_infra::postgres::migrate;

use crate::config::DatabaseOptions;
use crate::database::OpenDatabase;

/// Applies the migrations that are missing.
pub(crate) fn run(options: &DatabaseOptions) -> anyhow::Result<()> {
    let open = OpenDatabase::for_migrating(options)?;
    let applied = migrate(&open.database)?;
    open.close()?;
    match applied {
        0 => writeln!(std::io::stdout(), "the schema is up to date already")?,
        count => writeln!(std::io::stdout(), "the schema is up to date: {count} migrations applied")?,
    }
    Ok(())
}
