use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Nullable};
use serde_json::{Map, Value};
use sihha_domain::account::EmailAddress;
use sihha_domain::ids::{MessageId, ProfileId};
use sihha_domain::language::Language;
use sihha_domain::mail::{
    DeliveryOutcome, DeliveryState, Lease, LeasedMessage, MailRecord, Message, OutboxRepository, Template,
};
use sihha_domain::store::StoreError;
use uuid::Uuid;

use super::errors::inconsistent;
use super::schema::outbox;
use super::store_connection::StoreConnection;

/// A message, in the order of its columns.
#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = outbox, check_for_backend(Pg), treat_none_as_default_value = false)]
pub(super) struct MessageRow {
    profile_id: Uuid,
    id: Uuid,
    recipient: String,
    language: String,
    template: String,
    params: Value,
    sealed_secret: Option<Vec<u8>>,
    link_expires_at: Option<DateTime<Utc>>,
    state: String,
    queued_at: DateTime<Utc>,
    give_up_at: DateTime<Utc>,
    attempts: i32,
    next_attempt_at: DateTime<Utc>,
    finished_at: Option<DateTime<Utc>>,
    last_error: Option<String>,
}

impl MessageRow {
    pub(super) fn new(message: &Message) -> Self {
        let params: Map<_, _> =
            message.params.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect();
        Self {
            profile_id: message.profile_id.as_uuid(),
            id: message.id.as_uuid(),
            recipient: message.to.as_str().to_owned(),
            language: message.language.tag().to_owned(),
            template: message.template.as_str().to_owned(),
            params: params.into(),
            sealed_secret: message.sealed_secret.clone(),
            link_expires_at: message.link_expires_at,
            state: DeliveryState::Queued.as_str().to_owned(),
            queued_at: message.queued_at,
            give_up_at: message.give_up_at,
            attempts: 0,
            next_attempt_at: message.queued_at,
            finished_at: None,
            last_error: None,
        }
    }

    fn message(&self) -> Result<Message, StoreError> {
        let values = self.params.as_object().ok_or_else(|| inconsistent("outbox", "params"))?;
        let text = |(name, value): (&String, &Value)| Some((name.clone(), value.as_str()?.to_owned()));
        Ok(Message {
            id: MessageId::from_uuid(self.id),
            profile_id: ProfileId::from_uuid(self.profile_id),
            to: EmailAddress::on_record(self.recipient.clone()),
            language: Language::on_record(&self.language),
            template: Template::parse(&self.template).ok_or_else(|| inconsistent("outbox", "template"))?,
            params: values.iter().filter_map(text).collect::<BTreeMap<_, _>>(),
            sealed_secret: self.sealed_secret.clone(),
            queued_at: self.queued_at,
            link_expires_at: self.link_expires_at,
            give_up_at: self.give_up_at,
        })
    }

    fn record(self) -> Result<MailRecord, StoreError> {
        Ok(MailRecord {
            message: Message { sealed_secret: None, ..self.message()? },
            state: DeliveryState::parse(&self.state).ok_or_else(|| inconsistent("outbox", "state"))?,
            attempts: u32::try_from(self.attempts).unwrap_or(0),
            next_attempt_at: self.next_attempt_at,
            finished_at: self.finished_at,
            last_error: self.last_error,
        })
    }
}

/// Returns the condition that nobody delivers the message at `now`.
#[diesel::dsl::auto_type(no_type_alias)]
fn is_free(now: DateTime<Utc>) -> _ {
    let is_over: diesel::dsl::Lt<outbox::lease_until, DateTime<Utc>> = outbox::lease_until.lt(now);
    outbox::lease_until.is_null().or(is_over)
}

/// Returns the condition that an operator can have the message delivered again at `now`.
fn can_be_retried(
    now: DateTime<Utc>,
) -> Box<dyn BoxableExpression<outbox::table, Pg, SqlType = Nullable<Bool>>> {
    let is_waiting = outbox::state.eq(DeliveryState::Queued.as_str()).and(outbox::next_attempt_at.gt(now));
    let is_dead = outbox::state.eq(DeliveryState::Dead.as_str());
    let has_good_link = outbox::link_expires_at.is_null().or(outbox::link_expires_at.gt(now));
    Box::new(is_dead.or(is_waiting).and(is_free(now)).and(has_good_link))
}

/// The repository on a connection.
pub(super) struct PgOutbox<'a>(pub(super) &'a mut StoreConnection);

