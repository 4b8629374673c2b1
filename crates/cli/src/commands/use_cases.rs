//! The use cases for commands that use the database.

use sihha_domain::use_cases::{Settings, UseCases};
use sihha_infra::tools;

use crate::config::DatabaseOptions;
use crate::database::OpenDatabase;

/// Runs `work` with the use cases on the database that the options name.
pub(super) fn with_use_cases(
    options: &DatabaseOptions,
    work: impl FnOnce(&UseCases) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let open = OpenDatabase::for_command(options)?;
    let use_cases = UseCases::new(tools::ports(&open.database), Settings::DEFAULT);
    let outcome = work(&use_cases);
    // The private Postgres stops only when its connections are closed.
    drop(use_cases);
    let closed = open.close();
    outcome.and(closed)
}
