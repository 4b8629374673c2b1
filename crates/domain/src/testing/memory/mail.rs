use chrono::{DateTime, Utc};

use super::state::{MessageRow, State};
use crate::ids::{MessageId, ProfileId};
use crate::mail::{
    DeliveryOutcome, DeliveryState, Lease, LeasedMessage, MailRecord, MailRequest, MailRequestRepository,
    MailTokenDigest, MailTokenRepository, Message, OutboxRepository, StoredMailToken, TokenEnd, TokenPurpose,
};
use crate::rate_limit::{RateKey, RateLimit, RateLimitRepository};
use crate::session::{DeviceDigest, DeviceRepository, DeviceSighting};
use crate::store::StoreError;

pub(super) struct MemoryOutbox<'a>(pub(super) &'a mut State);

impl MessageRow {
    fn new(message: &Message) -> Self {
        let record = MailRecord {
            message: message.clone(),
            state: DeliveryState::Queued,
            attempts: 0,
            next_attempt_at: message.queued_at,
            finished_at: None,
            last_error: None,
        };
        Self { record, lease_until: None }
    }

    fn is_leased(&self, now: DateTime<Utc>) -> bool {
        self.lease_until.is_some_and(|until| until > now)
    }

    fn is_due(&self, now: DateTime<Utc>) -> bool {
        let MailRecord { state, next_attempt_at, .. } = self.record;
        state == DeliveryState::Queued && next_attempt_at <= now && !self.is_leased(now)
    }

    fn can_be_retried(&self, now: DateTime<Utc>) -> bool {
        let MailRecord { state, next_attempt_at, ref message, .. } = self.record;
        let is_waiting = state == DeliveryState::Queued && next_attempt_at > now;
        (is_waiting || state == DeliveryState::Dead)
            && !self.is_leased(now)
            && message.link_expires_at.is_none_or(|expiry| expiry > now)
    }

    fn shown(&self) -> MailRecord {
        let message = Message { sealed_secret: None, ..self.record.message.clone() };
        MailRecord { message, ..self.record.clone() }
    }
}

impl MemoryOutbox<'_> {
    fn row(&mut self, id: MessageId) -> Option<&mut MessageRow> {
        self.0.messages.iter_mut().find(|row| row.record.message.id == id)
    }

    fn newest_first(&self) -> Vec<MailRecord> {
        let mut records: Vec<_> = self.0.messages.iter().map(MessageRow::shown).collect();
        records.sort_by_key(|record| std::cmp::Reverse(record.message.id));
        records
    }
}

