//! The rows of the store in memory, and how repositories look them up.

use std::collections::{HashMap, HashSet, VecDeque};

use chrono::{DateTime, Utc};

use crate::account::{Account, AccountRef, EmailAddress};
use crate::approval::{Application, ApplicationEvent};
use crate::idempotency::{IdempotencyKey, IdempotentRequest, Operation, RecordedRequest};
use crate::ids::{ProfileId, SessionId, StaffId, TokenDigest, TokenId};
use crate::key::KeyUse;
use crate::mail::{MailRecord, MailRequest, StoredMailToken};
use crate::password::PasswordHash;
use crate::rate_limit::RateKey;
use crate::session::{DeviceDigest, EndReason, Session};
use crate::staff::{
    RecoveryDigest, StaffCredentials, StaffEndReason, StaffMember, StaffSession, StoredSecondFactor,
};
use crate::store::StoreError;
use crate::suspension::Suspension;
use crate::throttle::{FailureCount, ThrottleKey};

#[derive(Clone, Default)]
pub(super) struct State {
    pub(super) accounts: Vec<AccountRow>,
    pub(super) sessions: Vec<SessionRow>,
    pub(super) staff: Vec<StaffRow>,
    pub(super) staff_sessions: Vec<StaffSessionRow>,
    pub(super) records: Vec<RecordRow>,
    pub(super) staff_records: Vec<StaffRecordRow>,
    pub(super) key_uses: Vec<KeyUse>,
    pub(super) messages: Vec<MessageRow>,
    pub(super) mail_tokens: Vec<StoredMailToken>,
    pub(super) mail_requests: Vec<MailRequest>,
    /// The times of the events of each key.
    pub(super) rate_limits: HashMap<String, Vec<DateTime<Utc>>>,
    pub(super) throttles: HashMap<ThrottleKey, FailureCount>,
    /// Failures in all networks, by subject.
    pub(super) stops: HashMap<RateKey, FailureCount>,
    /// When attempts from a network on a subject failed last.
    pub(super) network_failures: HashMap<(RateKey, RateKey), DateTime<Utc>>,
    pub(super) devices: Vec<(ProfileId, DeviceDigest, DateTime<Utc>)>,
    /// Former addresses in their canonical form, and since when they are reserved.
    pub(super) former_emails: Vec<(String, ProfileId, DateTime<Utc>)>,
    pub(super) blocked_legacy_tokens: HashSet<TokenId>,
    /// The session that batch calls return no result for.
    pub(super) omitted: Option<SessionId>,
    /// The errors of the next commits.
    pub(super) commit_errors: VecDeque<StoreError>,
}

#[derive(Clone)]
pub(super) struct MessageRow {
    pub(super) record: MailRecord,
    pub(super) lease_until: Option<DateTime<Utc>>,
}

#[derive(Clone)]
pub(super) struct AccountRow {
    pub(super) account: Account,
    pub(super) password: PasswordHash,
    pub(super) sessions_not_before: Option<DateTime<Utc>>,
    pub(super) suspensions: Vec<Suspension>,
    /// What staff know about the application, with the account as it was when this was written.
    pub(super) application: Option<Application>,
    pub(super) events: Vec<ApplicationEvent>,
}

#[derive(Clone)]
pub(super) struct SessionRow {
    pub(super) session: Session,
    pub(super) current: TokenDigest,
    pub(super) previous: Option<TokenDigest>,
    pub(super) ended: Option<(DateTime<Utc>, EndReason)>,
    pub(super) is_restored: bool,
}

#[derive(Clone)]
pub(super) struct StaffRow {
    pub(super) member: StaffMember,
    pub(super) password: PasswordHash,
    pub(super) sealed_secret: Vec<u8>,
    pub(super) used_step: Option<i64>,
    /// Those that were not used.
    pub(super) recovery_codes: Vec<RecoveryDigest>,
}

#[derive(Clone)]
pub(super) struct StaffSessionRow {
    pub(super) session: StaffSession,
    pub(super) current: TokenDigest,
    pub(super) previous: Option<TokenDigest>,
    pub(super) end: Option<(DateTime<Utc>, StaffEndReason)>,
}

