use sihha_infra::postgres::migrate;

use crate::config::DatabaseOptions;
use crate::database::OpenDatabase;
use crate::output;

/// Applies the migrations that are missing.
pub(crate) fn run(options: &DatabaseOptions) -> anyhow::Result<()> {
    let open = OpenDatabase::for_migrating(options)?;
    let applied = migrate(&open.database)?;
    open.close()?;
    match applied {
        0 => output::print("the schema is up to date already\n"),
        count => output::print(&format!("the schema is up to date: {count} migrations applied\n")),
    }
}