impl OutboxRepository for MemoryOutbox<'_> {
    fn add(&mut self, message: &Message) -> Result<(), StoreError> {
        self.0.messages.push(MessageRow::new(message));
        Ok(())
    }

    fn due(&mut self, now: DateTime<Utc>, limit: u32) -> Result<Vec<(ProfileId, MessageId)>, StoreError> {
        let mut due: Vec<_> = self.0.messages.iter().filter(|row| row.is_due(now)).collect();
        due.sort_by_key(|row| row.record.next_attempt_at);
        let ids = due.iter().map(|row| (row.record.message.profile_id, row.record.message.id));
        Ok(ids.take(limit as usize).collect())
    }

    fn lease(
        &mut self,
        profile_id: ProfileId,
        id: MessageId,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<Option<LeasedMessage>, StoreError> {
        let Some(row) = self.row(id).filter(|row| row.is_due(now)) else { return Ok(None) };
        row.lease_until = Some(until);
        row.record.attempts += 1;
        let (message, attempt) = (row.record.message.clone(), row.record.attempts);
        Ok(Some(LeasedMessage { lease: Lease { profile_id, id, until }, message, attempt }))
    }

    fn record(
        &mut self,
        lease: &Lease,
        outcome: &DeliveryOutcome,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let is_sent = *outcome == DeliveryOutcome::Sent;
        let Some(row) = self.row(lease.id).filter(|row| is_sent || row.lease_until == Some(lease.until))
        else {
            return Ok(());
        };
        row.lease_until = None;
        let record = &mut row.record;
        let (state, error) = match outcome {
            DeliveryOutcome::Sent => (DeliveryState::Sent, None),
            DeliveryOutcome::Suppressed => (DeliveryState::Suppressed, None),
            DeliveryOutcome::Dead(error) => (DeliveryState::Dead, Some(error)),
            DeliveryOutcome::Retry(at, error) => {
                (record.next_attempt_at, record.last_error) = (*at, Some(error.clone()));
                return Ok(());
            }
        };
        if error.is_none() {
            record.message.sealed_secret = None;
        }
        (record.state, record.finished_at, record.last_error) = (state, Some(now), error.cloned());
        Ok(())
    }

    fn page(
        &mut self,
        state: Option<DeliveryState>,
        before: Option<MessageId>,
        limit: u32,
    ) -> Result<Vec<MailRecord>, StoreError> {
        let wanted = |record: &MailRecord| {
            state.is_none_or(|state| record.state == state)
                && before.is_none_or(|before| record.message.id < before)
        };
        Ok(self.newest_first().into_iter().filter(wanted).take(limit as usize).collect())
    }

    fn find(&mut self, id: MessageId) -> Result<Option<MailRecord>, StoreError> {
        Ok(self.row(id).map(|row| row.shown()))
    }

    fn last_dead(&mut self, profile_id: ProfileId) -> Result<Option<MailRecord>, StoreError> {
        let is_meant = |record: &MailRecord| {
            record.message.profile_id == profile_id && record.state == DeliveryState::Dead
        };
        let dead = self.newest_first().into_iter().rev().filter(is_meant);
        Ok(dead.max_by_key(|record| record.finished_at))
    }

    fn retryable(
        &mut self,
        after: Option<MessageId>,
        now: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<MailRecord>, StoreError> {
        let rows = self.0.messages.iter().filter(|row| row.can_be_retried(now));
        let mut records: Vec<_> = rows.map(MessageRow::shown).collect();
        records.retain(|record| after.is_none_or(|after| record.message.id > after));
        records.sort_by_key(|record| record.message.id);
        records.truncate(limit as usize);
        Ok(records)
    }

    fn retry(
        &mut self,
        _: ProfileId,
        id: MessageId,
        now: DateTime<Utc>,
        give_up_at: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let Some(row) = self.row(id).filter(|row| row.can_be_retried(now)) else { return Ok(false) };
        let record = &mut row.record;
        record.message.give_up_at = give_up_at;
        (record.state, record.next_attempt_at, record.finished_at) = (DeliveryState::Queued, now, None);
        Ok(true)
    }

    fn purge(&mut self, moment: DateTime<Utc>, limit: u32) -> Result<u32, StoreError> {
        let is_old = |row: &MessageRow| row.record.finished_at.is_some_and(|at| at < moment);
        Ok(remove(&mut self.0.messages, is_old, limit))
    }
}

pub(super) struct MemoryMailTokens<'a>(pub(super) &'a mut State);

impl MailTokenRepository for MemoryMailTokens<'_> {
    fn add(&mut self, token: &StoredMailToken) -> Result<(), StoreError> {
        if token.purpose.replaces_earlier() {
            self.end_all(token.profile_id, token.purpose, token.created_at)?;
        }
        self.0.mail_tokens.push(token.clone());
        Ok(())
    }

    fn find(
        &mut self,
        profile_id: ProfileId,
        digest: MailTokenDigest,
    ) -> Result<Option<StoredMailToken>, StoreError> {
        let mut tokens = self.0.mail_tokens.iter();
        Ok(tokens.find(|token| token.profile_id == profile_id && token.digest == digest).cloned())
    }

    fn newest(
        &mut self,
        profile_id: ProfileId,
        purpose: TokenPurpose,
    ) -> Result<Option<StoredMailToken>, StoreError> {
        let tokens = self.0.mail_tokens.iter();
        let own = tokens.filter(|token| token.profile_id == profile_id && token.purpose == purpose);
        Ok(own.max_by_key(|token| token.created_at).cloned())
    }

    fn end(
        &mut self,
        profile_id: ProfileId,
        digest: MailTokenDigest,
        at: DateTime<Utc>,
        end: TokenEnd,
    ) -> Result<bool, StoreError> {
        let mut tokens = self.0.mail_tokens.iter_mut();
        let is_meant = |token: &&mut StoredMailToken| {
            token.profile_id == profile_id && token.digest == digest && token.ended.is_none()
        };
        Ok(tokens.find(is_meant).map(|token| token.ended = Some((at, end))).is_some())
    }

    fn end_all(
        &mut self,
        profile_id: ProfileId,
        purpose: TokenPurpose,
        at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        for token in &mut self.0.mail_tokens {
            if token.profile_id == profile_id && token.purpose == purpose && token.ended.is_none() {
                token.ended = Some((at, TokenEnd::Replaced));
            }
        }
        Ok(())
    }

    fn end_later(&mut self, token: &StoredMailToken, at: DateTime<Utc>) -> Result<(), StoreError> {
        for other in &mut self.0.mail_tokens {
            let is_alike = (other.profile_id, other.purpose) == (token.profile_id, token.purpose);
            if is_alike && other.created_at > token.created_at && other.ended.is_none() {
                other.ended = Some((at, TokenEnd::Replaced));
            }
        }
        Ok(())
    }

    fn expired(
        &mut self,
        purpose: TokenPurpose,
        moment: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<StoredMailToken>, StoreError> {
        let tokens = self.0.mail_tokens.iter();
        let old = tokens.filter(|token| token.purpose == purpose && token.expires_at < moment);
        let mut old: Vec<_> = old.cloned().collect();
        old.sort_by_key(|token| token.expires_at);
        old.truncate(limit as usize);
        Ok(old)
    }

    fn remove(&mut self, profile_id: ProfileId, digest: MailTokenDigest) -> Result<(), StoreError> {
        self.0.mail_tokens.retain(|token| (token.profile_id, token.digest) != (profile_id, digest));
        Ok(())
    }
}

