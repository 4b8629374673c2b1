//! Finds the account that a command refers to.

use diesel::prelude::*;
use sihha_domain::account::AccountRef;
use sihha_domain::ids::ProfileId;
use sihha_domain::store::StoreError;
use uuid::Uuid;

use super::collation::equal_in_c;
use super::schema::profiles;
use super::store_connection::StoreConnection;

/// Returns the account's id. An id that the caller gave is returned without a check that the
/// account exists.
pub(super) fn find_id(
    connection: &mut StoreConnection,
    account: &AccountRef,
) -> Result<Option<ProfileId>, StoreError> {
    match account {
        AccountRef::Id(id) => Ok(Some(*id)),
        AccountRef::Email(email) => {
            let row = profiles::table.filter(equal_in_c(profiles::email_key, email.canonical()));
            let found = connection.run(|pg| row.select(profiles::id).first::<Uuid>(pg).optional())?;
            Ok(found.map(ProfileId::from_uuid))
        }
    }
}

/// Locks the account, if it exists, as `AccountRepository::lock` does. Returns its id.
pub(super) fn lock_id(
    connection: &mut StoreConnection,
    account: &AccountRef,
) -> Result<Option<ProfileId>, StoreError> {
    let found = match account {
        AccountRef::Id(id) => {
            let row = profiles::table.find(id.as_uuid()).select(profiles::id).for_update();
            connection.run(|pg| row.first::<Uuid>(pg).optional())?
        }
        AccountRef::Email(email) => {
            let row = profiles::table.filter(equal_in_c(profiles::email_key, email.canonical()));
            connection.run(|pg| row.select(profiles::id).for_update().first::<Uuid>(pg).optional())?
        }
    };
    Ok(found.map(ProfileId::from_uuid))
}
