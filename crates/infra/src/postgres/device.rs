use chrono::{DateTime, Utc};
use diesel::prelude::*;
use sihha_domain::ids::ProfileId;
use sihha_domain::session::{DeviceDigest, DeviceRepository, DeviceSighting};
use sihha_domain::store::StoreError;
use uuid::Uuid;

use super::combined_insert::Statement;
use super::schema::devices;
use super::store_connection::StoreConnection;

/// The repository on a connection.
pub(super) struct PgDevices<'a>(pub(super) &'a mut StoreConnection);

impl DeviceRepository for PgDevices<'_> {
    /// The newest of the account's devices shows whether it has any; the device itself comes first.
    fn find(&mut self, profile_id: ProfileId, device: DeviceDigest) -> Result<DeviceSighting, StoreError> {
        let is_meant = devices::digest.eq(device.as_bytes().to_vec());
        let query = devices::table
            .filter(devices::profile_id.eq(profile_id.as_uuid()))
            .order(is_meant.desc())
            .select((devices::digest, devices::seen_at));
        let first: Option<(Vec<u8>, DateTime<Utc>)> = self.0.run(|pg| query.first(pg).optional())?;
        let has_devices = first.is_some();
        let own = first.filter(|(digest, _)| digest == device.as_bytes());
        Ok(DeviceSighting { seen_at: own.map(|(_, seen_at)| seen_at), has_devices })
    }

    fn record(
        &mut self,
        profile_id: ProfileId,
        device: DeviceDigest,
        at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let insert = diesel::insert_into(devices::table)
            .values(row(profile_id, device, at))
            .on_conflict((devices::profile_id, devices::digest))
            .do_update()
            .set(devices::seen_at.eq(at));
        self.0.run(|pg| insert.execute(pg)).map(|_| ())
    }

    fn purge(&mut self, moment: DateTime<Utc>, limit: u32) -> Result<u32, StoreError> {
        let old = devices::table
            .filter(devices::seen_at.lt(moment))
            .order(devices::seen_at)
            .limit(i64::from(limit))
            .select(devices::profile_id);
        let owners: Vec<Uuid> = self.0.run(|pg| old.load(pg))?;
        let old =
            devices::table.filter(devices::profile_id.eq_any(owners)).filter(devices::seen_at.lt(moment));
        let deleted = self.0.run(|pg| diesel::delete(old).execute(pg))?;
        Ok(u32::try_from(deleted).unwrap_or(u32::MAX))
    }
}

/// Returns the insert of the first device of a new account.
pub(super) fn insert<'a>(profile_id: ProfileId, device: DeviceDigest, at: DateTime<Utc>) -> Statement<'a> {
    Box::new(diesel::insert_into(devices::table).values(row(profile_id, device, at)))
}

#[diesel::dsl::auto_type(no_type_alias)]
fn row(profile_id: ProfileId, device: DeviceDigest, at: DateTime<Utc>) -> _ {
    let profile_id: Uuid = profile_id.as_uuid();
    let digest: Vec<u8> = device.as_bytes().to_vec();
    (devices::profile_id.eq(profile_id), devices::digest.eq(digest), devices::seen_at.eq(at))
}
