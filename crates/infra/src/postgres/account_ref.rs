//! Finds the account that a command refers to.

use diesel::prelude::*;
use sihha_domain::account::{AccountRef, EmailAddress, UniqueField};
use sihha_domain::ids::ProfileId;
use sihha_domain::store::StoreError;
use uuid::Uuid;

use super::schema::{identifiers, profiles};
use super::store_connection::StoreConnection;

/// Returns the account's id. An id that the caller gave is returned without a check that the
/// account exists.
pub(super) fn find_id(
    connection: &mut StoreConnection,
    account: &AccountRef,
) -> Result<Option<ProfileId>, StoreError> {
    match account {
        AccountRef::Id(id) => Ok(Some(*id)),
        AccountRef::Email(email) => holder_of(connection, email),
    }
}

/// Returns the id of the account that claims the e-mail. In a distributed database, the account may
/// not be visible yet.
pub(super) fn holder_of(
    connection: &mut StoreConnection,
    email: &EmailAddress,
) -> Result<Option<ProfileId>, StoreError> {
    let claim = identifiers::table
        .filter(identifiers::system.eq(UniqueField::Email.name()))
        .filter(identifiers::value_key.eq(email.canonical()))
        .select(identifiers::profile_id);
    let found = connection.run(|pg| claim.first::<Uuid>(pg).optional())?;
    Ok(found.map(ProfileId::from_uuid))
}

/// Locks the account, if it exists, as `AccountRepository::lock` does. Returns its id.
pub(super) fn lock_id(
    connection: &mut StoreConnection,
    account: &AccountRef,
) -> Result<Option<ProfileId>, StoreError> {
    let Some(id) = find_id(connection, account)? else { return Ok(None) };
    let row = profiles::table.find(id.as_uuid()).select(profiles::id).for_update();
    let found = connection.run(|pg| row.first::<Uuid>(pg).optional())?;
    Ok(found.map(ProfileId::from_uuid))
}