impl OutboxRepository for PgOutbox<'_> {
    fn add(&mut self, message: &Message) -> Result<(), StoreError> {
        let insert = diesel::insert_into(outbox::table).values(MessageRow::new(message));
        self.0.run(|pg| insert.execute(pg)).map(|_| ())
    }

    fn due(&mut self, now: DateTime<Utc>, limit: u32) -> Result<Vec<(ProfileId, MessageId)>, StoreError> {
        let query = outbox::table
            .filter(outbox::state.eq("queued"))
            .filter(outbox::next_attempt_at.le(now))
            .filter(is_free(now))
            .order(outbox::next_attempt_at)
            .limit(i64::from(limit))
            .select((outbox::profile_id, outbox::id));
        let due: Vec<(Uuid, Uuid)> = self.0.run(|pg| query.load(pg))?;
        let ids = |(owner, id)| (ProfileId::from_uuid(owner), MessageId::from_uuid(id));
        Ok(due.into_iter().map(ids).collect())
    }

    fn lease(
        &mut self,
        profile_id: ProfileId,
        id: MessageId,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<Option<LeasedMessage>, StoreError> {
        let message = outbox::table
            .filter(outbox::profile_id.eq(profile_id.as_uuid()))
            .filter(outbox::id.eq(id.as_uuid()))
            .filter(outbox::state.eq("queued"))
            .filter(outbox::next_attempt_at.le(now))
            .filter(is_free(now));
        let update = diesel::update(message)
            .set((outbox::lease_until.eq(until), outbox::attempts.eq(outbox::attempts + 1)))
            .returning(MessageRow::as_select());
        let Some(row) = self.0.run(|pg| update.get_result(pg).optional())? else { return Ok(None) };
        let attempt = u32::try_from(row.attempts).unwrap_or(1);
        let lease = Lease { profile_id, id, until };
        Ok(Some(LeasedMessage { lease, message: row.message()?, attempt }))
    }

    fn record(
        &mut self,
        lease: &Lease,
        outcome: &DeliveryOutcome,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let message = outbox::table
            .filter(outbox::profile_id.eq(lease.profile_id.as_uuid()))
            .filter(outbox::id.eq(lease.id.as_uuid()));
        let leased = message.filter(outbox::lease_until.eq(lease.until));
        let no_lease = outbox::lease_until.eq(None::<DateTime<Utc>>);
        let finished = |state: DeliveryState| (outbox::state.eq(state.as_str()), outbox::finished_at.eq(now));
        let without_secret =
            (outbox::sealed_secret.eq(None::<Vec<u8>>), outbox::last_error.eq(None::<String>));
        let written = match outcome {
            DeliveryOutcome::Sent => {
                let set = (no_lease, finished(DeliveryState::Sent), without_secret);
                self.0.run(|pg| diesel::update(message).set(set).execute(pg))
            }
            DeliveryOutcome::Suppressed => {
                let set = (no_lease, finished(DeliveryState::Suppressed), without_secret);
                self.0.run(|pg| diesel::update(leased).set(set).execute(pg))
            }
            DeliveryOutcome::Dead(error) => {
                let set = (no_lease, finished(DeliveryState::Dead), outbox::last_error.eq(error));
                self.0.run(|pg| diesel::update(leased).set(set).execute(pg))
            }
            DeliveryOutcome::Retry(at, error) => {
                let set = (no_lease, outbox::next_attempt_at.eq(at), outbox::last_error.eq(error));
                self.0.run(|pg| diesel::update(leased).set(set).execute(pg))
            }
        };
        written.map(|_| ())
    }

    fn page(
        &mut self,
        state: Option<DeliveryState>,
        before: Option<MessageId>,
        limit: u32,
    ) -> Result<Vec<MailRecord>, StoreError> {
        let before = before.map_or(Uuid::max(), |before| before.as_uuid());
        let states = state.map_or_else(|| DeliveryState::ALL.to_vec(), |state| vec![state]);
        let states: Vec<_> = states.into_iter().map(DeliveryState::as_str).collect();
        let query = outbox::table
            .filter(outbox::id.lt(before))
            .filter(outbox::state.eq_any(states))
            .order(outbox::id.desc())
            .limit(i64::from(limit))
            .select(MessageRow::as_select());
        let rows = self.0.run(|pg| query.load(pg))?;
        rows.into_iter().map(MessageRow::record).collect()
    }

    fn find(&mut self, id: MessageId) -> Result<Option<MailRecord>, StoreError> {
        let query = outbox::table.filter(outbox::id.eq(id.as_uuid())).select(MessageRow::as_select());
        self.0.run(|pg| query.first(pg).optional())?.map(MessageRow::record).transpose()
    }

    fn last_dead(&mut self, profile_id: ProfileId) -> Result<Option<MailRecord>, StoreError> {
        let query = outbox::table
            .filter(outbox::profile_id.eq(profile_id.as_uuid()))
            .filter(outbox::state.eq(DeliveryState::Dead.as_str()))
            .order((outbox::finished_at.desc(), outbox::id.desc()))
            .select(MessageRow::as_select());
        self.0.run(|pg| query.first(pg).optional())?.map(MessageRow::record).transpose()
    }

    fn retryable(
        &mut self,
        after: Option<MessageId>,
        now: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<MailRecord>, StoreError> {
        let after = after.map_or(Uuid::nil(), |after| after.as_uuid());
        let query = outbox::table
            .filter(outbox::id.gt(after))
            .filter(can_be_retried(now))
            .order(outbox::id)
            .limit(i64::from(limit))
            .select(MessageRow::as_select());
        let rows = self.0.run(|pg| query.load(pg))?;
        rows.into_iter().map(MessageRow::record).collect()
    }

    fn retry(
        &mut self,
        profile_id: ProfileId,
        id: MessageId,
        now: DateTime<Utc>,
        give_up_at: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let message = outbox::table
            .filter(outbox::profile_id.eq(profile_id.as_uuid()))
            .filter(outbox::id.eq(id.as_uuid()))
            .filter(can_be_retried(now));
        let set = (
            outbox::state.eq(DeliveryState::Queued.as_str()),
            outbox::next_attempt_at.eq(now),
            outbox::finished_at.eq(None::<DateTime<Utc>>),
            outbox::give_up_at.eq(give_up_at),
        );
        Ok(self.0.run(|pg| diesel::update(message).set(set).execute(pg))? == 1)
    }

    fn purge(&mut self, moment: DateTime<Utc>, limit: u32) -> Result<u32, StoreError> {
        let old = outbox::table
            .filter(outbox::finished_at.lt(moment))
            .order(outbox::finished_at)
            .limit(i64::from(limit))
            .select(outbox::profile_id);
        let owners: Vec<Uuid> = self.0.run(|pg| old.load(pg))?;
        let old =
            outbox::table.filter(outbox::profile_id.eq_any(owners)).filter(outbox::finished_at.lt(moment));
        let deleted = self.0.run(|pg| diesel::delete(old).execute(pg))?;
        Ok(u32::try_from(deleted).unwrap_or(u32::MAX))
    }
}