pub(super) struct MemoryMailRequests<'a>(pub(super) &'a mut State);

impl MailRequestRepository for MemoryMailRequests<'_> {
    fn add(&mut self, request: &MailRequest) -> Result<(), StoreError> {
        let is_same = |other: &MailRequest| {
            other.purpose == request.purpose && other.email.canonical() == request.email.canonical()
        };
        if !self.0.mail_requests.iter().any(is_same) {
            self.0.mail_requests.push(request.clone());
        }
        Ok(())
    }

    fn page(&mut self, limit: u32) -> Result<Vec<MailRequest>, StoreError> {
        let mut requests = self.0.mail_requests.clone();
        requests.sort_by_key(|request| request.requested_at);
        requests.truncate(limit as usize);
        Ok(requests)
    }

    fn remove(&mut self, request: &MailRequest) -> Result<(), StoreError> {
        self.0.mail_requests.retain(|other| other != request);
        Ok(())
    }
}

pub(super) struct MemoryRateLimits<'a>(pub(super) &'a mut State);

impl RateLimitRepository for MemoryRateLimits<'_> {
    fn take(&mut self, key: &RateKey, limit: RateLimit, now: DateTime<Utc>) -> Result<bool, StoreError> {
        let times = self.0.rate_limits.entry(key.as_str().to_owned()).or_default();
        let is_in_period = |at: DateTime<Utc>| at > now - limit.within && at <= now + limit.within;
        let max = usize::from(limit.max);
        let is_free = times.len() < max || !is_in_period(times[times.len() - max]);
        if is_free {
            times.push(now);
        }
        Ok(is_free)
    }

    fn purge(&mut self, moment: DateTime<Utc>, limit: u32) -> Result<u32, StoreError> {
        let old = |times: &Vec<DateTime<Utc>>| times.last().is_none_or(|last| *last < moment);
        let keys = self.0.rate_limits.iter().filter(|(_, times)| old(times)).map(|(key, _)| key.clone());
        let keys: Vec<_> = keys.take(limit as usize).collect();
        self.0.rate_limits.retain(|key, _| !keys.contains(key));
        Ok(u32::try_from(keys.len()).unwrap_or(u32::MAX))
    }
}

pub(super) struct MemoryDevices<'a>(pub(super) &'a mut State);

impl DeviceRepository for MemoryDevices<'_> {
    fn find(&mut self, profile_id: ProfileId, device: DeviceDigest) -> Result<DeviceSighting, StoreError> {
        let own = || self.0.devices.iter().filter(|(owner, ..)| *owner == profile_id);
        let seen_at = own().find(|(_, other, _)| *other == device).map(|(.., at)| *at);
        Ok(DeviceSighting { seen_at, has_devices: own().next().is_some() })
    }

    fn record(
        &mut self,
        profile_id: ProfileId,
        device: DeviceDigest,
        at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        self.0.devices.retain(|(owner, other, _)| (*owner, *other) != (profile_id, device));
        self.0.devices.push((profile_id, device, at));
        Ok(())
    }

    fn purge(&mut self, moment: DateTime<Utc>, limit: u32) -> Result<u32, StoreError> {
        Ok(remove(&mut self.0.devices, |(.., at)| *at < moment, limit))
    }
}

/// Removes up to `limit` rows. Returns their number.
fn remove<T>(rows: &mut Vec<T>, is_old: impl Fn(&T) -> bool, limit: u32) -> u32 {
    let mut removed = 0;
    rows.retain(|row| {
        let stays = removed == limit || !is_old(row);
        removed += u32::from(!stays);
        stays
    });
    removed
}
