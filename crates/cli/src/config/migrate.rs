use std::time::Duration;

use clap::Args;
use sihha_infra::postgres::{Contracting, MigrateSettings};

use super::DatabaseOptions;
use super::values::duration;

/// How to migrate.
#[derive(Debug, Clone, Args)]
pub struct MigrateOptions {
    /// Also apply contracting migrations, which remove what the previous release needs. Use it when
    /// no instance of that release runs any more
    #[arg(long)]
    pub finish: bool,
    /// Maximum time to wait for locks of other processes
    #[arg(long, env = "SIHHA_MIGRATE_WAIT", default_value = "60s", value_parser = duration, value_name = "TIME")]
    pub wait: Duration,
    /// Which database to use.
    #[command(flatten)]
    pub database: DatabaseOptions,
}

impl MigrateOptions {
    /// Returns the settings of the migration. On a private Postgres no other release runs.
    #[must_use]
    pub fn settings(&self, is_private: bool) -> MigrateSettings {
        let contracting =
            if self.finish || is_private { Contracting::Apply } else { Contracting::ApplyToNew };
        MigrateSettings { contracting, wait: self.wait }
    }
}
