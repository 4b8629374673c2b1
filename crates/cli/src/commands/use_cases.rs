//! The use cases for commands that use the database.

use std::sync::Arc;

use anyhow::Context;
use sihha_domain::use_cases::{Ports, Settings, UseCases};
use sihha_infra::tools;

use crate::blocklist::password_policies;
use crate::config::{BlocklistOptions, DatabaseOptions, SecretKeyOptions};
use crate::database::OpenDatabase;
use crate::secret;

/// Runs `work` with the use cases on the database that the options name.
pub(super) fn with_use_cases(
    options: &DatabaseOptions,
    work: impl FnOnce(&UseCases) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    run(options, |_, ports| Ok(ports), work)
}

/// Runs `work` as [`with_use_cases`] does, with the key that encrypts stored secrets.
pub(super) fn with_secret_box(
    options: &DatabaseOptions,
    secret_key: &SecretKeyOptions,
    work: impl FnOnce(&UseCases) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    run(options, |open, ports| add_secret_box(open, secret_key, ports), work)
}

/// Runs `work` as [`with_use_cases`] does, with the rules for new passwords that the options name, and
/// with a key if there is to be one.
pub(super) fn with_new_password(
    options: &DatabaseOptions,
    blocklist: &BlocklistOptions,
    secret_key: Option<&SecretKeyOptions>,
    work: impl FnOnce(&UseCases) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let staff_password_policy = password_policies(blocklist, options)?.staff;
    let complete = |open: &OpenDatabase, ports| {
        let ports = Ports { staff_password_policy, ..ports };
        match secret_key {
            Some(secret_key) => add_secret_box(open, secret_key, ports),
            None => Ok(ports),
        }
    };
    run(options, complete, work)
}

fn add_secret_box(open: &OpenDatabase, secret_key: &SecretKeyOptions, ports: Ports) -> anyhow::Result<Ports> {
    let file = secret_key.secret_key_file.as_deref();
    let secret_box = secret::load_box(file, open.data_dir.as_deref())?.context(secret::NO_KEY)?;
    Ok(Ports { secret_box: Arc::new(secret_box), ..ports })
}

fn run(
    options: &DatabaseOptions,
    complete: impl FnOnce(&OpenDatabase, Ports) -> anyhow::Result<Ports>,
    work: impl FnOnce(&UseCases) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let open = OpenDatabase::for_command(options)?;
    let use_cases = complete(&open, tools::ports(&open.database));
    let use_cases = use_cases.map(|ports| UseCases::new(ports, Settings::DEFAULT));
    // The private Postgres stops only when its connections are closed.
    let outcome = use_cases.and_then(|use_cases| work(&use_cases));
    let closed = open.close();
    outcome.and(closed)
}
