//! What the commands of staff share.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use sihha_domain::clock::Clock;
use sihha_domain::staff_name::StaffName;
use sihha_domain::store::Store;
use sihha_infra::postgres::{PgStore, PoolSettings};

use crate::config::DatabaseOptions;
use crate::database::OpenDatabase;

/// Does `work` on the accounts that the options name.
pub(super) fn with_store(
    options: &DatabaseOptions,
    work: impl FnOnce(Arc<dyn Store>) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    with_store_and_clock(options, |store, _| work(store))
}

/// The same with the database's clock.
pub(super) fn with_store_and_clock(
    options: &DatabaseOptions,
    work: impl FnOnce(Arc<dyn Store>, Arc<dyn Clock>) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let open = OpenDatabase::for_command(options)?;
    let pool = PoolSettings { size: 1, acquire_timeout: Duration::from_secs(10) };
    let store = Arc::new(PgStore::new(open.database.clone(), pool));
    let outcome = work(store, open.database.clock());
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
