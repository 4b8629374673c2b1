//! What the commands of staff share.

use anyhow::Context;
use sihha_domain::staff_name::StaffName;
use sihha_domain::use_cases::{Settings, UseCases};
use sihha_infra::tools;

use crate::config::DatabaseOptions;
use crate::database::OpenDatabase;

/// Does `work` on the accounts that the options name.
pub(super) fn with_use_cases(
    options: &DatabaseOptions,
    work: impl FnOnce(&UseCases) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let open = OpenDatabase::for_command(options)?;
    let use_cases = UseCases::new(tools::ports(&open.database), Settings::DEFAULT);
    let outcome = work(&use_cases);
    // The private Postgres stops only when its connections are closed.
    drop(use_cases);
    open.close()?;
    outcome
}

/// The person behind sudo, or else the user who runs this.
pub(super) fn user_name() -> anyhow::Result<StaffName> {
    let sudo = std::env::var("SUDO_USER").ok();
    let own = || nix::unistd::User::from_uid(nix::unistd::getuid()).ok().flatten().map(|user| user.name);
    sudo.or_else(own)
        .and_then(|name| StaffName::parse(&name).ok())
        .context("this system does not know your name; say who decides by --by")
}
