//! Reads the accounts of callers with live sessions.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use sihha_domain::account::Role;
use uuid::Uuid;

use super::rows::{AccountRow, DetailsRow, DoctorRow, HospitalRow, LaboRow, PatientRow, ProfileRow};
use crate::postgres::approval::ApprovalRow;
use crate::postgres::libpq::PqConnection;
use crate::postgres::schema::{approvals, doctors, hospitals, labos, patients, profiles, sessions};
use crate::postgres::session::is_live;

/// Returns the accounts of `role` with these ids that have one of these sessions, with the session.
/// Reads the table of that role only.
///
/// Each table is limited to the ids, so that a distributed database asks the shards of these
/// accounts.
pub(super) fn load(
    pg: &mut PqConnection,
    role: Role,
    ids: &[Uuid],
    sessions: &[Uuid],
    now: DateTime<Utc>,
) -> QueryResult<Vec<(Uuid, AccountRow)>> {
    match role {
        Role::Patient => {
            let patient = patients::table
                .on(patients::profile_id.eq(profiles::id).and(patients::profile_id.eq_any(ids)));
            let rows = in_sessions(ids.to_vec(), sessions.to_vec(), now)
                .inner_join(patient)
                .select((sessions::id, ProfileRow::as_select(), PatientRow::as_select()))
                .load(pg)?;
            let account = |(session, profile, row)| (session, (profile, DetailsRow::Patient(row), None));
            Ok(rows.into_iter().map(account).collect())
        }
        Role::Doctor => {
            let doctor =
                doctors::table.on(doctors::profile_id.eq(profiles::id).and(doctors::profile_id.eq_any(ids)));
            let rows = with_approval(ids.to_vec(), sessions.to_vec(), now).inner_join(doctor);
            let rows = rows
                .select((
                    sessions::id,
                    ProfileRow::as_select(),
                    DoctorRow::as_select(),
                    ApprovalRow::as_select(),
                ))
                .load(pg)?;
            let account = |(session, profile, row, approval)| {
                (session, (profile, DetailsRow::Doctor(row), Some(approval)))
            };
            Ok(rows.into_iter().map(account).collect())
        }
        Role::Hospital => {
            let hospital = hospitals::table
                .on(hospitals::profile_id.eq(profiles::id).and(hospitals::profile_id.eq_any(ids)));
            let rows = with_approval(ids.to_vec(), sessions.to_vec(), now).inner_join(hospital);
            let rows = rows
                .select((
                    sessions::id,
                    ProfileRow::as_select(),
                    HospitalRow::as_select(),
                    ApprovalRow::as_select(),
                ))
                .load(pg)?;
            let account = |(session, profile, row, approval)| {
                (session, (profile, DetailsRow::Hospital(row), Some(approval)))
            };
            Ok(rows.into_iter().map(account).collect())
        }
        Role::Labo => {
            let labo = labos::table.on(labos::profile_id.eq(profiles::id).and(labos::profile_id.eq_any(ids)));
            let rows = with_approval(ids.to_vec(), sessions.to_vec(), now).inner_join(labo);
            let rows = rows
                .select((
                    sessions::id,
                    ProfileRow::as_select(),
                    LaboRow::as_select(),
                    ApprovalRow::as_select(),
                ))
                .load(pg)?;
            let account = |(session, profile, row, approval)| {
                (session, (profile, DetailsRow::Labo(row), Some(approval)))
            };
            Ok(rows.into_iter().map(account).collect())
        }
    }
}

#[diesel::dsl::auto_type]
fn in_sessions(ids: Vec<Uuid>, sessions: Vec<Uuid>, now: DateTime<Utc>) -> _ {
    let owners: Vec<Uuid> = ids.clone();
    let live: is_live = is_live(now);
    profiles::table
        .inner_join(sessions::table.on(sessions::profile_id.eq(profiles::id)))
        .filter(profiles::id.eq_any(ids))
        .filter(sessions::profile_id.eq_any(owners))
        .filter(sessions::id.eq_any(sessions))
        .filter(live)
}

#[diesel::dsl::auto_type(no_type_alias)]
fn with_approval(ids: Vec<Uuid>, sessions: Vec<Uuid>, now: DateTime<Utc>) -> _ {
    let accounts: in_sessions = in_sessions(ids.clone(), sessions, now);
    let of_account = approvals::profile_id.eq(profiles::id).and(approvals::profile_id.eq_any(ids));
    accounts.inner_join(approvals::table.on(of_account))
}