#[derive(Clone)]
pub(super) struct RecordRow {
    pub(super) owner: ProfileId,
    pub(super) operation: Operation,
    pub(super) request: IdempotentRequest,
    pub(super) at: DateTime<Utc>,
    pub(super) answer: Option<String>,
}

#[derive(Clone)]
pub(super) struct StaffRecordRow {
    pub(super) member: StaffId,
    pub(super) request: IdempotentRequest,
    pub(super) at: DateTime<Utc>,
    pub(super) answer: Vec<u8>,
}

impl State {
    pub(super) fn account(&self, id: ProfileId) -> Option<&AccountRow> {
        self.accounts.iter().find(|row| row.account.id == id)
    }

    pub(super) fn account_mut(&mut self, id: ProfileId) -> Option<&mut AccountRow> {
        self.accounts.iter_mut().find(|row| row.account.id == id)
    }

    pub(super) fn by_email(&self, email: &EmailAddress) -> Option<&AccountRow> {
        self.accounts.iter().find(|row| row.account.profile.email.canonical() == email.canonical())
    }

    pub(super) fn by_ref(&self, account: &AccountRef) -> Option<&AccountRow> {
        match account {
            AccountRef::Id(id) => self.account(*id),
            AccountRef::Email(email) => self.by_email(email),
        }
    }

    pub(super) fn live_session(&self, id: SessionId, now: DateTime<Utc>) -> Option<&SessionRow> {
        self.sessions.iter().find(|row| row.session.id == id && row.is_live(now))
    }

    /// Returns whether the session is live and belongs to the account.
    pub(super) fn has_live_session(&self, owner: ProfileId, id: SessionId, now: DateTime<Utc>) -> bool {
        self.live_session(id, now).is_some_and(|row| row.session.profile_id == owner)
    }

    pub(super) fn is_returned(&self, id: SessionId) -> bool {
        self.omitted != Some(id)
    }

    pub(super) fn add_session(&mut self, session: &Session, current: &TokenDigest) {
        self.sessions.push(SessionRow {
            session: session.clone(),
            current: *current,
            previous: None,
            ended: None,
            is_restored: false,
        });
    }
}

impl RecordRow {
    pub(super) fn recorded(&self) -> RecordedRequest {
        RecordedRequest { content: self.request.content, answer: self.answer.clone() }
    }

    pub(super) fn has_key(&self, owner: ProfileId, operation: Operation, key: &IdempotencyKey) -> bool {
        self.owner == owner && self.operation == operation && self.request.key == *key
    }
}

impl StaffRecordRow {
    pub(super) fn has_key(&self, member: StaffId, key: &IdempotencyKey) -> bool {
        self.member == member && self.request.key == *key
    }
}

impl AccountRow {
    pub(super) fn application(&self) -> Option<Application> {
        Some(Application { account: self.account.clone(), ..self.application.clone()? })
    }

    pub(super) fn is_suspended(&self) -> bool {
        self.suspensions.last().is_some_and(|last| last.reinstatement.is_none())
    }
}

impl StaffRow {
    pub(super) fn credentials(&self) -> StaffCredentials {
        StaffCredentials {
            id: self.member.id,
            password: self.password.clone(),
            sealed_secret: self.sealed_secret.clone(),
            is_enabled: self.member.is_enabled(),
        }
    }

    pub(super) fn set_second_factor(&mut self, new: &StoredSecondFactor) {
        let StoredSecondFactor { sealed_secret, recovery_codes } = new.clone();
        (self.sealed_secret, self.recovery_codes, self.used_step) = (sealed_secret, recovery_codes, None);
    }
}

impl SessionRow {
    pub(super) const fn key(&self) -> (ProfileId, SessionId) {
        (self.session.profile_id, self.session.id)
    }

    pub(super) fn is_live(&self, now: DateTime<Utc>) -> bool {
        self.ended.is_none() && self.session.expires_at > now
    }
}
