//! The addresses of accounts: their confirmation, and changes.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use sihha_domain::account::{EmailAddress, UniqueField};
use sihha_domain::ids::ProfileId;
use sihha_domain::language::Language;
use sihha_domain::mail::Addressee;
use sihha_domain::store::StoreError;
use uuid::Uuid;

use crate::postgres::schema::{identifiers, profiles};
use crate::postgres::store_connection::StoreConnection;

/// Returns the owner of the claim that reserves a former address of the account: the account's id as a
/// UUID of version 8, which no account has. So nobody can register the address, and no account is
/// found by it.
fn reserved_for(id: ProfileId) -> Uuid {
    uuid::Builder::from_bytes(id.as_uuid().into_bytes()).with_version(uuid::Version::Custom).into_uuid()
}

pub(super) fn find_addressee(
    connection: &mut StoreConnection,
    id: ProfileId,
) -> Result<Option<Addressee>, StoreError> {
    let query = profiles::table.find(id.as_uuid()).select((profiles::email, profiles::language));
    let found: Option<(String, String)> = connection.run(|pg| query.first(pg).optional())?;
    Ok(found.map(|(email, language)| Addressee {
        profile_id: id,
        email: EmailAddress::on_record(email),
        language: Language::on_record(&language),
    }))
}

pub(super) fn confirm(
    connection: &mut StoreConnection,
    id: ProfileId,
    email: &EmailAddress,
    at: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let row = profiles::table.find(id.as_uuid()).filter(profiles::email.eq(email.as_str()));
    let unconfirmed = row.filter(profiles::email_verified_at.is_null());
    let update = diesel::update(unconfirmed).set(profiles::email_verified_at.eq(at));
    if connection.run(|pg| update.execute(pg))? == 1 {
        return Ok(true);
    }
    let query = row.select(profiles::id);
    Ok(connection.run(|pg| query.first::<Uuid>(pg).optional())?.is_some())
}

/// Claims are deleted and inserted, because the key and the owner of a row stay in a distributed
/// database.
pub(super) fn change(
    connection: &mut StoreConnection,
    id: ProfileId,
    old: &EmailAddress,
    new: &EmailAddress,
    at: DateTime<Utc>,
) -> Result<bool, StoreError> {
    if old.canonical() != new.canonical() {
        // The account may have had the new address before.
        release(connection, reserved_for(id), new, at)?;
        if !claim(connection, id.as_uuid(), new, at)? {
            return Ok(false);
        }
        release(connection, id.as_uuid(), old, at)?;
        claim(connection, reserved_for(id), old, at)?;
    }
    let row = diesel::update(profiles::table.find(id.as_uuid()));
    let set = (profiles::email.eq(new.as_str()), profiles::email_verified_at.eq(at));
    connection.run(|pg| row.set(set).execute(pg)).map(|_| true)
}

pub(super) fn release_former(
    connection: &mut StoreConnection,
    id: ProfileId,
    email: &EmailAddress,
    since: DateTime<Utc>,
) -> Result<(), StoreError> {
    release(connection, reserved_for(id), email, since)
}

/// Returns whether `owner` has the claim now.
fn claim(
    connection: &mut StoreConnection,
    owner: Uuid,
    email: &EmailAddress,
    at: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let row = (
        identifiers::system.eq(UniqueField::Email.name()),
        identifiers::value_key.eq(email.canonical()),
        identifiers::profile_id.eq(owner),
        identifiers::claimed_at.eq(at),
    );
    let insert = diesel::insert_into(identifiers::table).values(row).on_conflict_do_nothing();
    Ok(connection.run(|pg| insert.execute(pg))? == 1)
}

/// Gives up a claim of `owner` that was made at `since` or before.
fn release(
    connection: &mut StoreConnection,
    owner: Uuid,
    email: &EmailAddress,
    since: DateTime<Utc>,
) -> Result<(), StoreError> {
    let claim = identifiers::table
        .filter(identifiers::system.eq(UniqueField::Email.name()))
        .filter(identifiers::value_key.eq(email.canonical()))
        .filter(identifiers::profile_id.eq(owner))
        .filter(identifiers::claimed_at.le(since));
    connection.run(|pg| diesel::delete(claim).execute(pg)).map(|_| ())
}
