//! The rules for new passwords, as the options name them.

use std::sync::Arc;

use anyhow::Context;
use sihha_domain::password::{Blocklist, PasswordPolicy};
use sihha_infra::blocklist::PasswordBlocklist;

use crate::config::{BlocklistChoice, BlocklistOptions, DatabaseOptions};

/// The rules for new passwords.
#[derive(Clone, Default)]
pub struct PasswordPolicies {
    /// Of account holders.
    pub accounts: PasswordPolicy,
    /// Of staff.
    pub staff: PasswordPolicy,
}

/// Reads the blocklist that the options name.
///
/// # Errors
///
/// If its file cannot be read, or is neither a list nor a filter.
pub fn password_policies(
    options: &BlocklistOptions,
    database: &DatabaseOptions,
) -> anyhow::Result<PasswordPolicies> {
    let common = PasswordBlocklist::common();
    let blocklist = match &options.password_blocklist {
        Some(BlocklistChoice::Off) => return Ok(PasswordPolicies::default()),
        Some(BlocklistChoice::File(path)) => {
            common.with_file(path).with_context(|| format!("--password-blocklist {}", path.display()))?
        }
        Some(BlocklistChoice::On) | None => common,
    };
    let blocklist: Arc<dyn Blocklist> = Arc::new(blocklist);
    let staff = PasswordPolicy { blocklist: Some(blocklist) };
    let accounts =
        if is_for_staff_only(options, database) { PasswordPolicy::default() } else { staff.clone() };
    Ok(PasswordPolicies { accounts, staff })
}

/// Returns whether the blocklist is off for account holders only: the examples of the API's contract,
/// which people try on the private Postgres, have passwords such as `12345678`.
fn is_for_staff_only(options: &BlocklistOptions, database: &DatabaseOptions) -> bool {
    options.password_blocklist.is_none() && database.database_url.is_none()
}

/// Logs which common passwords are accepted.
pub(crate) fn announce(options: &BlocklistOptions, database: &DatabaseOptions) {
    if options.password_blocklist == Some(BlocklistChoice::Off) {
        tracing::warn!("common passwords are accepted; start without `--password-blocklist off`");
    } else if is_for_staff_only(options, database) {
        tracing::info!(
            "common passwords are accepted, except for staff, because the Postgres is private; \
             `--password-blocklist on` refuses them"
        );
    }
}
