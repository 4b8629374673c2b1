use std::sync::Arc;
use std::time::Duration;

use sihha_domain::clock::Clock;
use sihha_domain::store::Store;
use sihha_infra::postgres::{PgStore, PoolSettings};

use crate::config::DatabaseOptions;
use crate::database::OpenDatabase;

/// Opens the database that the options name, does `work` on it, and closes it.
pub(super) fn with_store(
    options: &DatabaseOptions,
    work: impl FnOnce(Arc<dyn Store>) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    with_store_and_clock(options, |store, _| work(store))
}

/// Does the same, and also passes the database's clock.
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
