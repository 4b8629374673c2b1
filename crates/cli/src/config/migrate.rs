use std::time::Duration;

use clap::Args;
use sihha_infra::postgres::{Contracting, MigrateSettings};

use super::{DatabaseOptions, lifetime};

/// How to migrate.
#[derive(Debug, Clone, Args)]
pub struct MigrateOptions {
    /// Apply contracting migrations as well, which remove what the previous release needs. Run it when no instance of that
    /// release is left
    #[arg(long, env = "SIHHA_MIGRATE_FINISH")]
    pub finish: bool,
    /// How long to wait for locks that others hold
    #[arg(long, env = "SIHHA_MIGRATE_WAIT", default_value = "60s", value_parser = lifetime, value_name = "TIME")]
    pub wait: Duration,
    /// Where the accounts are kept.
    #[command(flatten)]
    pub database: DatabaseOptions,
}

impl MigrateOptions {
    /// The settings that they stand for. A private Postgres has no other release's instances.
    #[must_use]
    pub fn settings(&self, is_private: bool) -> MigrateSettings {
        let contracting =
            if self.finish || is_private { Contracting::Apply } else { Contracting::ApplyToNew };
        MigrateSettings { contracting, wait: self.wait }
    }
}
