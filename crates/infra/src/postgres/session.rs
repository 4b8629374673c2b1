mod purge;
mod revoke_oldest;
mod rotation;

use chrono::{DateTime, Utc};
use diesel::connection::SimpleConnection;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Date, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use sihha_domain::account::Role;
use sihha_domain::approval::ApprovalState;
use sihha_domain::ids::{ProfileId, SessionId, TokenDigest};
use sihha_domain::session::{
    ClientAddress, ClientInfo, EndReason, EndedSession, LockedAccount, RecordedEndReason, Rotation,
    RotationOutcome, Session, SessionRepository, UserAgent,
};
use sihha_domain::store::{BatchResults, StoreError};
use uuid::Uuid;

use super::advisory_locks;
use super::errors::inconsistent;
use super::schema::{approvals, profiles, sessions};
use super::store_connection::StoreConnection;
use super::suspension::is_suspended;

/// A row of `sessions`, without its tokens.
#[derive(Queryable, Selectable)]
#[diesel(table_name = sessions, check_for_backend(Pg))]
struct SessionRow {
    id: Uuid,
    profile_id: Uuid,
    opened_at: DateTime<Utc>,
    used_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
    address: Option<String>,
    user_agent: Option<String>,
}

impl SessionRow {
    fn session(self) -> Session {
        Session {
            id: SessionId::from_uuid(self.id),
            profile_id: ProfileId::from_uuid(self.profile_id),
            opened_at: self.opened_at,
            used_at: self.used_at,
            expires_at: self.expires_at,
            ends_at: self.ends_at,
            client: ClientInfo {
                address: self.address.map(ClientAddress::on_record),
                user_agent: self.user_agent.map(UserAgent::on_record),
            },
        }
    }
}

/// A row of `sessions` to insert.
// With the default of the last attribute, Diesel writes `DEFAULT` for missing values, and prepares
// the statement each time.
#[derive(Insertable)]
#[diesel(table_name = sessions, treat_none_as_default_value = false)]
pub(super) struct NewSessionRow<'a> {
    id: Uuid,
    profile_id: Uuid,
    current_token: &'a [u8],
    opened_at: DateTime<Utc>,
    used_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
    address: Option<String>,
    user_agent: Option<String>,
}

impl<'a> NewSessionRow<'a> {
    pub(super) fn new(session: &'a Session, current: &'a TokenDigest) -> Self {
        let ClientInfo { address, user_agent } = &session.client;
        Self {
            id: session.id.as_uuid(),
            profile_id: session.profile_id.as_uuid(),
            current_token: current.as_bytes(),
            opened_at: session.opened_at,
            used_at: session.used_at,
            expires_at: session.expires_at,
            ends_at: session.ends_at,
            address: address.as_ref().map(|address| address.as_str().to_owned()),
            user_agent: user_agent.as_ref().map(|agent| agent.as_str().to_owned()),
        }
    }
}

#[diesel::declare_sql_function]
extern "SQL" {
    /// Takes the lock until the transaction ends. Returns false if another transaction holds it.
    fn pg_try_advisory_xact_lock(key: BigInt) -> diesel::sql_types::Bool;
}

/// Returns the condition that a row is a live session.
#[diesel::dsl::auto_type]
pub(super) fn is_live(now: DateTime<Utc>) -> _ {
    sessions::ended_at.is_null().and(sessions::expires_at.gt(now))
}

/// A subquery that returns the account `id` if the session is live and belongs to it, and no row
/// otherwise.
#[diesel::dsl::auto_type(no_type_alias)]
pub(super) fn owner_of_live(id: ProfileId, session: SessionId, now: DateTime<Utc>) -> _ {
    let id: Uuid = id.as_uuid();
    let session: Uuid = session.as_uuid();
    let live: is_live = is_live(now);
    sessions::table
        .filter(sessions::id.eq(session))
        .filter(sessions::profile_id.eq(id))
        .filter(live)
        .select(sessions::profile_id)
}

/// The repository on a connection.
pub(super) struct PgSessions<'a>(pub(super) &'a mut StoreConnection);

