//! The keys of one reading of the key store, and the state of each at a given time.

use std::path::PathBuf;

use chrono::{DateTime, TimeDelta, Utc};
use sihha_domain::key::PublicKey;

use super::algorithm::KeyAlgorithm;
use super::key::Key;
use super::lifecycle::{KeyLifecycle, KeyState};
use super::typ::TokenTyp;

/// A key of the key store, with its dates.
pub(super) struct DatedKey {
    pub(super) id: String,
    pub(super) key: Key,
    pub(super) lifecycle: KeyLifecycle,
    pub(super) file: PathBuf,
}

/// A description of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyInfo {
    /// Its `kid`.
    pub id: String,
    /// Its algorithm.
    pub algorithm: KeyAlgorithm,
    /// Its current state.
    pub state: KeyState,
    /// Time when the state began; for a pending key, the time from which it signs. Unknown for a
    /// key that was not made by `sihha keys generate`.
    pub since: Option<DateTime<Utc>>,
    /// Time until which it verifies, if it is retired.
    pub until: Option<DateTime<Utc>>,
}

/// The keys of the key store.
pub(super) struct KeySet {
    /// Sorted, the newest first.
    keys: Vec<DatedKey>,
    /// Maximum lifetime of tokens.
    longest_token: TimeDelta,
}

impl KeySet {
    pub(super) fn new(mut keys: Vec<DatedKey>, longest_token: TimeDelta) -> Self {
        keys.sort_by(|a, b| (b.lifecycle.signs_from, &b.id).cmp(&(a.lifecycle.signs_from, &a.id)));
        Self { keys, longest_token }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    pub(super) fn remove(&mut self, id: &str) -> Option<DatedKey> {
        let index = self.keys.iter().position(|key| key.id == id)?;
        Some(self.keys.remove(index))
    }

    /// Returns the newest key that may sign.
    pub(super) fn signer(&self, now: DateTime<Utc>) -> Option<&DatedKey> {
        self.keys.iter().find(|key| key.lifecycle.may_sign(now))
    }

    /// Returns the keys that sign at any time between `from` and `until`, if no other key is added.
    pub(super) fn signers(
        &self,
        from: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> impl Iterator<Item = &DatedKey> {
        let current = self.signer(from).map(|key| &key.id);
        let begins = move |lifecycle: KeyLifecycle| {
            lifecycle.signs_from.is_some_and(|begin| from < begin && begin <= until)
        };
        self.keys.iter().filter(move |key| {
            Some(&key.id) == current || (begins(key.lifecycle) && !key.lifecycle.is_retired(from))
        })
    }

    /// Returns whether tokens of the key with this `kid` are accepted.
    pub(super) fn verifies(&self, id: &str, now: DateTime<Utc>) -> bool {
        self.keys.iter().any(|key| key.id == id && key.lifecycle.verifies(now, self.longest_token))
    }

    /// Returns the first one of the pending keys.
    pub(super) fn next_signer(&self, now: DateTime<Utc>) -> Option<&DatedKey> {
        self.keys.iter().rfind(|key| !key.lifecycle.is_retired(now) && !key.lifecycle.may_sign(now))
    }

    /// Returns the key whose tokens have this header, while they are accepted, and their type.
    pub(super) fn verifier(&self, header: &str, now: DateTime<Utc>) -> Option<(TokenTyp, &Key)> {
        let mut verifying = self.keys.iter().filter(|key| key.lifecycle.verifies(now, self.longest_token));
        verifying.find_map(|key| Some((key.key.typ(header)?, &key.key)))
    }

    /// Returns the public keys that consumers need to verify tokens.
    pub(super) fn published(&self, now: DateTime<Utc>) -> Vec<PublicKey> {
        let verifying = self.keys.iter().filter(|key| key.lifecycle.verifies(now, self.longest_token));
        verifying.filter_map(|key| key.key.public().cloned()).collect()
    }

    /// Describes all keys, the newest first.
    pub(super) fn describe(&self, now: DateTime<Utc>) -> Vec<KeyInfo> {
        let signer = self.signer(now).map(|key| &key.id);
        let successors =
            self.keys.iter().map(|key| key.lifecycle).filter(|lifecycle| lifecycle.may_sign(now));
        let successors: Vec<_> = successors.collect();
        let info = |key: &DatedKey| {
            let lifecycle = key.lifecycle;
            let until = lifecycle.ends(self.longest_token);
            let (state, since) = if !lifecycle.verifies(now, self.longest_token) {
                (KeyState::Expired, until)
            } else if lifecycle.is_retired(now) {
                (KeyState::Retired, lifecycle.retired)
            } else if signer == Some(&key.id) {
                (KeyState::Signing, lifecycle.signs_from)
            } else if lifecycle.may_sign(now) {
                // The oldest one of the newer keys superseded it.
                let newer = successors.iter().filter(|other| other.signs_from > lifecycle.signs_from);
                (KeyState::Superseded, newer.filter_map(|other| other.signs_from).min())
            } else {
                (KeyState::Pending, lifecycle.signs_from)
            };
            KeyInfo { id: key.id.clone(), algorithm: key.key.algorithm(), state, since, until }
        };
        self.keys.iter().map(info).collect()
    }

    /// Returns whether the other set has the same keys with the same dates.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        let dates =
            |set: &Self| set.keys.iter().map(|key| (key.id.clone(), key.lifecycle)).collect::<Vec<_>>();
        dates(self) == dates(other)
    }
}