impl SessionRepository for PgSessions<'_> {
    fn insert_unless_revoked(
        &mut self,
        session: &Session,
        current: &TokenDigest,
        not_before: Option<DateTime<Utc>>,
    ) -> Result<bool, StoreError> {
        let ClientInfo { address, user_agent } = &session.client;
        // A transaction that revokes all sessions holds a lock on this row. After the wait,
        // Postgres reads the row again.
        let owner = profiles::table
            .find(session.profile_id.as_uuid())
            .filter(profiles::sessions_not_before.is_not_distinct_from(not_before))
            .select((
                session.id.as_uuid().into_sql::<SqlUuid>(),
                profiles::id,
                current.as_bytes().into_sql::<Binary>(),
                session.opened_at.into_sql::<Timestamptz>(),
                session.used_at.into_sql::<Timestamptz>(),
                session.expires_at.into_sql::<Timestamptz>(),
                session.ends_at.into_sql::<Timestamptz>(),
                address.as_ref().map(ClientAddress::as_str).into_sql::<Nullable<Text>>(),
                user_agent.as_ref().map(UserAgent::as_str).into_sql::<Nullable<Text>>(),
            ))
            .for_key_share();
        let insert = owner.insert_into(sessions::table).into_columns((
            sessions::id,
            sessions::profile_id,
            sessions::current_token,
            sessions::opened_at,
            sessions::used_at,
            sessions::expires_at,
            sessions::ends_at,
            sessions::address,
            sessions::user_agent,
        ));
        Ok(self.0.run(|pg| insert.execute(pg))? == 1)
    }

    fn adopt(&mut self, session: &Session, current: &TokenDigest) -> Result<bool, StoreError> {
        let insert = diesel::insert_into(sessions::table).values(NewSessionRow::new(session, current));
        Ok(self.0.run(|pg| insert.on_conflict_do_nothing().execute(pg))? == 1)
    }

    fn revoke_oldest(
        &mut self,
        profile_id: ProfileId,
        newest: SessionId,
        at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        revoke_oldest::revoke_oldest(self.0, profile_id, newest, at)
    }

    fn lock_owner(&mut self, id: ProfileId) -> Result<Option<LockedAccount>, StoreError> {
        // Conflicts with `revoke_all`, which updates the row, but not with the use of existing
        // sessions.
        let row = profiles::table
            .find(id.as_uuid())
            .select((profiles::role, profiles::sessions_not_before))
            .for_no_key_update();
        let Some((role, not_before)) =
            self.0.run(|pg| row.first::<(String, Option<DateTime<Utc>>)>(pg).optional())?
        else {
            return Ok(None);
        };
        let decided = profiles::table
            .find(id.as_uuid())
            .left_join(approvals::table.on(approvals::profile_id.eq(profiles::id)))
            .select((approvals::state.nullable(), is_suspended(id)));
        let (state, is_suspended): (Option<String>, bool) = self.0.run(|pg| decided.first(pg))?;
        Ok(Some(LockedAccount {
            role: Role::parse(&role).ok_or_else(|| inconsistent("profiles", "role"))?,
            is_rejected: state.is_some_and(|state| state == ApprovalState::Rejected.as_str()),
            is_suspended,
            not_before,
        }))
    }

    fn mark_restored(
        &mut self,
        moment: DateTime<Utc>,
        after: Option<(ProfileId, SessionId)>,
        now: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<(ProfileId, SessionId)>, StoreError> {
        let after = after.map_or((Uuid::nil(), Uuid::nil()), |(owner, id)| (owner.as_uuid(), id.as_uuid()));
        let is_later = sessions::profile_id
            .gt(after.0)
            .or(sessions::profile_id.eq(after.0).and(sessions::id.gt(after.1)));
        let batch = sessions::table
            .filter(is_live(now))
            .filter(sessions::opened_at.lt(moment))
            // The index begins with the account.
            .filter(sessions::profile_id.ge(after.0).and(is_later))
            .order((sessions::profile_id, sessions::id))
            .limit(i64::from(limit))
            .select((sessions::profile_id, sessions::id));
        let keys: Vec<(Uuid, Uuid)> = self.0.run(|pg| batch.load(pg))?;
        let (owners, ids): (Vec<Uuid>, Vec<Uuid>) = keys.iter().copied().unzip();
        let marked = sessions::table
            .filter(sessions::profile_id.eq_any(owners))
            .filter(sessions::id.eq_any(ids))
            .filter(is_live(now));
        let update = diesel::update(marked).set(sessions::is_restored.eq(true));
        self.0.run(|pg| update.execute(pg))?;
        let key = |(owner, id)| (ProfileId::from_uuid(owner), SessionId::from_uuid(id));
        Ok(keys.into_iter().map(key).collect())
    }

    fn rotate(
        &mut self,
        rotations: &[Rotation],
        now: DateTime<Utc>,
        grace_since: DateTime<Utc>,
    ) -> Result<BatchResults<RotationOutcome>, StoreError> {
        rotation::rotate(self.0, rotations, now, grace_since)
    }

    fn revoke(
        &mut self,
        profile_id: ProfileId,
        id: SessionId,
        at: DateTime<Utc>,
        reason: EndReason,
    ) -> Result<bool, StoreError> {
        let live = sessions::table.find((profile_id.as_uuid(), id.as_uuid())).filter(is_live(at));
        let update =
            diesel::update(live).set((sessions::ended_at.eq(at), sessions::end_reason.eq(reason.as_str())));
        Ok(self.0.run(|pg| update.execute(pg))? == 1)
    }

    fn revoke_as(
        &mut self,
        profile_id: ProfileId,
        caller: SessionId,
        id: SessionId,
        at: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let callers = diesel::alias!(sessions as callers);
        let owner = callers
            .filter(callers.field(sessions::id).eq(caller.as_uuid()))
            .filter(callers.field(sessions::profile_id).eq(profile_id.as_uuid()))
            .filter(callers.field(sessions::ended_at).is_null())
            .filter(callers.field(sessions::expires_at).gt(at))
            .select(callers.field(sessions::profile_id));
        let live = sessions::table
            .find((profile_id.as_uuid(), id.as_uuid()))
            .filter(is_live(at))
            .filter(sessions::profile_id.eq_any(owner));
        let update = diesel::update(live)
            .set((sessions::ended_at.eq(at), sessions::end_reason.eq(EndReason::EndedByOwner.as_str())));
        Ok(self.0.run(|pg| update.execute(pg))? == 1)
    }

    fn revoke_all(
        &mut self,
        profile_id: ProfileId,
        except: Option<SessionId>,
        at: DateTime<Utc>,
        reason: EndReason,
    ) -> Result<u64, StoreError> {
        let owner = diesel::update(profiles::table.find(profile_id.as_uuid()));
        let owner = owner.set(profiles::sessions_not_before.eq(at));
        self.0.run(|pg| owner.execute(pg))?;
        let live = sessions::table
            .filter(sessions::profile_id.eq(profile_id.as_uuid()))
            .filter(sessions::id.ne_all(except.map(|id| id.as_uuid()).into_iter().collect::<Vec<_>>()))
            .filter(is_live(at));
        let update =
            diesel::update(live).set((sessions::ended_at.eq(at), sessions::end_reason.eq(reason.as_str())));
        Ok(u64::try_from(self.0.run(|pg| update.execute(pg))?).unwrap_or(u64::MAX))
    }

    fn lock_purge(&mut self) -> Result<bool, StoreError> {
        let lock = diesel::select(pg_try_advisory_xact_lock(advisory_locks::PURGE));
        self.0.run(|pg| {
            // The best index depends on the values. No request waits for this transaction, so its
            // limits are longer.
            pg.batch_execute(
                "SET LOCAL plan_cache_mode = 'force_custom_plan'; \
                 SET LOCAL lock_timeout = '5s'; SET LOCAL statement_timeout = '10s'",
            )?;
            lock.get_result(pg)
        })
    }

    fn purge_expired(&mut self, now: DateTime<Utc>, limit: u32) -> Result<u32, StoreError> {
        purge::EXPIRED.run::<Date, _>(self.0, now.date_naive(), limit)
    }

    fn purge_ended(&mut self, moment: DateTime<Utc>, limit: u32) -> Result<u32, StoreError> {
        purge::ENDED.run::<Timestamptz, _>(self.0, moment, limit)
    }

    fn ended(
        &mut self,
        profile_id: ProfileId,
        since: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<EndedSession>, StoreError> {
        let query = sessions::table
            .filter(sessions::profile_id.eq(profile_id.as_uuid()))
            .filter(sessions::ended_at.ge(since))
            .order((sessions::ended_at.desc(), sessions::id.desc()))
            .limit(i64::from(limit))
            .select((
                SessionRow::as_select(),
                sessions::ended_at.assume_not_null(),
                sessions::end_reason.assume_not_null(),
            ));
        let ended = |(row, ended_at, reason): (SessionRow, DateTime<Utc>, String)| {
            let reason = RecordedEndReason::on_record(reason);
            EndedSession { session: row.session(), ended_at, reason }
        };
        Ok(self.0.run(|pg| query.load(pg))?.into_iter().map(ended).collect())
    }

    fn find_live(
        &mut self,
        profile_id: ProfileId,
        id: SessionId,
        now: DateTime<Utc>,
    ) -> Result<Option<Session>, StoreError> {
        let query = sessions::table
            .find((profile_id.as_uuid(), id.as_uuid()))
            .filter(is_live(now))
            .select(SessionRow::as_select());
        Ok(self.0.run(|pg| query.first(pg).optional())?.map(SessionRow::session))
    }

    fn is_newest(
        &mut self,
        profile_id: ProfileId,
        id: SessionId,
        token: &TokenDigest,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let is_accepted = sessions::is_restored.or(sessions::current_token.eq(token.as_bytes().as_slice()));
        let live = sessions::table.find((profile_id.as_uuid(), id.as_uuid())).filter(is_live(now));
        let query = diesel::select(diesel::dsl::exists(live.filter(is_accepted)));
        self.0.run(|pg| query.get_result(pg))
    }

    fn live(
        &mut self,
        profile_id: ProfileId,
        now: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<Session>, StoreError> {
        let query = sessions::table
            .filter(sessions::profile_id.eq(profile_id.as_uuid()))
            .filter(is_live(now))
            .order((sessions::opened_at.desc(), sessions::id.desc()))
            .limit(i64::from(limit))
            .select(SessionRow::as_select());
        Ok(self.0.run(|pg| query.load(pg))?.into_iter().map(SessionRow::session).collect())
    }
}
